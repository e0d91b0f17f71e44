//! The queue from publishers to one session: the only hop of a message inside the server.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use super::{Delivery, Lease};
use crate::{Config, Overflow, Refusal, metrics};

/// What the server tells a session, ahead of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    /// Tell the client why and close.
    Close(Refusal),
    /// The client does not read as fast as it is sent to.
    SlowConsumer,
    /// The server stops.
    Shutdown,
}

/// Bounds of one outbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutboxLimits {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

impl From<&Config> for OutboxLimits {
    fn from(config: &Config) -> Self {
        Self { frames: config.outbox_frames, bytes: config.outbox_bytes }
    }
}

/// A bounded queue that publishers push into without waiting, and that the session empties as a whole.
///
/// A publisher never waits for a session. What becomes of messages that one does not take in time is for the
/// [`Overflow`] policy of their subscription to say; all that is dropped is counted.
#[derive(Debug)]
pub(crate) struct Outbox {
    limits: OutboxLimits,
    queue: Mutex<Queue>,
    session: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    control: Option<Control>,
    /// Leases of messages that were dropped with the queue.
    unsent: Vec<Lease>,
    /// The session is over or about to be: nothing more is taken in.
    closed: bool,
}

impl Outbox {
    pub(crate) fn new(limits: OutboxLimits) -> Self {
        Self { limits, queue: Mutex::default(), session: AtomicWaker::new() }
    }

    /// Queues a message. When there is no room for it, the subscription's policy says what happens.
    pub(crate) fn push(&self, delivery: Delivery) {
        let mut queue = self.lock();
        if queue.closed {
            queue.unsent.extend(delivery.lease);
            return;
        }
        let was_empty = queue.deliveries.is_empty();
        match queue.make_room(&delivery, self.limits) {
            Room::Made => queue.append(delivery),
            Room::Replaced(at) => queue.replace(at, delivery),
            Room::None => queue.drop_message(delivery),
            Room::Overflow => {
                queue.drop_message(delivery);
                queue.close(Control::SlowConsumer);
            }
        }
        let wake = was_empty || queue.closed;
        drop(queue);
        // A session that was woken for the first message and has not come yet need not be woken again.
        if wake {
            self.session.wake();
        }
    }

    /// Tells the session something; what waits is not delivered any more.
    pub(crate) fn control(&self, control: Control) {
        self.lock().close(control);
        self.session.wake();
    }

    /// Takes in nothing more; gives out the leases of messages that it will not deliver.
    pub(crate) fn close(&self) -> Vec<Lease> {
        let mut queue = self.lock();
        queue.closed = true;
        queue.clear();
        mem::take(&mut queue.unsent)
    }

    /// Ready when there is something for the session: a control, or deliveries, which change places with the
    /// empty `batch` of a session that can take some.
    pub(crate) fn poll_take(
        &self,
        cx: &mut Context<'_>,
        batch: Option<&mut VecDeque<Delivery>>,
    ) -> Poll<Option<Control>> {
        self.session.register(cx.waker());
        let mut queue = self.lock();
        if let Some(control) = queue.control.take() {
            return Poll::Ready(Some(control));
        }
        match batch {
            Some(batch) if !queue.deliveries.is_empty() => {
                queue.bytes = 0;
                mem::swap(&mut queue.deliveries, batch);
                Poll::Ready(None)
            }
            _ => Poll::Pending,
        }
    }

    /// How many messages wait, and their octets.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.deliveries.len(), queue.bytes)
    }

    /// Messages that wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiting().0
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a full queue does about one more message.
enum Room {
    Made,
    /// It takes the place of the one at this index.
    Replaced(usize),
    /// It is the one to go.
    None,
    /// The session is cut off.
    Overflow,
}

impl Queue {
    /// Whether a message of that size fits. One is always let in: a bound below its size would cut off every reader.
    fn fits(&self, size: usize, limits: OutboxLimits) -> bool {
        self.deliveries.is_empty()
            || (self.bytes + size <= limits.bytes && self.deliveries.len() < limits.frames)
    }

    fn make_room(&mut self, delivery: &Delivery, limits: OutboxLimits) -> Room {
        let size = delivery.message.size();
        if self.fits(size, limits) {
            return Room::Made;
        }
        // Messages of queues are never dropped: their consumers have room for them by prefetch.
        let overflow = &delivery.subscription.terms().overflow;
        if delivery.lease.is_some() || *overflow == Overflow::Disconnect {
            return Room::Overflow;
        }
        if let Overflow::Conflate(key) = overflow
            && let Some(at) = self.deliveries.iter().position(|waiting| waiting.is_same(delivery, key))
        {
            return Room::Replaced(at);
        }
        while *overflow != Overflow::DropNewest && !self.fits(size, limits) {
            if !self.drop_oldest_of(delivery) {
                return Room::None;
            }
        }
        if self.fits(size, limits) { Room::Made } else { Room::None }
    }

    fn append(&mut self, delivery: Delivery) {
        self.bytes += delivery.message.size();
        self.deliveries.push_back(delivery);
    }

    fn replace(&mut self, at: usize, delivery: Delivery) {
        if let Some(waiting) = self.deliveries.get_mut(at) {
            self.bytes = self.bytes - waiting.message.size() + delivery.message.size();
            let replaced = mem::replace(waiting, delivery);
            self.drop_message(replaced);
        }
    }

    /// Drops the oldest message of the same subscription, if one waits.
    fn drop_oldest_of(&mut self, delivery: &Delivery) -> bool {
        let is_same = |waiting: &Delivery| Arc::ptr_eq(&waiting.subscription, &delivery.subscription);
        let oldest = self.deliveries.iter().position(is_same).and_then(|at| self.deliveries.remove(at));
        if let Some(oldest) = oldest {
            self.bytes -= oldest.message.size();
            self.drop_message(oldest);
            return true;
        }
        false
    }

    fn drop_message(&mut self, delivery: Delivery) {
        metrics::dropped(1, "overflow");
        self.unsent.extend(delivery.lease);
    }

    /// Makes room by dropping what waits; the first reason to close is the one that is told.
    fn close(&mut self, control: Control) {
        if !self.closed {
            self.control = Some(control);
            self.closed = true;
            self.clear();
        }
    }

    fn clear(&mut self) {
        let dropped = mem::take(&mut self.deliveries);
        metrics::dropped(dropped.len(), "session-closed");
        self.unsent.extend(dropped.into_iter().filter_map(|delivery| delivery.lease));
        self.bytes = 0;
    }
}
