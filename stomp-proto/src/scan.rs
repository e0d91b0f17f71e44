//! Finds the lines of a head, and what is in them that needs care, in one pass.
//!
//! The scan goes on where it ran out of input: no octet is classified twice, however the input is cut.

use crate::{
    examined::examined,
    simd::{Lane, Masks, classify_first},
};

/// A scan over one head; positions count from where the head starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    /// Octets classified so far.
    seen: usize,
    /// Where the block starts that `masks` are of.
    block: usize,
    /// The part of the last block that is behind the last line.
    masks: Masks,
    /// The first `:` of the next line, if that began in an earlier block and has it there; [`NOWHERE`] if not.
    colon: usize,
}

/// Behind all octets there can be.
const NOWHERE: usize = usize::MAX;

/// A line that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineEnd {
    /// Where its LF is, or a NUL, which no head may hold.
    pub(crate) at: usize,
    /// Where its first `:` is.
    pub(crate) colon: Option<usize>,
    /// Whether there is a `\`, a CR or an octet outside ASCII in it, or a NUL at its end.
    pub(crate) care: bool,
}

impl Default for Scan {
    #[inline]
    fn default() -> Self {
        Self { seen: 0, block: 0, masks: Masks::default(), colon: NOWHERE }
    }
}

impl Scan {
    /// The next line, if it ends in the block at hand.
    #[inline(always)]
    pub(crate) fn next_line(&mut self) -> Option<LineEnd> {
        if self.masks.end == 0 {
            return None;
        }
        let (line, at) = (self.line(), self.first(self.masks.end));
        let colon = self.first_colon();
        let line_end =
            LineEnd { at, colon: (colon < at).then_some(colon), care: self.masks.care & line != 0 };
        self.masks.care &= !line;
        self.pass(line);
        Some(line_end)
    }

    /// The `:` and the end of the next line, which starts at `start`, if it ends in the block at hand, has a name
    /// before the `:` and needs no care; found with a fraction of the work of [`next_line`](Self::next_line).
    #[inline(always)]
    pub(crate) fn next_plain_header(&mut self, start: usize) -> Option<(usize, usize)> {
        let (line, end) = (self.line(), self.first(self.masks.end));
        let colon = self.first_colon();
        if self.masks.end == 0 || self.masks.care & line != 0 || colon <= start || end <= colon {
            return None;
        }
        self.pass(line);
        Some((colon, end))
    }

    /// Behind the octets that have been classified.
    #[inline]
    pub(crate) fn seen(&self) -> usize {
        self.seen
    }

    /// Classifies the next block of `head`; `false` when there is no more of it.
    #[inline(always)]
    pub(crate) fn load<L: Lane>(&mut self, head: &[u8]) -> bool {
        let Some(unseen) = head.get(self.seen..).filter(|unseen| !unseen.is_empty()) else {
            return false;
        };
        // What is left of the last block belongs to the line that goes on in this one.
        let care = u64::from(self.masks.care != 0);
        if self.masks.colon != 0 {
            self.colon = self.first_colon();
        }
        let (masks, classified) = classify_first::<L>(unseen);
        self.masks = Masks { care: masks.care | care, ..masks };
        self.block = self.seen;
        self.seen += classified;
        examined(classified);
        true
    }

    /// The octets up to the end of the next line, or all of the block when it does not end there.
    #[inline(always)]
    fn line(&self) -> u64 {
        self.masks.end ^ self.masks.end.wrapping_sub(1)
    }

    /// The first `:` behind the last line, or a place behind all that may be its.
    #[inline(always)]
    fn first_colon(&self) -> usize {
        self.colon.min(self.first(self.masks.colon))
    }

    /// Where the lowest bit of `mask` is; behind the block when there is none.
    #[inline(always)]
    fn first(&self, mask: u64) -> usize {
        self.block + mask.trailing_zeros() as usize
    }

    #[inline(always)]
    fn pass(&mut self, line: u64) {
        self.masks.end &= !line;
        self.masks.colon &= !line;
        self.colon = NOWHERE;
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
            loop {
                if let Some(line) = scan.next_line() {
                    lines.push(line);
                } else if !scan.load::<u64>(&head[..cut]) {
                    break;
                }
            }
        }
        (lines, scan.seen)
    }

    fn naive(head: &[u8]) -> Vec<LineEnd> {
        let mut start = 0;
        let ends = (0..head.len()).filter(|&at| matches!(head[at], b'\n' | 0));
        ends.map(|at| {
            let find = |is: fn(u8) -> bool| (start..=at).find(|&at| is(head[at]));
            let line = LineEnd {
                at,
                colon: find(|octet| octet == b':'),
                care: find(|octet| matches!(octet, 0 | b'\\' | b'\r' | 0x80..)).is_some(),
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
