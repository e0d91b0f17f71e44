//! The hot leaf: says of 64 octets at once which of them the grammar cares for.
//!
//! This is the only module with vector instructions. SSE2 is part of every x86-64; other machines take the
//! portable code, which gives the same masks.

/// Octets in one block.
pub(crate) const BLOCK: usize = 64;

/// One bit for each octet of a block, the lowest for the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// LF and NUL: no line goes beyond them.
    pub(crate) end: u64,
    /// `:`
    pub(crate) colon: u64,
    /// NUL, CR, `\` and octets outside ASCII.
    pub(crate) care: u64,
}

/// Classifies the first block of `octets`, or all of them when they are fewer, and says how many they were.
#[inline]
pub(crate) fn classify_first(octets: &[u8]) -> (Masks, usize) {
    if let Some(block) = octets.first_chunk() {
        return (classify(block), BLOCK);
    }
    let (block, kept) = padded(octets);
    let Masks { end, colon, care } = classify(&block);
    let masks = Masks { end: end & kept, colon: colon & kept, care: care & kept };
    (masks, octets.len())
}

/// Marks, block by block from the start of `text`, what the wire gives a meaning or cannot carry: LF, NUL, `:`,
/// `\` and CR.
#[inline]
pub(crate) fn special(text: &[u8]) -> impl Iterator<Item = u64> {
    text.chunks(BLOCK).map(move |octets| match (octets.first_chunk(), text.last_chunk()) {
        (Some(block), _) => special_of(block),
        // The rest is the end of a block that begins in the one before.
        (None, Some(block)) => special_of(block) >> (BLOCK - octets.len()),
        (None, None) => {
            let (block, kept) = padded(octets);
            special_of(&block) & kept
        }
    })
}

/// A block of fewer octets than one, and the mask of those.
fn padded(octets: &[u8]) -> ([u8; BLOCK], u64) {
    let mut block = [0; BLOCK];
    block[..octets.len()].copy_from_slice(octets);
    (block, (1 << octets.len()) - 1)
}

#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::{classify, special_of};

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{classify, special_of};

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod sse2 {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

    use super::{BLOCK, Masks};

    /// Classifies a block for decoding.
    #[inline]
    pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
        let [end, colon, care] = masks(block, |octets| {
            let nul = equal(octets, 0);
            let escape = either(equal(octets, b'\\'), equal(octets, b'\r'));
            // The mask takes the highest bit of each octet, which tells ASCII from the rest.
            let care = either(either(nul, escape), octets);
            [either(equal(octets, b'\n'), nul), equal(octets, b':'), care]
        });
        Masks { end, colon, care }
    }

    /// Marks what is special in a block to encode.
    #[inline]
    pub(crate) fn special_of(block: &[u8; BLOCK]) -> u64 {
        let [special] = masks(block, |octets| {
            let end = either(equal(octets, b'\n'), equal(octets, 0));
            let escape = either(equal(octets, b'\\'), equal(octets, b'\r'));
            [either(either(end, escape), equal(octets, b':'))]
        });
        special
    }

    #[inline]
    fn masks<const N: usize>(block: &[u8; BLOCK], classes: impl Fn(__m128i) -> [__m128i; N]) -> [u64; N] {
        let mut masks = [0; N];
        for (index, lane) in block.chunks_exact(16).enumerate() {
            // SAFETY: the unaligned load reads the 16 octets of `lane`; x86-64 has SSE2.
            let octets = unsafe { _mm_loadu_si128(lane.as_ptr().cast()) };
            for (mask, class) in masks.iter_mut().zip(classes(octets)) {
                // SAFETY: x86-64 has SSE2.
                let bits = unsafe { _mm_movemask_epi8(class) };
                *mask |= u64::from(bits as u16) << (16 * index);
            }
        }
        masks
    }

    #[inline]
    fn equal(octets: __m128i, octet: u8) -> __m128i {
        // SAFETY: x86-64 has SSE2.
        unsafe { _mm_cmpeq_epi8(octets, _mm_set1_epi8(octet as i8)) }
    }

    #[inline]
    fn either(one: __m128i, other: __m128i) -> __m128i {
        // SAFETY: x86-64 has SSE2.
        unsafe { _mm_or_si128(one, other) }
    }
}

/// The same in safe code for any machine: eight octets at a time in one register.
#[cfg(any(test, fuzzing, not(target_arch = "x86_64")))]
#[cfg_attr(fuzzing, allow(dead_code))]
pub(crate) mod portable {
    use super::{BLOCK, Masks};

    const LOW_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);

    /// Classifies a block for decoding.
    pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
        let [end, colon, care] = masks(block, |octets| {
            let nul = equal(octets, 0);
            let escape = equal(octets, b'\\') | equal(octets, b'\r');
            [equal(octets, b'\n') | nul, equal(octets, b':'), nul | escape | octets & !LOW_BITS]
        });
        Masks { end, colon, care }
    }

    /// Marks what is special in a block to encode.
    pub(crate) fn special_of(block: &[u8; BLOCK]) -> u64 {
        let [special] = masks(block, |octets| {
            let end = equal(octets, b'\n') | equal(octets, 0);
            [end | equal(octets, b'\\') | equal(octets, b'\r') | equal(octets, b':')]
        });
        special
    }

    /// Gathers the highest bit of every octet of the classes.
    fn masks<const N: usize>(block: &[u8; BLOCK], classes: impl Fn(u64) -> [u64; N]) -> [u64; N] {
        let mut masks = [0; N];
        for (index, lane) in block.chunks_exact(8).enumerate() {
            let octets = u64::from_le_bytes(lane.try_into().unwrap_or_default());
            for (mask, class) in masks.iter_mut().zip(classes(octets)) {
                // The product moves each of the eight bits to a place of its own in the top octet.
                let bits = (class >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
                *mask |= bits << (8 * index);
            }
        }
        masks
    }

    /// Sets the highest bit of each octet that is `octet`; no carry leaves an octet.
    const fn equal(octets: u64, octet: u8) -> u64 {
        let differing = octets ^ u64::from_ne_bytes([octet; 8]);
        !(((differing & LOW_BITS) + LOW_BITS) | differing | LOW_BITS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(octets: &[u8], is: fn(u8) -> bool) -> u64 {
        let bits = octets.iter().enumerate();
        bits.fold(0, |mask, (bit, &octet)| mask | u64::from(is(octet)) << bit)
    }

    fn naive(octets: &[u8]) -> Masks {
        Masks {
            end: mark(octets, |octet| matches!(octet, b'\n' | 0)),
            colon: mark(octets, |octet| octet == b':'),
            care: mark(octets, |octet| matches!(octet, 0 | b'\\' | b'\r' | 0x80..)),
        }
    }

    fn check(block: &[u8; BLOCK]) {
        assert_eq!(classify(block), naive(block));
        assert_eq!(portable::classify(block), naive(block));
        let special = mark(block, |octet| matches!(octet, b'\n' | 0 | b':' | b'\\' | b'\r'));
        assert_eq!(special_of(block), special);
        assert_eq!(portable::special_of(block), special);
    }

    #[test]
    fn every_octet_at_every_place() {
        for octet in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[place] = octet;
                check(&block);
            }
        }
    }

    proptest! {
        #[test]
        fn both_classify_alike(block: [u8; BLOCK]) {
            check(&block);
        }

        #[test]
        fn special_octets_of_any_text(text in prop::collection::vec(any::<u8>(), 0..3 * BLOCK)) {
            let is_special = |octet: u8| matches!(octet, b'\n' | 0 | b':' | b'\\' | b'\r');
            let expected = text.chunks(BLOCK).map(|octets| mark(octets, is_special));
            prop_assert!(special(&text).eq(expected));
        }

        #[test]
        fn fewer_octets_than_a_block(octets in prop::collection::vec(any::<u8>(), 0..BLOCK)) {
            prop_assert_eq!(classify_first(&octets), (naive(&octets), octets.len()));
        }
    }
}
