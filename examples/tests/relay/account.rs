//! What was sent, what Redis has kept, and what every reader got.

use std::collections::{BTreeMap, BTreeSet};

/// What one sender did.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) confirmed: BTreeSet<String>,
    /// What the brokers said to those that were refused.
    pub(crate) refused: Vec<String>,
    /// Those whose connection ended before an answer.
    pub(crate) unknown: BTreeSet<String>,
}

/// What one reader got, of each topic in the order in which it came.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) topics: BTreeMap<String, Vec<Entry>>,
    pub(crate) reconnects: usize,
    /// Topics of which it was told at a reconnection that something is missing.
    pub(crate) unrecovered: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    /// Sender and number, or `end`.
    pub(crate) id: String,
    pub(crate) after_loss: bool,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) sent: Vec<Sent>,
    /// The histories after everything.
    pub(crate) stored: BTreeMap<String, Vec<Entry>>,
    pub(crate) readings: Vec<Reading>,
}

impl Account {
    /// What was confirmed is stored and came to every reader: once, in the order of the history.
    pub(crate) fn assert_nothing_lost(&self) {
        let stored: Vec<_> = self.stored.values().flatten().map(|entry| &entry.id).collect();
        let once: BTreeSet<_> = stored.iter().copied().filter(|id| *id != "end").collect();
        println!(
            "{} confirmed, {} stored",
            self.sent.iter().map(|sent| sent.confirmed.len()).sum::<usize>(),
            once.len()
        );
        assert_eq!(once.len() + self.stored.len(), stored.len(), "a message is stored twice");
        for sent in &self.sent {
            let lost: Vec<_> = sent.confirmed.iter().filter(|id| !once.contains(id)).collect();
            assert!(lost.is_empty(), "confirmed and not stored: {lost:?}");
        }
        for (reader, reading) in self.readings.iter().enumerate() {
            for (topic, entries) in &self.stored {
                let got = reading.topics.get(topic).map_or(&[][..], |got| got);
                assert_eq!(
                    got.iter().map(|entry| &entry.id).collect::<Vec<_>>(),
                    ids(entries),
                    "{reader} {topic}"
                );
            }
        }
        self.assert_no_silent_loss();
        self.assert_senders_kept_their_order();
        assert_eq!(self.told_of_loss(), 0);
    }

    /// Wherever a reader misses something it was told so, and it got nothing twice of one history. What was stored just
    /// before a history was lost, and not answered, is stored once more in the next: nothing remembers it.
    pub(crate) fn assert_no_silent_loss(&self) {
        for (topic, entries) in self.readings.iter().flat_map(|reading| &reading.topics) {
            for pair in entries.windows(2) {
                let follows = pair[0].epoch == pair[1].epoch && pair[0].offset + 1 == pair[1].offset;
                assert!(follows || pair[1].after_loss, "{topic}: {:?} {:?}", pair[0], pair[1]);
            }
            let once: BTreeSet<_> = entries.iter().map(|entry| (&entry.epoch, &entry.id)).collect();
            assert_eq!(once.len(), entries.len(), "{topic}: a message came twice");
        }
    }

    /// No sender was refused, none was left without an answer, and nobody had to connect anew.
    pub(crate) fn assert_nobody_noticed(&self) {
        assert_eq!((self.refused().len(), self.unknown(), self.reconnects()), (0, 0, vec![0; 3]));
    }

    fn assert_senders_kept_their_order(&self) {
        for entries in self.stored.values() {
            for sender in 0..self.sent.len() {
                let of_sender = format!("{sender}:");
                let ids: Vec<_> = ids(entries).into_iter().filter(|id| id.starts_with(&of_sender)).collect();
                assert!(ids.is_sorted(), "{ids:?}");
            }
        }
    }

    pub(crate) fn told_of_loss(&self) -> usize {
        let entries = self.readings.iter().flat_map(|reading| reading.topics.values().flatten());
        let unrecovered: usize = self.readings.iter().map(|reading| reading.unrecovered).sum();
        entries.filter(|entry| entry.after_loss).count() + unrecovered
    }

    pub(crate) fn unknown(&self) -> usize {
        self.sent.iter().map(|sent| sent.unknown.len()).sum()
    }

    pub(crate) fn refused(&self) -> Vec<&String> {
        self.sent.iter().flat_map(|sent| &sent.refused).collect()
    }

    pub(crate) fn reconnects(&self) -> Vec<usize> {
        self.readings.iter().map(|reading| reading.reconnects).collect()
    }
}

fn ids(entries: &[Entry]) -> Vec<&String> {
    entries.iter().map(|entry| &entry.id).collect()
}
