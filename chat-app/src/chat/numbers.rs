//! Which of a room's numbered messages, or changes, have reached this server's clients.

use std::{collections::BTreeSet, mem};

/// More of them than this are not brought afterwards: clients that miss so many read the newest page instead.
const MOST: i64 = 1_000;

/// The numbers of a feed, from when somebody here began to listen to it.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The newest one then. What is up to it, whoever listens finds in the history; `None` until it is known.
    began: Option<i64>,
    /// All up to this one are here.
    seen: i64,
    /// Those that are here beyond it.
    beyond: BTreeSet<i64>,
    /// The newest one that was stored at the last look.
    stored: i64,
}

impl Numbers {
    /// Says what was the newest when somebody began to listen; the first word stays.
    pub(super) fn begin(&mut self, newest: i64) {
        if self.began.is_none() {
            (self.began, self.seen, self.stored) = (Some(newest), newest, newest);
            self.pass(newest);
        }
    }

    /// Notes that a number has come; says whether it is to be handed on, for it is here for the first time.
    pub(super) fn arrive(&mut self, number: i64) -> bool {
        if self.began.is_some_and(|began| number <= began) {
            return true;
        }
        let is_new = (self.began.is_none() || number > self.seen) && self.beyond.insert(number);
        self.advance();
        is_new
    }

    /// Takes in what is the newest that is stored now. What was so at the look before and is not here yet is missing:
    /// numbers from behind the first up to the second.
    pub(super) fn look(&mut self, newest: i64) -> Option<(i64, i64)> {
        self.begin(newest);
        let due = mem::replace(&mut self.stored, newest);
        if due - self.seen > MOST {
            self.pass(due);
        }
        (self.seen < due).then_some((self.seen, due))
    }

    /// Notes that nothing is missing up to a number: what is not here, is nowhere.
    pub(super) fn pass(&mut self, number: i64) {
        self.seen = self.seen.max(number);
        self.beyond = self.beyond.split_off(&(self.seen + 1));
        self.advance();
    }

    fn advance(&mut self) {
        while self.began.is_some() && self.beyond.remove(&(self.seen + 1)) {
            self.seen += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(newest: i64) -> Numbers {
        let mut numbers = Numbers::default();
        numbers.begin(newest);
        numbers
    }

    #[test]
    fn each_number_is_handed_on_once_in_any_order() {
        let mut numbers = from(10);
        for (number, is_new) in [(11, true), (13, true), (11, false), (12, true), (13, false), (12, false)] {
            assert_eq!(numbers.arrive(number), is_new, "{number}");
        }
        assert!(numbers.arrive(9), "what was there before is nobody's to hold back");
    }

    #[test]
    fn what_was_stored_at_two_looks_and_did_not_come_is_missing() {
        let mut numbers = from(10);
        assert_eq!(numbers.look(12), None, "it may be on its way");
        numbers.arrive(11);
        assert_eq!(numbers.look(13), Some((11, 12)));
        numbers.arrive(12);
        assert_eq!(numbers.look(13), Some((12, 13)));
        numbers.pass(13);
        assert_eq!(numbers.look(13), None);
        assert!(!numbers.arrive(13), "it came too late");
    }

    #[test]
    fn what_came_before_the_beginning_was_known_counts() {
        let mut numbers = Numbers::default();
        assert!(numbers.arrive(11) && numbers.arrive(13));
        numbers.begin(11);
        assert_eq!((numbers.look(13), numbers.look(13)), (None, Some((11, 13))));
        assert!(numbers.arrive(12) && !numbers.arrive(13));
        assert_eq!(numbers.look(13), None);
    }

    #[test]
    fn too_many_are_passed_over() {
        let mut numbers = from(0);
        assert_eq!((numbers.look(5_000), numbers.look(5_001)), (None, None));
        assert_eq!(numbers.look(5_001), Some((5_000, 5_001)));
    }
}
