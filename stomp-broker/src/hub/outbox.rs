//! The queue from publishers to one session: the only hop of a message inside the server.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use super::Subscription;
use crate::{Config, Destination, Message, Refusal};

/// A message for one subscription.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) message: Message,
    /// What is to be settled for a message of a queue.
    pub(crate) lease: Option<Lease>,
}

/// A message of a queue that is out with a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) queue: Destination,
    pub(crate) id: u64,
    /// How often the message has been out, this time included.
    pub(crate) deliveries: u32,
}

impl Delivery {
    /// A message of a topic.
    pub(crate) fn new(subscription: &Arc<Subscription>, message: Message) -> Self {
        Self { subscription: Arc::clone(subscription), message, lease: None }
    }

    /// A message of a queue.
    pub(crate) fn leased(subscription: &Arc<Subscription>, message: Message, lease: Lease) -> Self {
        Self { subscription: Arc::clone(subscription), message, lease: Some(lease) }
    }
}

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
/// A publisher never waits for a session: one that does not keep up loses its queue and is told to close.
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

    /// Queues a message.
    pub(crate) fn push(&self, delivery: Delivery) {
        let mut queue = self.lock();
        if queue.closed {
            queue.unsent.extend(delivery.lease);
            return;
        }
        let bytes = queue.bytes + delivery.message.size();
        // One message is always let in: a bound below its size would cut off every reader of it.
        let full = bytes > self.limits.bytes || queue.deliveries.len() >= self.limits.frames;
        if full && !queue.deliveries.is_empty() {
            queue.unsent.extend(delivery.lease);
            queue.close(Control::SlowConsumer);
        } else {
            queue.bytes = bytes;
            queue.deliveries.push_back(delivery);
            if queue.deliveries.len() > 1 {
                // The session has been woken for the first one and has not come yet.
                return;
            }
        }
        drop(queue);
        self.session.wake();
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

    /// Messages that wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().deliveries.len()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
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
        self.unsent.extend(dropped.into_iter().filter_map(|delivery| delivery.lease));
        self.bytes = 0;
    }
}
