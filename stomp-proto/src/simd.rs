//! The hot leaf: says of 64 octets at once which of them the grammar cares for.
//!
//! This is the only module with vector instructions. What a register can do is a [`Lane`]; the code above is
//! written once for all of them, and [`vectorised`] picks the widest one that the machine has: AVX2 where it is
//! found at run time, SSE2 on every other x86-64, and eight octets in an integer elsewhere.

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

/// Octets in a register; in a class, the highest bit of each octet says whether it belongs to it.
pub(crate) trait Lane: Copy {
    /// How many octets.
    const OCTETS: usize;

    /// The octets of a slice of that length.
    fn load(octets: &[u8]) -> Self;

    /// The class of the octets that are `octet`.
    fn equal(self, octet: u8) -> Self;

    /// The class of what belongs to either. The octets themselves are the class of those outside ASCII.
    fn or(self, other: Self) -> Self;

    /// A bit for each octet of a class.
    fn bits(self) -> u64;
}

/// Work that is compiled for each kind of lane.
pub(crate) trait Vectorised {
    /// What comes of it.
    type Output;

    /// Does it. To be inlined, with all that it does with lanes.
    fn run<L: Lane>(self) -> Self::Output;
}

/// Classifies the first block of `octets`, or all of them when they are fewer, and says how many they were.
#[inline(always)]
pub(crate) fn classify_first<L: Lane>(octets: &[u8]) -> (Masks, usize) {
    if let Some(block) = octets.first_chunk() {
        return (classify::<L>(block), BLOCK);
    }
    let (block, kept) = padded(octets);
    let Masks { end, colon, care } = classify::<L>(&block);
    let masks = Masks { end: end & kept, colon: colon & kept, care: care & kept };
    (masks, octets.len())
}

/// Marks what the wire gives a meaning or cannot carry in the block of `text` that starts at `at`: LF, NUL, `:`,
/// `\` and CR.
#[inline(always)]
pub(crate) fn special<L: Lane>(text: &[u8], at: usize) -> u64 {
    let octets = text.get(at..).unwrap_or_default();
    match (octets.first_chunk(), text.last_chunk()) {
        (Some(block), _) => special_of::<L>(block),
        // The rest is the end of a block that begins in the one before.
        (None, Some(block)) => special_of::<L>(block) >> (BLOCK - octets.len()),
        (None, None) => {
            let (block, kept) = padded(octets);
            special_of::<L>(&block) & kept
        }
    }
}

/// A block of fewer octets than one, and the mask of those.
fn padded(octets: &[u8]) -> ([u8; BLOCK], u64) {
    let mut block = [0; BLOCK];
    block[..octets.len()].copy_from_slice(octets);
    (block, (1 << octets.len()) - 1)
}

/// Classifies a block for decoding.
#[inline(always)]
fn classify<L: Lane>(block: &[u8; BLOCK]) -> Masks {
    let [end, colon, care] = masks(block, |octets: L| {
        let nul = octets.equal(0);
        let escape = octets.equal(b'\\').or(octets.equal(b'\r'));
        [octets.equal(b'\n').or(nul), octets.equal(b':'), octets.or(nul).or(escape)]
    });
    Masks { end, colon, care }
}

/// Marks what is special in a block to encode.
#[inline(always)]
fn special_of<L: Lane>(block: &[u8; BLOCK]) -> u64 {
    let [special] = masks(block, |octets: L| {
        let end = octets.equal(b'\n').or(octets.equal(0));
        let escape = octets.equal(b'\\').or(octets.equal(b'\r'));
        [end.or(escape).or(octets.equal(b':'))]
    });
    special
}

#[inline(always)]
fn masks<L: Lane, const N: usize>(block: &[u8; BLOCK], classes: impl Fn(L) -> [L; N]) -> [u64; N] {
    let mut masks = [0; N];
    for (index, octets) in block.chunks_exact(L::OCTETS).enumerate() {
        for (mask, class) in masks.iter_mut().zip(classes(L::load(octets))) {
            *mask |= class.bits() << (L::OCTETS * index);
        }
    }
    masks
}

/// Does `work` with the widest lanes of this machine.
#[inline]
pub(crate) fn vectorised<W: Vectorised>(work: W) -> W::Output {
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    if avx2::is_here() {
        // SAFETY: that was the condition.
        #[allow(unsafe_code)]
        return unsafe { avx2::run(work) };
    }
    #[cfg(target_arch = "x86_64")]
    type Widest = sse2::Sse2;
    #[cfg(not(target_arch = "x86_64"))]
    type Widest = u64;
    work.run::<Widest>()
}

/// SSE2, which is part of every x86-64.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod sse2 {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

    use super::Lane;

    #[derive(Clone, Copy)]
    pub(super) struct Sse2(__m128i);

    impl Lane for Sse2 {
        const OCTETS: usize = 16;

        #[inline(always)]
        fn load(octets: &[u8]) -> Self {
            assert_eq!(octets.len(), Self::OCTETS);
            // SAFETY: the unaligned load reads as many octets as there are; x86-64 has SSE2.
            Self(unsafe { _mm_loadu_si128(octets.as_ptr().cast()) })
        }

        #[inline(always)]
        fn equal(self, octet: u8) -> Self {
            // SAFETY: x86-64 has SSE2.
            Self(unsafe { _mm_cmpeq_epi8(self.0, _mm_set1_epi8(octet as i8)) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: x86-64 has SSE2.
            Self(unsafe { _mm_or_si128(self.0, other.0) })
        }

        #[inline(always)]
        fn bits(self) -> u64 {
            // SAFETY: x86-64 has SSE2.
            u64::from(unsafe { _mm_movemask_epi8(self.0) } as u16)
        }
    }
}

/// AVX2, for machines on which it is found.
#[cfg(all(target_arch = "x86_64", feature = "std"))]
#[allow(unsafe_code)]
mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8,
    };
    use std::arch::is_x86_feature_detected as has;

    use super::{Lane, Vectorised};

    /// Whether there is AVX2, and what every machine that has it can do with the masks.
    #[inline]
    pub(super) fn is_here() -> bool {
        has!("avx2") && has!("bmi1") && has!("popcnt")
    }

    /// # Safety
    ///
    /// [`is_here`] must hold.
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    pub(super) unsafe fn run<W: Vectorised>(work: W) -> W::Output {
        work.run::<Avx2>()
    }

    /// Only [`run`] names this lane: that is what each `SAFETY` below rests on.
    #[derive(Clone, Copy)]
    struct Avx2(__m256i);

    impl Lane for Avx2 {
        const OCTETS: usize = 32;

        #[inline(always)]
        fn load(octets: &[u8]) -> Self {
            assert_eq!(octets.len(), Self::OCTETS);
            // SAFETY: the unaligned load reads as many octets as there are; the machine has AVX2.
            Self(unsafe { _mm256_loadu_si256(octets.as_ptr().cast()) })
        }

        #[inline(always)]
        fn equal(self, octet: u8) -> Self {
            // SAFETY: the machine has AVX2.
            Self(unsafe { _mm256_cmpeq_epi8(self.0, _mm256_set1_epi8(octet as i8)) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: the machine has AVX2.
            Self(unsafe { _mm256_or_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn bits(self) -> u64 {
            // SAFETY: the machine has AVX2.
            u64::from(unsafe { _mm256_movemask_epi8(self.0) } as u32)
        }
    }
}

const LOW_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);

/// Eight octets in safe code for any machine.
impl Lane for u64 {
    const OCTETS: usize = 8;

    #[inline(always)]
    fn load(octets: &[u8]) -> Self {
        Self::from_le_bytes(octets.try_into().unwrap_or_default())
    }

    /// No carry leaves an octet.
    #[inline(always)]
    fn equal(self, octet: u8) -> Self {
        let differing = self ^ Self::from_ne_bytes([octet; 8]);
        !(((differing & LOW_BITS) + LOW_BITS) | differing | LOW_BITS)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }

    /// The product moves each of the eight bits to a place of its own in the top octet.
    #[inline(always)]
    fn bits(self) -> u64 {
        ((self & !LOW_BITS) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
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

    /// Compares what lanes find in `octets` with what is there.
    struct Check<'a>(&'a [u8]);

    impl Vectorised for Check<'_> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lane>(self) {
            let block = self.0.len().min(BLOCK);
            assert_eq!(classify_first::<L>(self.0), (naive(&self.0[..block]), block));
            let is_special = |octet: u8| matches!(octet, b'\n' | 0 | b':' | b'\\' | b'\r');
            for (index, block) in self.0.chunks(BLOCK).enumerate() {
                assert_eq!(special::<L>(self.0, BLOCK * index), mark(block, is_special));
            }
        }
    }

    /// Checks each kind of lane that this machine has.
    fn check(octets: &[u8]) {
        vectorised(Check(octets));
        Check(octets).run::<u64>();
        #[cfg(target_arch = "x86_64")]
        Check(octets).run::<sse2::Sse2>();
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
        fn all_lanes_see_what_is_there(octets in prop::collection::vec(any::<u8>(), 0..3 * BLOCK)) {
            check(&octets);
        }

        #[test]
        fn all_lanes_see_a_dense_head(
            octets in prop::collection::vec(prop::sample::select(&b"ab:\\\r\n\0\xed"[..]), 0..3 * BLOCK),
        ) {
            check(&octets);
        }
    }
}
