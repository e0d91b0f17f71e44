//! How often the codec allocates.

#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use bytes::BytesMut;
use stomp_proto::{
    Command, Decoder, Frame, Item, Version, encode,
    fanout::{MessageTail, prefix},
};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is left to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let done = work();
    (ALLOCATIONS.get() - before, done)
}

const FRAMES: usize = 20;

fn message() -> Frame {
    let builder = Frame::builder(Command::Message)
        .header("subscription", "sub-0")
        .header("message-id", "m-1")
        .header("destination", "/topic/rooms.42")
        .header("content-type", "application/json")
        .header("x-offset", "184467")
        .header("x-epoch", "k3j9")
        .header("x-sender", "a\\b:c\n");
    builder.body(vec![b'j'; 200]).build()
}

/// Twenty frames in a read buffer that has already given frames away, as those of a connection have.
fn read_buffer() -> BytesMut {
    let mut read = BytesMut::from("\n");
    drop(read.split_to(1));
    for _ in 0..FRAMES {
        encode(&message(), Version::V1_2, &mut read).expect("a frame that 1.2 can carry");
    }
    read
}

fn next_frame(decoder: &mut Decoder, read: &mut BytesMut) -> Frame {
    match decoder.decode(read) {
        Ok(Some(Item::Frame(frame))) => frame,
        other => panic!("a frame, not {other:?}"),
    }
}

#[test]
fn a_frame_that_is_dropped_allocates_nothing() {
    let (mut read, mut decoder) = (read_buffer(), Decoder::new());
    let (count, ()) = allocations(|| (0..FRAMES).for_each(|_| drop(next_frame(&mut decoder, &mut read))));
    assert_eq!(count, 0);
}

#[test]
fn a_frame_that_is_detached_allocates_once() {
    let (mut read, mut decoder) = (read_buffer(), Decoder::new());
    let (count, kept) = allocations(|| next_frame(&mut decoder, &mut read).detach());
    assert_eq!(count, 1);
    let (count, copies) = allocations(|| {
        (
            kept.clone(),
            kept.body().clone(),
            kept.headers().get_shared("destination"),
            kept.clone().into_parts(),
        )
    });
    assert_eq!(count, 0, "to share it costs nothing");
    drop(copies);
}

#[test]
fn heart_beats_allocate_nothing() {
    let (mut read, mut decoder) = (BytesMut::from(&[b'\n'; 1000][..]), Decoder::new());
    let (count, beats) =
        allocations(|| (0..1000).filter(|_| decoder.decode(&mut read) == Ok(Some(Item::HeartBeat))).count());
    assert_eq!((count, beats), (0, 1000));
}

#[test]
fn encoding_into_a_buffer_with_room_allocates_nothing() {
    let frame = message();
    let mut wire = BytesMut::with_capacity(1024);
    let (count, ()) = allocations(|| {
        for version in Version::ALL.into_iter().filter(|version| *version > Version::V1_0) {
            wire.clear();
            encode(&frame, version, &mut wire).expect("a frame that the version can carry");
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn encoding_into_an_empty_buffer_reserves_once_and_exactly() {
    let plain = Frame::builder(Command::Send).header("destination", "/a").body("hello").build();
    for frame in [plain, message()] {
        let mut wire = BytesMut::new();
        let (count, ()) = allocations(|| encode(&frame, Version::V1_2, &mut wire).expect("a frame"));
        assert_eq!((count, wire.capacity()), (1, wire.len()));
    }
}

#[test]
fn a_subscriber_more_allocates_nothing() {
    let headers = message();
    let tail = MessageTail::encode("m-1", "/topic/a", headers.headers().iter(), b"hello", Version::V1_2);
    let tail = tail.expect("headers that 1.2 can carry");
    let prefixes = ["0", "1", "2"].map(|id| prefix(Some(id), Version::V1_2).expect("an id"));
    // The first clone of octets makes them shared.
    drop((tail.as_bytes().clone(), prefixes.clone()));
    let mut outbox = Vec::with_capacity(prefixes.len());
    let (count, ()) = allocations(|| {
        outbox.extend(prefixes.iter().map(|prefix| (prefix.clone(), tail.as_bytes().clone())));
    });
    assert_eq!(count, 0);
}

#[test]
fn what_subscribers_share_takes_one_allocation() {
    let headers = [("content-type", "text/plain"), ("sent-at", "12:30\\n"), ("content-length", "9")];
    let encode = || MessageTail::encode("m-1", "/topic/a:b", headers.into_iter(), b"hello", Version::V1_2);
    let (count, tail) = allocations(encode);
    assert!(
        tail.is_ok_and(|tail| tail
            .as_bytes()
            .ends_with(b"sent-at:12\\c30\\\\n\ncontent-length:5\n\nhello\0"))
    );
    assert_eq!(count, 1);
}
