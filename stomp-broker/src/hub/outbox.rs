//! The queue from publishers to one session: the only hop of a message inside the server.

use std::{
    mem,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use super::{Backlog, Credit, Delivery, Lease, Slots, Subscription};
use crate::{
    Config, Principal, Refusal, metrics,
    sync::{Mutex, MutexGuard},
};

/// What the server tells a session, ahead of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    /// Tell the client why and close.
    Close(Refusal),
    /// The client does not read as fast as it is sent to.
    SlowConsumer,
    /// The server stops, now.
    Shutdown,
    /// The server stops; the session is to end once all that waits has been written.
    Drain,
}

/// What there is for a session.
#[derive(Debug)]
pub(crate) enum Taken {
    Control(Control),
    /// The same user, under another login.
    Renewed(Principal),
    /// Subscriptions that the server has ended.
    Ended(Vec<Arc<Subscription>>),
    /// The batch has been filled.
    Batch,
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
/// [`Overflow`](crate::Overflow) policy of their subscription to say; all that is dropped is counted.
#[derive(Debug)]
pub(crate) struct Outbox {
    limits: OutboxLimits,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    backlog: Backlog,
    control: Option<Control>,
    renewed: Option<Principal>,
    /// Subscriptions that the server has ended, and the session has not heard of.
    ended: Vec<Arc<Subscription>>,
    /// Leases of messages that were dropped with the queue.
    unsent: Vec<Lease>,
    state: State,
    /// The session, while it waits.
    session: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// What waits is still delivered, but nothing more is taken in.
    Draining,
    /// The session is over or about to be.
    Closed,
}

impl Outbox {
    pub(crate) fn new(limits: OutboxLimits) -> Self {
        let backlog = Backlog::new(limits);
        let (ended, unsent) = (Vec::new(), Vec::new());
        let (state, session) = (State::Open, None);
        let queue = Queue { backlog, control: None, renewed: None, ended, unsent, state, session };
        Self { limits, queue: Mutex::new(queue) }
    }

    pub(crate) fn limits(&self) -> OutboxLimits {
        self.limits
    }

    /// Queues a message. When there is no room for it, the subscription's policy says what happens.
    pub(crate) fn push(&self, delivery: Delivery) {
        let over_budget = delivery.message.is_over_budget();
        let mut queue = self.lock();
        if queue.state != State::Open {
            metrics::dropped(usize::from(delivery.lease.is_none()), "session-closed");
            queue.unsent.extend(delivery.lease);
            return;
        }
        let was_empty = queue.backlog.is_empty();
        if let Err(delivery) = queue.backlog.push(delivery) {
            metrics::dropped(1, "overflow");
            queue.unsent.extend(delivery.lease);
            queue.close(Control::SlowConsumer);
        }
        // A session that was woken for the first message and has not come yet need not be woken again.
        if was_empty || queue.state == State::Closed || over_budget {
            wake(queue);
        }
    }

    /// Tells the session something; what waits is not delivered any more.
    pub(crate) fn control(&self, control: Control) {
        let mut queue = self.lock();
        queue.close(control);
        wake(queue);
    }

    /// Tells the session that its user has logged in again.
    pub(crate) fn renew(&self, principal: Principal) {
        let mut queue = self.lock();
        queue.renewed = Some(principal);
        wake(queue);
    }

    /// Tells the session that one of its subscriptions was ended.
    pub(crate) fn end(&self, subscription: &Arc<Subscription>) {
        let mut queue = self.lock();
        if queue.state == State::Open {
            queue.ended.push(Arc::clone(subscription));
        }
        wake(queue);
    }

    /// Takes in nothing more, and tells the session to end when it has delivered what waits.
    pub(crate) fn drain(&self) {
        let mut queue = self.lock();
        if queue.state == State::Open {
            queue.state = State::Draining;
            queue.control = Some(Control::Drain);
        }
        wake(queue);
    }

    /// Takes in nothing more; gives out the leases of messages that it will not deliver.
    pub(crate) fn close(&self) -> Vec<Lease> {
        let mut queue = self.lock();
        queue.state = State::Closed;
        queue.clear();
        mem::take(&mut queue.unsent)
    }

    /// Ready when there is something for the session: first what it is told, then as many deliveries as it has credit
    /// for. They come in an empty `batch`, whose room is used for the next ones.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>, credit: Credit, batch: &mut Slots) -> Poll<Taken> {
        let mut queue = self.lock();
        if let Some(control) = queue.control.take() {
            return Poll::Ready(Taken::Control(control));
        }
        if let Some(principal) = queue.renewed.take() {
            return Poll::Ready(Taken::Renewed(principal));
        }
        if !queue.ended.is_empty() {
            return Poll::Ready(Taken::Ended(mem::take(&mut queue.ended)));
        }
        queue.backlog.take(credit, batch);
        if batch.is_empty() {
            queue.wait(cx.waker());
            return Poll::Pending;
        }
        Poll::Ready(Taken::Batch)
    }

    /// Drops messages that are too old; says when the next one will be.
    pub(crate) fn expire(&self, now: Instant) -> Option<Instant> {
        self.lock().backlog.expire(now)
    }

    /// How many messages wait, and their octets.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.backlog.len(), queue.backlog.bytes())
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

/// Lets go of the queue, and then wakes the session if it waits: what wakes it may run at once and want the queue.
fn wake(mut queue: MutexGuard<'_, Queue>) {
    let session = queue.session.take();
    drop(queue);
    if let Some(session) = session {
        session.wake();
    }
}

impl Queue {
    fn wait(&mut self, session: &Waker) {
        match &mut self.session {
            Some(waiting) => waiting.clone_from(session),
            none => *none = Some(session.clone()),
        }
    }

    /// Makes room by dropping what waits; the first reason to close is the one that is told.
    fn close(&mut self, control: Control) {
        if self.state != State::Closed {
            self.control = Some(control);
            self.state = State::Closed;
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.ended.clear();
        let (dropped, leases) = self.backlog.clear();
        // What has a lease goes back to its queue.
        metrics::dropped(dropped - leases.len(), "session-closed");
        self.unsent.extend(leases);
    }
}
