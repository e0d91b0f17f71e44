//! How decoding time grows with the input where a peer means harm.

use std::{hint::black_box, time::Instant};

use bytes::BytesMut;
use stomp_proto::{Decoder, Limits};

/// Octets that a peer may send to make a decoder work, and the most that may come in one read.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// What to call it.
    pub name: &'static str,
    octets: fn(usize) -> Vec<u8>,
    read: usize,
}

/// The attacks that have cost decoders quadratic time.
pub const ATTACKS: [Attack; 6] = [
    Attack { name: "a chat message octet by octet", octets: chat_messages, read: 1 },
    Attack { name: "a frame of 10,000 headers and more", octets: headers, read: 512 },
    Attack { name: "10,000 headers and more, octet by octet", octets: headers, read: 1 },
    Attack {
        name: "a header line without an end",
        octets: |length| endless(b"SEND\nname:", length),
        read: 16,
    },
    Attack { name: "a body without a NUL", octets: |length| endless(b"SEND\n\n", length), read: 16 },
    Attack { name: "heart-beats", octets: |length| vec![b'\n'; length], read: 512 },
];

/// Octets of the smaller input; the larger one has [`FACTOR`] times as many. Even that takes but a few
/// milliseconds, so that other work on the machine leaves some rounds alone.
const SMALL: usize = 20_000;
const FACTOR: usize = 8;

impl Attack {
    /// The `e` in time = octets ^ e, from the best of some rounds: 1 is linear, 2 quadratic.
    pub fn exponent(self, rounds: usize) -> f64 {
        let [small, large] = [SMALL, FACTOR * SMALL].map(self.octets);
        let (mut best_small, mut best_large) = (f64::MAX, f64::MAX);
        for _ in 0..rounds {
            best_small = best_small.min(self.seconds(&small));
            best_large = best_large.min(self.seconds(&large));
        }
        (best_large / best_small).ln() / (large.len() as f64 / small.len() as f64).ln()
    }

    fn seconds(self, octets: &[u8]) -> f64 {
        let mut decoder = Decoder::with_limits(Limits::unlimited());
        // All of it at once: what is measured is not how a buffer grows.
        let mut buffer = BytesMut::with_capacity(octets.len());
        let start = Instant::now();
        for read in octets.chunks(self.read) {
            buffer.extend_from_slice(read);
            while let Ok(Some(item)) = decoder.decode(&mut buffer) {
                black_box(&item);
            }
        }
        start.elapsed().as_secs_f64()
    }
}

fn chat_messages(length: usize) -> Vec<u8> {
    let chat = crate::inputs::chat().unit;
    chat.repeat(length / chat.len())
}

fn headers(length: usize) -> Vec<u8> {
    let line = "some-name:value\n";
    format!("SEND\n{}\nbody\0", line.repeat(length / line.len())).into_bytes()
}

fn endless(start: &[u8], length: usize) -> Vec<u8> {
    let mut octets = start.to_vec();
    octets.resize(length, b'x');
    octets
}
