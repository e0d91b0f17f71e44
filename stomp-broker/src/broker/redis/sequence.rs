//! Puts the messages of one topic with history in order, wherever they come from: pushed by Redis, answered to this
//! node's own publishing, or read from the log to fill a hole.
//!
//! ```text
//!            offset = next: release, and what waits behind it
//! message ─▶ offset < next: it was released already
//!            offset > next: it waits, and the hole is to be read from the log
//! ```

use std::collections::BTreeMap;

use crate::{Epoch, Message, MessageId, Position};

/// Messages that wait for a hole to be filled, at most; what is over is read from the log again.
const MAX_WAITING: usize = 4096;

/// Stands for the epoch of a topic that nothing was sent to yet.
const NO_LOG: Epoch = Epoch(0);

/// How far this node has released the messages of one topic.
#[derive(Debug)]
pub(super) struct Sequence {
    epoch: Epoch,
    /// The offset of the last message released, or of the last one before this node listened.
    last: u64,
    /// The id of that message, if this node has seen it.
    last_id: Option<MessageId>,
    /// Where that was in the epoch before, to which the log may come back.
    left: Option<(Position, Option<MessageId>)>,
    waiting: BTreeMap<u64, Message>,
    /// The next message is the first one behind some that are lost.
    after_loss: bool,
}

/// What comes of a step.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// Messages in order.
    pub(super) messages: Vec<Message>,
    /// What will never come: from behind the first position up to before the second.
    pub(super) lost: Option<(Position, Position)>,
    /// The log is to be read from [`Sequence::position`] on, that one included.
    pub(super) hole: bool,
    /// The log went back: it has forgotten messages that this node has seen, and is to begin a new epoch.
    pub(super) went_back: bool,
}

/// A part of the log.
#[derive(Debug)]
pub(super) struct Page {
    /// The epoch of the log; none if there is no log.
    pub(super) epoch: Option<Epoch>,
    /// From the offset asked for on, that one included, without holes.
    pub(super) messages: Vec<(u64, Message)>,
    /// The offset of the newest message of the log.
    pub(super) newest: u64,
}

impl Sequence {
    /// A topic of which everything behind a position is wanted; without one, everything there will be.
    pub(super) fn new(behind: Option<Position>) -> Self {
        let Position { epoch, offset } = behind.unwrap_or(Position { epoch: NO_LOG, offset: 0 });
        Self { epoch, last: offset, last_id: None, left: None, waiting: BTreeMap::new(), after_loss: false }
    }

    pub(super) fn position(&self) -> Position {
        Position { epoch: self.epoch, offset: self.last }
    }

    /// Takes in a message that was pushed, or that this node published.
    pub(super) fn receive(&mut self, at: Position, message: Message) -> Released {
        let mut released = Released::default();
        // Epochs are times: an older one is of messages on their way since before the log was lost, or else the clock
        // or all of Redis went back. The log tells.
        if at.epoch.0 < self.epoch.0 {
            released.hole = true;
            return released;
        }
        if at.epoch != self.epoch {
            self.enter(at.epoch, &mut released);
        }
        if at.offset > self.last && self.waiting.len() < MAX_WAITING {
            self.waiting.insert(at.offset, message);
        }
        self.release(&mut released);
        released.hole = at.offset > self.last;
        released
    }

    /// Takes in a part of the log that was read from the sequence's position on.
    pub(super) fn fill(&mut self, from: Position, page: Page) -> Released {
        let mut released = Released::default();
        // Without a log, whoever publishes next begins an epoch.
        let Some(epoch) = page.epoch else { return released };
        if from.epoch != self.epoch {
            released.hole = true;
            return released;
        }
        if epoch != self.epoch {
            self.enter(epoch, &mut released);
            released.hole = page.newest > 0;
            return released;
        }
        self.check_continuity(from, &page, &mut released);
        let newer = page.messages.into_iter().filter(|(offset, _)| *offset > self.last).collect::<Vec<_>>();
        self.waiting.extend(newer);
        self.release(&mut released);
        released.hole = page.newest > self.last || !self.waiting.is_empty();
        released
    }

    /// Whether the log still has the message that the page was to begin with, and as it was.
    fn check_continuity(&mut self, from: Position, page: &Page, released: &mut Released) {
        let first = page.messages.first();
        if let Some((offset, _)) = first
            && *offset > self.next()
        {
            self.restart(self.epoch, offset.saturating_sub(1), released);
            return;
        }
        // Only if nothing was released meanwhile does the page begin with the message that this node has seen last.
        let as_before = match first {
            _ if from.offset != self.last => true,
            Some((offset, message)) => {
                *offset != self.last || self.last_id.is_none_or(|id| id == message.id())
            }
            None => page.newest >= self.last,
        };
        if !as_before {
            released.went_back = true;
            self.restart(self.epoch, page.newest, released);
        }
    }

    /// Goes on in another epoch: where this node was in it, or at its beginning.
    fn enter(&mut self, epoch: Epoch, released: &mut Released) {
        let left = self.left.replace((self.position(), self.last_id));
        match left.filter(|(at, _)| at.epoch == epoch) {
            Some((at, id)) => {
                self.restart(epoch, at.offset, released);
                self.last_id = id;
            }
            None => self.restart(epoch, 0, released),
        }
    }

    /// Gives up what is before `last` of an epoch.
    fn restart(&mut self, epoch: Epoch, last: u64, released: &mut Released) {
        let before = self.position();
        let is_first = before.epoch == NO_LOG;
        self.epoch = epoch;
        self.last = last;
        self.last_id = None;
        self.waiting.clear();
        if !is_first {
            self.after_loss = true;
            released.lost = Some((before, self.position()));
        }
    }

    /// The offset of the next message. Positions may come from anybody who reaches Redis.
    fn next(&self) -> u64 {
        self.last.saturating_add(1)
    }

    fn release(&mut self, released: &mut Released) {
        self.waiting = self.waiting.split_off(&self.next());
        while let Some(message) = self.waiting.remove(&self.next()) {
            self.last = self.next();
            self.last_id = Some(message.id());
            let marked = std::mem::take(&mut self.after_loss);
            released.messages.push(if marked { message.after_loss() } else { message });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{NodeId, Publish};

    const EPOCH: Epoch = Epoch(10);

    fn at(offset: u64) -> Position {
        Position { epoch: EPOCH, offset }
    }

    /// The message of an offset; `life` tells apart what the log had there before and after it lost something.
    fn message(life: u64, offset: u64) -> Message {
        let id = MessageId::of_node(NodeId(life), offset);
        Message::at(id, Publish::new("/topic/a".try_into().unwrap(), ""), Some(at(offset)))
    }

    fn sequence() -> Sequence {
        Sequence::new(Some(at(0)))
    }

    fn offsets(released: &Released) -> Vec<u64> {
        released.messages.iter().map(|message| message.position().unwrap().offset).collect()
    }

    fn page(epoch: Epoch, life: u64, range: std::ops::RangeInclusive<u64>) -> Page {
        let newest = *range.end();
        let messages = range.filter(|offset| *offset > 0).map(|offset| (offset, message(life, offset)));
        Page { epoch: Some(epoch), messages: messages.collect(), newest }
    }

    #[test]
    fn a_hole_holds_back_what_is_behind_it() {
        let mut sequence = sequence();
        assert_eq!(offsets(&sequence.receive(at(1), message(1, 1))), [1]);
        let released = sequence.receive(at(3), message(1, 3));
        assert!(released.messages.is_empty() && released.hole);
        let released = sequence.receive(at(2), message(1, 2));
        assert_eq!(offsets(&released), [2, 3]);
        assert!(!released.hole);
        assert!(sequence.receive(at(2), message(1, 2)).messages.is_empty(), "it was released already");
    }

    #[test]
    fn a_hole_is_filled_from_the_log() {
        let mut sequence = sequence();
        sequence.receive(at(1), message(1, 1));
        sequence.receive(at(4), message(1, 4));
        let released = sequence.fill(at(1), page(EPOCH, 1, 1..=4));
        assert_eq!(offsets(&released), [2, 3, 4]);
        assert!(released.lost.is_none() && !released.hole);
    }

    #[test]
    fn what_the_log_does_not_have_any_more_is_lost_and_the_next_message_says_so() {
        let mut sequence = sequence();
        sequence.receive(at(1), message(1, 1));
        let released = sequence.fill(at(1), page(EPOCH, 1, 5..=6));
        assert_eq!(released.lost, Some((at(1), at(4))));
        assert_eq!(offsets(&released), [5, 6]);
        let marked: Vec<_> = released.messages.iter().map(Message::is_after_loss).collect();
        assert_eq!(marked, [true, false]);
    }

    #[test]
    fn a_log_that_begins_right_behind_is_complete() {
        let mut sequence = sequence();
        sequence.receive(at(1), message(1, 1));
        let released = sequence.fill(at(1), page(EPOCH, 1, 2..=3));
        assert_eq!((offsets(&released), released.lost), (vec![2, 3], None));
    }

    #[test]
    fn a_new_epoch_is_a_loss_and_an_old_one_is_late() {
        let (mut sequence, new) = (sequence(), Epoch(11));
        sequence.receive(at(1), message(1, 1));
        let released = sequence.receive(Position { epoch: new, offset: 2 }, message(2, 2));
        assert_eq!(released.lost, Some((at(1), Position { epoch: new, offset: 0 })));
        assert!(released.hole, "the new epoch began before this");
        assert!(sequence.receive(at(2), message(1, 2)).messages.is_empty());
        let released = sequence.receive(Position { epoch: new, offset: 1 }, message(2, 1));
        assert_eq!(offsets(&released), [1, 2]);
    }

    #[test]
    fn an_epoch_from_an_earlier_time_counts_when_the_log_has_it() {
        let (mut sequence, old) = (sequence(), Epoch(9));
        sequence.receive(at(1), message(1, 1));
        let released = sequence.receive(Position { epoch: old, offset: 1 }, message(2, 1));
        assert!(released.messages.is_empty() && released.hole, "it may be late");
        let released = sequence.fill(at(1), Page { epoch: Some(old), messages: Vec::new(), newest: 1 });
        let begin = Position { epoch: old, offset: 0 };
        assert_eq!((released.lost, released.hole), (Some((at(1), begin)), true));
        assert_eq!(offsets(&sequence.fill(begin, page(old, 2, 0..=1))), [1]);
    }

    #[test]
    fn a_log_that_comes_back_goes_on_where_it_was() {
        let (mut sequence, new) = (sequence(), Epoch(11));
        sequence.receive(at(1), message(1, 1));
        sequence.receive(Position { epoch: new, offset: 1 }, message(2, 1));
        let behind = Position { epoch: new, offset: 1 };
        sequence.fill(behind, Page { epoch: Some(EPOCH), messages: Vec::new(), newest: 2 });
        let released = sequence.fill(at(1), page(EPOCH, 1, 1..=2));
        assert_eq!((offsets(&released), released.lost), (vec![2], None));
        let released = sequence.receive(Position { epoch: new, offset: 2 }, message(2, 2));
        assert_eq!((offsets(&released), released.lost), (vec![2], Some((at(2), behind))));
    }

    #[test]
    fn the_first_epoch_of_a_topic_is_no_loss() {
        let mut sequence = Sequence::new(None);
        let released = sequence.receive(at(1), message(1, 1));
        assert_eq!((offsets(&released), released.lost), (vec![1], None));
    }

    #[test]
    fn a_log_that_went_back_is_a_loss_even_when_it_has_caught_up() {
        for newest in [3, 5, 9] {
            let mut sequence = sequence();
            (1..=5).for_each(|offset| drop(sequence.receive(at(offset), message(1, offset))));
            let messages = page(EPOCH, 2, 5..=newest.max(5)).messages;
            let messages = if newest < 5 { Vec::new() } else { messages };
            let released = sequence.fill(at(5), Page { epoch: Some(EPOCH), messages, newest });
            assert_eq!(released.lost, Some((at(5), at(newest))), "{newest}");
            let next = sequence.receive(at(newest + 1), message(2, newest + 1));
            assert_eq!(offsets(&next), [newest + 1]);
        }
    }

    proptest! {
        /// Whoever reaches Redis can make up positions.
        #[test]
        fn positions_that_no_node_gave_out_do_no_harm(
            pushes in prop::collection::vec((any::<u64>(), prop_oneof![0..3_u64, u64::MAX - 2..=u64::MAX]), 0..20),
        ) {
            let mut sequence = Sequence::new(None);
            for (epoch, offset) in pushes {
                let at = Position { epoch: Epoch(epoch), offset };
                sequence.receive(at, message(1, offset));
                let from = sequence.position();
                let messages = vec![(offset, message(1, offset))];
                sequence.fill(from, Page { epoch: Some(at.epoch), messages, newest: offset });
            }
        }

        /// However messages are pushed, doubled or dropped, filling the holes releases each once and in order.
        #[test]
        fn everything_is_released_once_and_in_order(arrivals in prop::collection::vec((1..30_u64, 0..4_u8), 0..80)) {
            let mut sequence = sequence();
            let mut seen = Vec::new();
            for (offset, fill) in arrivals {
                seen.extend(offsets(&sequence.receive(at(offset), message(1, offset))));
                if fill == 0 {
                    let from = sequence.position();
                    seen.extend(offsets(&sequence.fill(from, page(EPOCH, 1, from.offset..=30))));
                }
            }
            let from = sequence.position();
            seen.extend(offsets(&sequence.fill(from, page(EPOCH, 1, from.offset..=30))));
            prop_assert_eq!(seen, (1..=30).collect::<Vec<_>>());
        }
    }
}
