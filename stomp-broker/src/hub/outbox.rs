//! The queue from publishers to one session: the only hop of a message inside the server.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use super::Subscription;
use crate::{Config, Message, Refusal};

/// A message for one subscription.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) message: Message,
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
    deliveries: Vec<Delivery>,
    bytes: usize,
    control: Option<Control>,
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
            return;
        }
        let bytes = queue.bytes + delivery.message.size();
        // One message is always let in: a bound below its size would cut off every reader of it.
        let full = bytes > self.limits.bytes || queue.deliveries.len() >= self.limits.frames;
        if full && !queue.deliveries.is_empty() {
            queue.close(Control::SlowConsumer);
        } else {
            queue.bytes = bytes;
            queue.deliveries.push(delivery);
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

    /// Takes in nothing more.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.deliveries = Vec::new();
    }

    /// Ready when there is something for the session: a control, or deliveries, which change places with the
    /// empty `batch` of a session that can take some.
    pub(crate) fn poll_take(
        &self,
        cx: &mut Context<'_>,
        batch: Option<&mut Vec<Delivery>>,
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
            self.deliveries = Vec::new();
            self.bytes = 0;
        }
    }
}
