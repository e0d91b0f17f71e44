//! Finds the lines of a head, and what is in them that needs care, in one pass.
//!
//! The scan goes on where it ran out of input: no octet is classified twice, however the input is cut.

use crate::simd::{Masks, classify_first};

/// The position of what a line does not hold: behind every line.
const NOWHERE: usize = usize::MAX;

/// A scan over one head; positions count from where the head starts.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Octets classified so far.
    seen: usize,
    /// Where the block starts that `masks` are of.
    block: usize,
    /// The part of the last block that is behind the last line.
    masks: Masks,
    colon: usize,
    care: usize,
}

/// A line that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineEnd {
    /// Where its LF is, or a NUL, which no head may hold.
    pub(crate) at: usize,
    /// Where its first `:` is; without one, a position behind `at`.
    pub(crate) colon: usize,
    /// Where its first `\`, CR or octet outside ASCII is; without one, a position behind `at`.
    pub(crate) care: usize,
}

impl Default for Scan {
    fn default() -> Self {
        Self { seen: 0, block: 0, masks: Masks::default(), colon: NOWHERE, care: NOWHERE }
    }
}

impl Scan {
    /// The next line of `head`, which begins with what the scan has already seen; `None` when it needs more.
    #[inline]
    pub(crate) fn next_line(&mut self, head: &[u8]) -> Option<LineEnd> {
        loop {
            let Masks { end, colon, care } = self.masks;
            // The octets before the end of the line, or all when it does not end in this block.
            let line = (end & end.wrapping_neg()).wrapping_sub(1);
            let line_end = LineEnd {
                at: self.first(end),
                colon: self.colon.min(self.first(colon & line)),
                care: self.care.min(self.first(care & line)),
            };
            if end != 0 {
                self.masks = Masks { end: end & (end - 1), colon: colon & !line, care: care & !line };
                (self.colon, self.care) = (NOWHERE, NOWHERE);
                return Some(line_end);
            }
            let unseen = head.get(self.seen..).filter(|unseen| !unseen.is_empty())?;
            (self.colon, self.care) = (line_end.colon, line_end.care);
            self.block = self.seen;
            let (masks, classified) = classify_first(unseen);
            self.masks = masks;
            self.seen += classified;
        }
    }

    /// Where the lowest bit of `mask` is.
    #[inline]
    fn first(&self, mask: u64) -> usize {
        match mask {
            0 => NOWHERE,
            _ => self.block + mask.trailing_zeros() as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lines of `head` as a scan finds them that gets it in pieces, and how many octets it classified.
    fn scan(head: &[u8], cuts: &[usize]) -> (Vec<LineEnd>, usize) {
        let mut scan = Scan::default();
        let mut lines = Vec::new();
        for &cut in cuts.iter().chain([&head.len()]) {
            while let Some(line) = scan.next_line(&head[..cut]) {
                lines.push(line);
            }
        }
        (lines, scan.seen)
    }

    fn naive(head: &[u8]) -> Vec<LineEnd> {
        let mut start = 0;
        let ends = (0..head.len()).filter(|&at| matches!(head[at], b'\n' | 0));
        ends.map(|at| {
            let find = |is: fn(u8) -> bool| (start..at).find(|&at| is(head[at])).unwrap_or(NOWHERE);
            let line = LineEnd {
                at,
                colon: find(|octet| octet == b':'),
                care: find(|octet| matches!(octet, b'\\' | b'\r' | 0x80..)),
            };
            start = at + 1;
            line
        })
        .collect()
    }

    proptest! {
        #[test]
        fn finds_the_lines_and_sees_each_octet_once(
            head in prop::collection::vec(prop::sample::select(&b"ab:\\\r\n\0\xed"[..]), 0..300),
            mut cuts in prop::collection::vec(0..300_usize, 0..6),
        ) {
            cuts.iter_mut().for_each(|cut| *cut = (*cut).min(head.len()));
            cuts.sort_unstable();
            let (lines, seen) = scan(&head, &cuts);
            prop_assert_eq!(lines, naive(&head));
            prop_assert_eq!(seen, head.len());
        }
    }
}
