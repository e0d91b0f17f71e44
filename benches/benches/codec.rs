//! The codec on every kind of traffic, with the bounds that the machine sets.

use std::hint::black_box;

use benches::{codecs, inputs};
use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use stomp_proto::{
    Version, encode,
    fanout::{MessageTail, prefix},
};

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for input in inputs::streams() {
        let octets = input.buffer();
        group.throughput(Throughput::Bytes(octets.len() as u64));
        let codecs: &[(&str, codecs::Decode)] = &[
            ("stomp-proto", codecs::stomp_proto),
            #[cfg(feature = "peers")]
            ("iridium-stomp", codecs::peers::iridium_stomp),
            #[cfg(feature = "peers")]
            ("async-stomp", codecs::peers::async_stomp),
        ];
        for (name, decode) in codecs {
            if decode(&mut BytesMut::from(&octets[..])).is_none() {
                continue;
            }
            group.bench_function(format!("{}/{name}", input.name), |bencher| {
                let buffer = || BytesMut::from(&octets[..]);
                bencher.iter_batched_ref(buffer, decode, BatchSize::SmallInput);
            });
        }
    }
    let head = inputs::http_headers();
    group.throughput(Throughput::Bytes(head.len() as u64));
    group.bench_function("headers of a/httparse", |bencher| {
        bencher.iter(|| {
            let mut headers = [httparse::EMPTY_HEADER; 16];
            httparse::parse_headers(black_box(&head), &mut headers).is_ok()
        });
    });
    let chat = inputs::chat().unit;
    group.throughput(Throughput::Bytes(chat.len() as u64));
    group.bench_function("NUL of a/memchr", |bencher| {
        bencher.iter(|| memchr::memchr(0, black_box(&chat)));
    });
}

fn decode_in_reads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode in reads");
    for (input, size) in inputs::reads() {
        let octets = input.buffer();
        group.throughput(Throughput::Bytes(octets.len() as u64));
        let reads = format!("{} in reads of {size}", input.name);
        group.bench_function(format!("{reads}/stomp-proto"), |bencher| {
            bencher.iter(|| codecs::stomp_proto_in_reads(&octets, size));
        });
        group.bench_function(format!("{reads}/memcpy"), |bencher| bencher.iter(|| octets.clone()));
    }
}

fn encode_frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for (name, frame) in
        [("a: chat MESSAGE", inputs::chat_message()), ("c: escape-heavy SEND", inputs::escaped())]
    {
        let mut wire = BytesMut::new();
        encode(&frame, Version::V1_2, &mut wire).expect("a frame that 1.2 can carry");
        group.throughput(Throughput::Bytes(wire.len() as u64));
        group.bench_function(format!("{name}/stomp-proto"), |bencher| {
            bencher.iter(|| {
                wire.clear();
                encode(black_box(&frame), Version::V1_2, &mut wire)
            });
        });
    }
}

fn fan_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan-out to a subscriber");
    let frame = inputs::chat_message();
    let prefix = prefix(Some("sub-0"), Version::V1_2).expect("an id that 1.2 can carry");
    for size in [100, 1024, 16 * 1024] {
        let body = vec![b'x'; size];
        let tail = MessageTail::encode("m-1", "/topic/a", frame.headers().iter(), &body, Version::V1_2);
        let tail = tail.expect("headers that 1.2 can carry");
        group.bench_function(format!("{size} octets"), |bencher| {
            bencher.iter(|| (prefix.clone(), tail.as_bytes().clone()));
        });
    }
}

criterion_group!(codec, decode, decode_in_reads, encode_frames, fan_out);
criterion_main!(codec);
