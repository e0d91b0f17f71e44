//! Messages that wait for one client, and which of them make room for others.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    time::Instant,
};

use stomp_proto::ByteStr;

use super::{Delivery, Lease, OutboxLimits};
use crate::{Overflow, metrics};

/// Deliveries in order; some may be missing.
pub(crate) type Slots = VecDeque<Option<Delivery>>;

/// Deliveries in the order in which they came.
///
/// Those that may have to make room can be found without a search: each has a number, by which its slot is found,
/// and their subscription's lane knows the numbers. What was taken out leaves an empty slot and a number behind,
/// until there are more of those than messages.
#[derive(Debug)]
pub(crate) struct Backlog {
    limits: OutboxLimits,
    slots: Slots,
    /// The number of the first slot.
    first: u64,
    messages: usize,
    bytes: usize,
    /// Messages taken out since slots and lanes were last in order.
    removed: usize,
    /// By serial number of the subscription.
    lanes: HashMap<u32, Lane>,
}

/// Where the messages of one subscription are, if they are of a kind that may be dropped.
#[derive(Debug, Default)]
struct Lane {
    /// Ascending; some may be gone.
    numbers: VecDeque<u64>,
    /// The last message of each value of the header that counts.
    latest: HashMap<Option<ByteStr>, u64>,
}

/// What a client may get before it must acknowledge some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// The octets of messages that are taken out at a time, or one message. They are copied to be written, while others
/// come to wait in their place; a client that does not read holds both.
const BATCH: usize = 128 * 1024;

/// What was taken out and is not worth tidying up behind.
const TIDY_ABOVE: usize = 64;

impl Backlog {
    pub(crate) fn new(limits: OutboxLimits) -> Self {
        Self {
            limits,
            slots: VecDeque::new(),
            first: 0,
            messages: 0,
            bytes: 0,
            removed: 0,
            lanes: HashMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.messages
    }

    /// Their octets.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a message, or drops what its policy says; gives it back when the policy is to cut the client off.
    pub(crate) fn push(&mut self, delivery: Delivery) -> Result<(), Delivery> {
        if let Overflow::Conflate(key) = delivery.overflow() {
            self.drop_latest(delivery.subscription.terms().serial, &delivery.message.shared_header(key));
        }
        while !self.fits(delivery.size()) {
            let has_room = match delivery.overflow() {
                Overflow::Disconnect => return Err(delivery),
                Overflow::DropNewest => false,
                Overflow::DropOldest | Overflow::Conflate(_) => {
                    self.drop_oldest(delivery.subscription.terms().serial)
                }
            };
            if !has_room {
                metrics::dropped(1, "overflow");
                return Ok(());
            }
        }
        self.append(delivery);
        Ok(())
    }

    /// Takes out what the credit covers, and no more than is written at a time, into an empty `batch`, whose room is
    /// used for what comes.
    pub(crate) fn take(&mut self, mut credit: Credit, batch: &mut Slots) {
        if self.messages <= credit.messages && self.bytes <= credit.bytes.min(BATCH) {
            self.forget();
            return mem::swap(&mut self.slots, batch);
        }
        let mut taken = 0;
        while !credit.is_spent()
            && taken < BATCH
            && let Some(delivery) = self.pop_front()
        {
            taken += delivery.size();
            credit.spend(&delivery);
            batch.push_back(Some(delivery));
        }
    }

    /// Takes out everything.
    pub(crate) fn take_all(&mut self) -> Slots {
        self.forget();
        mem::take(&mut self.slots)
    }

    /// Counts nothing of what is there, since it is about to be taken out.
    fn forget(&mut self) {
        self.first += self.slots.len() as u64;
        self.messages = 0;
        self.bytes = 0;
        self.removed = 0;
        self.lanes.clear();
    }

    /// Drops messages that are too old; says when the next one will be.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let waiting = self.messages;
        for slot in &mut self.slots {
            match slot.as_ref().and_then(Delivery::expires) {
                Some(expires) if expires > now => break,
                Some(_) => {
                    self.messages -= 1;
                    self.bytes -= slot.take().map_or(0, |delivery| delivery.size());
                }
                None => {}
            }
        }
        metrics::dropped(waiting - self.messages, "expired");
        self.removed += waiting - self.messages;
        self.tidy();
        self.slots.iter().flatten().find_map(Delivery::expires)
    }

    /// Drops everything; gives out the leases, and says how many messages there were.
    pub(crate) fn clear(&mut self) -> (usize, Vec<Lease>) {
        let messages = self.messages;
        (messages, self.take_all().into_iter().flatten().filter_map(|delivery| delivery.lease).collect())
    }

    /// Whether a message of that size fits. One is always let in: a bound below its size would cut off every reader.
    fn fits(&self, size: usize) -> bool {
        self.is_empty() || (self.bytes + size <= self.limits.bytes && self.messages < self.limits.frames)
    }

    fn append(&mut self, delivery: Delivery) {
        let number = self.first + self.slots.len() as u64;
        let key = match delivery.overflow() {
            Overflow::Conflate(key) => Some(delivery.message.shared_header(key)),
            _ => None,
        };
        if matches!(delivery.overflow(), Overflow::DropOldest | Overflow::Conflate(_)) {
            let lane = self.lanes.entry(delivery.subscription.terms().serial).or_default();
            lane.numbers.push_back(number);
            lane.latest.extend(key.map(|key| (key, number)));
        }
        self.messages += 1;
        self.bytes += delivery.size();
        self.slots.push_back(Some(delivery));
    }

    fn pop_front(&mut self) -> Option<Delivery> {
        let first = self.slots.iter().position(Option::is_some)?;
        let delivery = self.take_out(self.first + first as u64);
        self.tidy();
        delivery
    }

    /// Drops the message that has the same key, if one waits: a newer one is there.
    fn drop_latest(&mut self, serial: u32, key: &Option<ByteStr>) {
        let latest = self.lanes.get_mut(&serial).and_then(|lane| lane.latest.remove(key));
        if latest.and_then(|number| self.take_out(number)).is_some() {
            metrics::dropped(1, "overflow");
            self.tidy();
        }
    }

    /// Drops the oldest message of a subscription; says whether one waited.
    fn drop_oldest(&mut self, serial: u32) -> bool {
        while let Some(number) = self.lanes.get_mut(&serial).and_then(|lane| lane.numbers.pop_front()) {
            if self.take_out(number).is_some() {
                metrics::dropped(1, "overflow");
                self.tidy();
                return true;
            }
        }
        false
    }

    /// Empties the slot of that number.
    fn take_out(&mut self, number: u64) -> Option<Delivery> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let delivery = self.slots.get_mut(at)?.take()?;
        self.messages -= 1;
        self.bytes -= delivery.size();
        self.removed += 1;
        Some(delivery)
    }

    /// Removes empty slots at the front, and all that was left behind once it is more than the messages.
    fn tidy(&mut self) {
        while let Some(None) = self.slots.front() {
            self.slots.pop_front();
            self.first += 1;
        }
        if self.removed > self.messages + TIDY_ABOVE {
            self.take_all().into_iter().flatten().for_each(|delivery| self.append(delivery));
        }
    }
}

impl Credit {
    /// For clients that acknowledge nothing.
    pub(crate) const UNLIMITED: Self = Self { messages: usize::MAX, bytes: usize::MAX };

    /// For clients that take nothing at the moment.
    pub(crate) const NONE: Self = Self { messages: 0, bytes: 0 };

    pub(crate) fn is_spent(&self) -> bool {
        self.messages == 0 || self.bytes == 0
    }

    fn spend(&mut self, delivery: &Delivery) {
        if delivery.subscription.terms().is_acknowledged() {
            self.messages -= 1;
            self.bytes = self.bytes.saturating_sub(delivery.message.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use bytes::Bytes;
    use stomp_proto::{AckMode, Version};

    use super::*;
    use crate::{
        Config, Destination, Message, MessageIds, Publish,
        hub::{Budget, Outbox, Subscription, Terms},
    };

    const LIMITS: OutboxLimits = OutboxLimits { frames: 4, bytes: 1 << 20 };

    fn subscription(serial: u32, mode: AckMode, overflow: Overflow) -> Arc<Subscription> {
        let outbox = Arc::new(Outbox::new(LIMITS));
        let terms = Terms { prefix: Bytes::new(), version: Version::V1_2, serial, mode, overflow };
        Arc::new(Subscription::new("user".into(), outbox, terms))
    }

    fn delivery(to: &Arc<Subscription>, key: &str, body: usize) -> Delivery {
        let budget = Budget::new(&Config { outbox_age: Some(Duration::from_secs(1)), ..Config::default() });
        let publish =
            Publish::new(Destination::new("/topic/a").unwrap(), vec![b'x'; body]).header("key", key);
        Delivery::new(to, &budget.charge(Message::new(MessageIds::new().next(), publish)))
    }

    /// The keys of what a backlog of four messages keeps of those pushed, and what it refused.
    fn kept(overflow: Overflow, keys: &[&str]) -> (Vec<String>, usize) {
        let (subscription, mut backlog) = (subscription(1, AckMode::Auto, overflow), Backlog::new(LIMITS));
        let refused =
            keys.iter().filter(|key| backlog.push(delivery(&subscription, key, 1)).is_err()).count();
        (taken(&mut backlog, Credit::UNLIMITED), refused)
    }

    /// The keys of what the credit covers.
    fn taken(backlog: &mut Backlog, credit: Credit) -> Vec<String> {
        let mut batch = Slots::new();
        backlog.take(credit, &mut batch);
        let key = |delivery: Delivery| delivery.message.header("key").unwrap().to_owned();
        batch.into_iter().flatten().map(key).collect()
    }

    #[test]
    fn each_policy_keeps_its_own() {
        let keys = ["a", "b", "a", "c", "d", "e"];
        assert_eq!(kept(Overflow::Disconnect, &keys), (["a", "b", "a", "c"].map(String::from).into(), 2));
        assert_eq!(kept(Overflow::DropNewest, &keys), (["a", "b", "a", "c"].map(String::from).into(), 0));
        assert_eq!(kept(Overflow::DropOldest, &keys), (["a", "c", "d", "e"].map(String::from).into(), 0));
        let latest = Overflow::Conflate("key".to_owned());
        assert_eq!(kept(latest.clone(), &keys), (["a", "c", "d", "e"].map(String::from).into(), 0));
        assert_eq!(kept(latest, &["a", "b", "a", "a"]), (["b", "a"].map(String::from).into(), 0));
    }

    #[test]
    fn one_subscription_makes_no_room_for_another() {
        let mut backlog = Backlog::new(LIMITS);
        let [first, second] = [1, 2].map(|serial| subscription(serial, AckMode::Auto, Overflow::DropOldest));
        for key in ["a", "b", "c", "d"] {
            backlog.push(delivery(&first, key, 1)).unwrap();
        }
        backlog.push(delivery(&second, "e", 1)).unwrap();
        backlog.push(delivery(&first, "f", 1)).unwrap();
        assert_eq!(taken(&mut backlog, Credit::UNLIMITED), ["b", "c", "d", "f"]);
    }

    #[test]
    fn what_was_taken_out_is_not_remembered_for_ever() {
        let mut backlog = Backlog::new(LIMITS);
        let stuck = subscription(1, AckMode::Auto, Overflow::Disconnect);
        let latest = subscription(2, AckMode::Auto, Overflow::Conflate("key".to_owned()));
        backlog.push(delivery(&stuck, "stuck", 1)).unwrap();
        for turn in 0..10_000 {
            backlog.push(delivery(&latest, &(turn % 5).to_string(), 1)).unwrap();
        }
        let lane = &backlog.lanes[&2];
        assert!(backlog.slots.len() < 200 && lane.numbers.len() < 200 && lane.latest.len() < 200);
        assert_eq!(taken(&mut backlog, Credit::UNLIMITED), ["stuck", "2", "3", "4"]);
    }

    #[test]
    fn octets_are_counted_with_what_surrounds_them_and_not_kept_behind() {
        let mut backlog = Backlog::new(OutboxLimits { frames: 1000, bytes: 100_000 });
        let subscription = subscription(1, AckMode::Auto, Overflow::DropOldest);
        // One is let in whatever its size.
        backlog.push(delivery(&subscription, "large", 200_000)).unwrap();
        assert!(backlog.bytes() > 200_000);
        (0..1000).for_each(|_| backlog.push(delivery(&subscription, "small", 1000)).unwrap());
        assert!(backlog.len() < 100 && backlog.bytes() <= 100_000, "{} {}", backlog.len(), backlog.bytes());
        backlog.take_all();
        assert_eq!((backlog.len(), backlog.bytes()), (0, 0));
    }

    #[test]
    fn credit_is_spent_by_messages_to_acknowledge_alone() {
        let mut backlog = Backlog::new(LIMITS);
        let [auto, client] = [AckMode::Auto, AckMode::Client]
            .map(|mode| subscription(mode as u32, mode, Overflow::Disconnect));
        for (to, key) in [(&auto, "a"), (&client, "b"), (&auto, "c"), (&client, "d")] {
            backlog.push(delivery(to, key, 1000)).unwrap();
        }
        assert_eq!(taken(&mut backlog, Credit::NONE), [""; 0]);
        assert_eq!(taken(&mut backlog, Credit { messages: 1, bytes: usize::MAX }), ["a", "b"]);
        assert_eq!(taken(&mut backlog, Credit { messages: 9, bytes: 1 }), ["c", "d"]);
        assert!(backlog.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn messages_grow_too_old_in_order() {
        let mut backlog = Backlog::new(LIMITS);
        let subscription = subscription(1, AckMode::Auto, Overflow::DropOldest);
        let first = delivery(&subscription, "a", 1);
        let expires = first.expires().unwrap();
        backlog.push(first).unwrap();
        tokio::time::advance(Duration::from_millis(5)).await;
        backlog.push(delivery(&subscription, "b", 1)).unwrap();
        assert_eq!(backlog.expire(expires - Duration::from_millis(1)), Some(expires));
        let next = backlog.expire(expires).unwrap();
        assert!(next > expires && backlog.len() == 1);
        assert_eq!(backlog.expire(next), None);
        assert!(backlog.is_empty());
    }
}
