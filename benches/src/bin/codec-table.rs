//! Prints how the codec compares with other STOMP crates and with the bounds of the machine, as Markdown.
//!
//! Every figure is the best of many rounds, which take turns, so that the ratios of one run hold on a machine
//! that has other things to do.

use std::{hint::black_box, time::Instant};

use benches::{codecs, growth::ATTACKS, inputs};
use bytes::BytesMut;
use stomp_proto::{
    Version, encode,
    fanout::{MessageTail, prefix},
};

const ROUNDS: usize = 400;
const GROWTH_ROUNDS: usize = 100;

/// One line of the table: what is done, and each way of doing it.
struct Row {
    work: String,
    ways: Vec<Way>,
}

struct Way {
    name: &'static str,
    /// Does the work some times and says how many nanoseconds each took; `None` when it cannot.
    round: Box<dyn FnMut() -> Option<f64>>,
}

impl Way {
    /// Work on a value that is made anew for each round, outside the measured time.
    fn new<T>(
        name: &'static str,
        times: usize,
        mut prepare: impl FnMut() -> T + 'static,
        mut work: impl FnMut(&mut T) -> Option<usize> + 'static,
    ) -> Self {
        let round = move || {
            // The other ways have just had the caches and the branch predictor.
            work(&mut prepare());
            let mut prepared = prepare();
            let start = Instant::now();
            let done = work(&mut prepared);
            let elapsed = start.elapsed().as_nanos() as f64;
            done.map(|_| elapsed / times as f64)
        };
        Self { name, round: Box::new(round) }
    }

    /// Work that needs nothing prepared, often enough for the clock.
    fn repeated(name: &'static str, mut work: impl FnMut() + 'static) -> Self {
        const TIMES: usize = 64;
        Self::new(
            name,
            TIMES,
            || (),
            move |()| {
                (0..TIMES).for_each(|_| work());
                Some(TIMES)
            },
        )
    }
}

fn main() {
    println!("| work | stomp-proto | beside it |\n| --- | --- | --- |");
    let rows = std::iter::once(chat()).chain(streams()).chain(reads()).chain(encodes()).chain(fan_outs());
    for mut row in rows {
        let mut best = vec![None; row.ways.len()];
        for _ in 0..ROUNDS {
            for (best, way) in best.iter_mut().zip(&mut row.ways) {
                let elapsed = (way.round)();
                *best = elapsed.map(|elapsed| best.map_or(elapsed, |best: f64| best.min(elapsed)));
            }
        }
        print(&row, &best);
    }
    println!("\n| what a peer may send | time grows with octets ^ |\n| --- | --- |");
    for attack in ATTACKS {
        println!("| {} | {:.2} |", attack.name, attack.exponent(GROWTH_ROUNDS));
    }
}

fn print(row: &Row, best: &[Option<f64>]) {
    let ours = best.first().copied().flatten().unwrap_or(f64::NAN);
    let others = row.ways.iter().zip(best).skip(1).map(|(way, best)| match best {
        Some(best) if *best < ours => format!("{} {best:.0} ns (1/{:.2})", way.name, ours / best),
        Some(best) => format!("{} {best:.0} ns ({:.2}x)", way.name, best / ours),
        None => format!("{} refuses it", way.name),
    });
    println!("| {} | {ours:.0} ns | {} |", row.work, others.collect::<Vec<_>>().join(", "));
}

fn chat() -> Row {
    let input = inputs::chat();
    let mut row = stream(&input);
    let frame = input.unit.clone();
    let parser = Way::new(
        "stomp-parser",
        1,
        move || frame.clone(),
        |frame| codecs::peers::stomp_parser(std::mem::take(frame)),
    );
    let head = inputs::http_headers();
    let httparse = Way::repeated("httparse on its headers", move || {
        let mut headers = [httparse::EMPTY_HEADER; 16];
        assert!(black_box(httparse::parse_headers(black_box(&head), &mut headers)).is_ok());
    });
    let memchr = Way::repeated("memchr for its NUL", move || {
        black_box(memchr::memchr(0, black_box(&input.unit)));
    });
    row.ways.extend([parser, httparse, memchr]);
    row
}

fn streams() -> impl Iterator<Item = Row> {
    inputs::streams().into_iter().skip(1).map(|input| stream(&input))
}

fn stream(input: &inputs::Input) -> Row {
    let codecs: [(_, codecs::Decode); 3] = [
        ("stomp-proto", codecs::stomp_proto),
        ("iridium-stomp", codecs::peers::iridium_stomp),
        ("async-stomp", codecs::peers::async_stomp),
    ];
    let ways = codecs.map(|(name, decode)| {
        let octets = input.buffer();
        Way::new(name, input.times, move || BytesMut::from(&octets[..]), decode)
    });
    Row { work: format!("decode {}", input.name), ways: ways.into() }
}

fn reads() -> impl Iterator<Item = Row> {
    inputs::reads().into_iter().map(|(input, size)| {
        let codecs: [(_, codecs::DecodeInReads); 4] = [
            ("stomp-proto", codecs::stomp_proto_in_reads),
            ("memcpy", |octets, _| Some(black_box(octets.to_vec()).len())),
            ("iridium-stomp", codecs::peers::iridium_stomp_in_reads),
            ("async-stomp", codecs::peers::async_stomp_in_reads),
        ];
        let ways = codecs.map(|(name, decode)| {
            let octets = input.buffer();
            Way::new(name, input.times, || (), move |()| decode(&octets, size))
        });
        Row { work: format!("decode {} in reads of {size}", input.name), ways: ways.into() }
    })
}

fn encodes() -> impl Iterator<Item = Row> {
    let frames = [("a: chat MESSAGE", inputs::chat_message()), ("c: escape-heavy SEND", inputs::escaped())];
    frames.into_iter().map(|(name, frame)| {
        let mut wire = BytesMut::with_capacity(4096);
        let decoded = inputs::wire(&frame);
        let ours = Way::repeated("stomp-proto", move || {
            wire.clear();
            encode(black_box(&frame), Version::V1_2, &mut wire).expect("a frame that 1.2 can carry");
        });
        let octets = decoded.repeat(64);
        let decode = Way::new("its decoding", 64, move || BytesMut::from(&octets[..]), codecs::stomp_proto);
        let memcpy = Way::repeated("memcpy", move || drop(black_box(decoded.clone())));
        Row { work: format!("encode {name}"), ways: vec![ours, decode, memcpy] }
    })
}

fn fan_outs() -> impl Iterator<Item = Row> {
    let frame = inputs::chat_message();
    [100, 1024, 16 * 1024].into_iter().map(move |size| {
        let body = vec![b'x'; size];
        let tail = MessageTail::encode("m-1", "/topic/a", frame.headers().iter(), &body, Version::V1_2);
        let tail = tail.expect("headers that 1.2 can carry");
        let prefix = prefix(Some("sub-0"), Version::V1_2).expect("an id that 1.2 can carry");
        let shared =
            Way::repeated("stomp-proto", move || drop(black_box((prefix.clone(), tail.as_bytes().clone()))));
        let (frame, mut wire) = (inputs::message(body), BytesMut::with_capacity(32 * 1024));
        let whole = Way::repeated("encoding the whole frame", move || {
            wire.clear();
            encode(black_box(&frame), Version::V1_2, &mut wire).expect("a frame that 1.2 can carry");
        });
        Row { work: format!("fan-out to one more subscriber, {size} octets"), ways: vec![shared, whole] }
    })
}
