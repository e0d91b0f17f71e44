//! Where the headers of a frame stand in its head.

use core::{iter, mem, ops::Range};

use alloc::vec::Vec;

/// Entries that fit without an allocation; frames of real peers have fewer.
const INLINE: usize = 10;

/// Where one `name:value` stands in the text, unescaped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Entry {
    pub(crate) start: u32,
    pub(crate) colon: u32,
    pub(crate) end: u32,
}

impl Entry {
    /// An entry of a head whose length fits `u32`.
    #[inline]
    pub(crate) fn new(start: usize, colon: usize, end: usize) -> Self {
        Self { start: start as u32, colon: colon as u32, end: end as u32 }
    }

    pub(crate) fn name(self) -> Range<usize> {
        self.start as usize..self.colon as usize
    }

    pub(crate) fn value(self) -> Range<usize> {
        self.colon as usize + 1..self.end as usize
    }

    #[inline]
    pub(crate) fn is_named(self, text: &[u8], name: &str) -> bool {
        (self.colon - self.start) as usize == name.len() && text.get(self.name()) == Some(name.as_bytes())
    }
}

/// The entries of a frame, in order.
///
/// A small vector of just what the decoder needs: adding an entry is what it does most.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    /// The entries, as long as they fit.
    inline: [Entry; INLINE],
    /// How many of those are entries.
    count: usize,
    /// All entries, once there are more.
    spilled: Vec<Entry>,
}

impl Entries {
    /// Appends an entry.
    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        self.extend_inlined(iter::once(entry));
    }

    /// Appends entries by a loop that is the caller's own, so that it counts in a register.
    #[inline(always)]
    pub(crate) fn extend_inlined(&mut self, mut entries: impl Iterator<Item = Entry>) {
        let mut count = self.count;
        while let Some(slot) = self.inline.get_mut(count) {
            let Some(entry) = entries.next() else { break };
            *slot = entry;
            count += 1;
        }
        self.count = count;
        if count == INLINE {
            self.spill(entries);
        }
    }

    #[inline(always)]
    fn spill(&mut self, mut entries: impl Iterator<Item = Entry>) {
        if self.spilled.is_empty() {
            let Some(entry) = entries.next() else { return };
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend_from_slice(&self.inline);
            self.spilled.push(entry);
        }
        for entry in entries {
            self.spilled.push(entry);
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Entry] {
        if self.spilled.is_empty() {
            self.inline.get(..self.count).unwrap_or_default()
        } else {
            &self.spilled
        }
    }

    /// Takes all entries out.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        // As a whole: field by field they would be moved twice.
        mem::take(self)
    }
}
