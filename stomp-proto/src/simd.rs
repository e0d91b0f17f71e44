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
    /// `\` and CR.
    pub(crate) escape: u64,
    /// Octets outside ASCII.
    pub(crate) high: u64,
}

impl Masks {
    /// The masks of the lowest `octets` octets alone.
    fn keep(self, octets: usize) -> Self {
        let kept = u64::MAX.checked_shr((BLOCK - octets) as u32).unwrap_or(0);
        Self {
            end: self.end & kept,
            colon: self.colon & kept,
            escape: self.escape & kept,
            high: self.high & kept,
        }
    }
}

/// Marks, block by block from the start of `text`, what the wire gives a meaning or cannot carry: LF, NUL, `:`,
/// `\` and CR.
#[inline]
pub(crate) fn special(text: &[u8]) -> impl Iterator<Item = u64> {
    text.chunks(BLOCK).map(|block| {
        let Masks {
            end, colon, escape, ..
        } = classify_first(block).0;
        end | colon | escape
    })
}

/// Classifies the first block of `octets`, or all of them when they are fewer, and says how many they were.
#[inline]
pub(crate) fn classify_first(octets: &[u8]) -> (Masks, usize) {
    if let Some(block) = octets.first_chunk() {
        return (classify(block), BLOCK);
    }
    let mut block = [0; BLOCK];
    block[..octets.len()].copy_from_slice(octets);
    (classify(&block).keep(octets.len()), octets.len())
}

#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::classify;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::classify;

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_setzero_si128,
    };

    use super::{BLOCK, Masks};

    /// Classifies a block with SSE2.
    #[inline]
    #[allow(unsafe_code)]
    pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for (index, lane) in block.chunks_exact(16).enumerate() {
            // SAFETY: x86-64 has SSE2, and the unaligned load reads the 16 octets of `lane`.
            let [end, colon, escape, high] = unsafe {
                let octets = _mm_loadu_si128(lane.as_ptr().cast::<__m128i>());
                let equal = |octet: u8| _mm_cmpeq_epi8(octets, _mm_set1_epi8(octet as i8));
                let end = _mm_or_si128(equal(b'\n'), _mm_cmpeq_epi8(octets, _mm_setzero_si128()));
                let escape = _mm_or_si128(equal(b'\\'), equal(b'\r'));
                [end, equal(b':'), escape, octets].map(|lane| _mm_movemask_epi8(lane))
            }
            .map(|bits| u64::from(bits as u16) << (16 * index));
            masks.end |= end;
            masks.colon |= colon;
            masks.escape |= escape;
            masks.high |= high;
        }
        masks
    }
}

/// The same in safe code for any machine: eight octets at a time in one register.
#[cfg(any(test, fuzzing, not(target_arch = "x86_64")))]
pub(crate) mod portable {
    use super::{BLOCK, Masks};

    const LOW_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);

    /// Classifies a block without vector instructions.
    pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for (index, lane) in block.chunks_exact(8).enumerate() {
            let octets = u64::from_le_bytes(lane.try_into().unwrap_or_default());
            let equal = |octet: u8| zeros(octets ^ u64::from_ne_bytes([octet; 8]));
            let place = |marks: u64| bits(marks) << (8 * index);
            masks.end |= place(equal(b'\n') | equal(0));
            masks.colon |= place(equal(b':'));
            masks.escape |= place(equal(b'\\') | equal(b'\r'));
            masks.high |= place(octets & !LOW_BITS);
        }
        masks
    }

    /// Marks the highest bit of each octet that is zero; no carry leaves an octet.
    const fn zeros(octets: u64) -> u64 {
        !(((octets & LOW_BITS) + LOW_BITS) | octets | LOW_BITS)
    }

    /// Gathers the highest bits of eight octets: the product moves each to a place of its own in the top octet.
    const fn bits(marks: u64) -> u64 {
        (marks >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(octets: &[u8]) -> Masks {
        let mask = |is: &dyn Fn(u8) -> bool| {
            let bits = octets.iter().enumerate();
            bits.fold(0, |mask, (bit, &octet)| mask | u64::from(is(octet)) << bit)
        };
        Masks {
            end: mask(&|octet| matches!(octet, b'\n' | 0)),
            colon: mask(&|octet| octet == b':'),
            escape: mask(&|octet| matches!(octet, b'\\' | b'\r')),
            high: mask(&|octet| octet >= 0x80),
        }
    }

    #[test]
    fn every_octet_at_every_place() {
        for octet in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[place] = octet;
                assert_eq!(classify(&block), naive(&block));
                assert_eq!(portable::classify(&block), naive(&block));
            }
        }
    }

    proptest! {
        #[test]
        fn both_classify_alike(block: [u8; BLOCK]) {
            prop_assert_eq!(classify(&block), naive(&block));
            prop_assert_eq!(portable::classify(&block), naive(&block));
        }

        #[test]
        fn fewer_octets_than_a_block(octets in prop::collection::vec(any::<u8>(), 0..BLOCK)) {
            prop_assert_eq!(classify_first(&octets), (naive(&octets), octets.len()));
        }
    }
}
