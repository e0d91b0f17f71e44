//! Any octets, cut in any way, decode alike, without a panic and within the limits; and the vector
//! instructions classify octets like the portable code.
//!
//! The first octet of the input chooses the version, the second the seed of the cuts.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use stomp_proto::{DecodeError, Decoder, Item, Leniency, Limits, Version};

#[allow(dead_code, unreachable_pub)]
#[path = "../../stomp-proto/src/simd.rs"]
mod simd;
use simd::{Lane, Masks, Vectorised};

/// Small enough for short inputs to exceed.
const LIMITS: Limits = Limits { head: 256, headers: 8, header_line: 96, body: 512 };

fuzz_target!(|input: &[u8]| {
    let [options, seed, octets @ ..] = input else { return };
    let whole = decode(*options, [octets].into_iter());
    assert_eq!(whole, decode(*options, octets.chunks(1)), "octet by octet");
    assert_eq!(whole, decode(*options, cut(octets, *seed)), "cut by {seed}");
    for block in octets.chunks(simd::BLOCK) {
        assert_eq!(simd::vectorised(Classify(block)), Classify(block).run::<u64>());
    }
});

struct Classify<'a>(&'a [u8]);

impl Vectorised for Classify<'_> {
    type Output = (Masks, usize, u64);

    #[inline(always)]
    fn run<L: Lane>(self) -> Self::Output {
        let (masks, classified) = simd::classify_first::<L>(self.0);
        (masks, classified, simd::special::<L>(self.0, 0))
    }
}

fn decode<'a>(options: u8, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Item>, Result<bool, DecodeError>) {
    let mut decoder = Decoder::with_limits(LIMITS);
    decoder.set_version(Version::ALL[usize::from(options) % Version::ALL.len()]);
    decoder.set_leniency(Leniency {
        crlf_before_1_2: options & 0x80 != 0,
        missing_blank_line: options & 0x40 != 0,
        nul_between_frames: options & 0x20 != 0,
        undefined_escapes: options & 0x10 != 0,
    });
    let mut items = Vec::new();
    let mut read = BytesMut::new();
    for piece in pieces {
        read.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut read) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => return (items, Err(error)),
            }
        }
        let longest = LIMITS.head as usize + LIMITS.body + 1;
        assert!(read.len() <= longest + piece.len(), "buffers more than the limits allow");
    }
    (items, Ok(read.is_empty()))
}

/// Pieces of 1 to 100 octets, as `seed` says.
fn cut(mut octets: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut random = u32::from(seed);
    std::iter::from_fn(move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = octets.len().min(1 + (random >> 16) as usize % 100);
        let (piece, rest) = octets.split_at(length);
        octets = rest;
        (!piece.is_empty()).then_some(piece)
    })
}
