//! What lies between the sessions and the back-end: who listens to what, and the queue to each session.

mod delivery;
mod interests;
mod orders;
mod outbox;
mod patterns;
mod queues;
mod routes;
mod subscription;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tracing::warn;

pub(crate) use self::{
    delivery::{Delivery, Lease},
    interests::Interests,
    orders::Order,
    outbox::{Control, Outbox, OutboxLimits},
    patterns::Patterns,
    queues::Queues,
    routes::Routes,
    subscription::{Subscription, Terms},
};
use crate::{
    Destination, Health, Inbound, Message, NodeId, Position, Publish, Refusal, message::MessageIds, metrics,
};

/// A user's own destination: `/user/queue/acks` of one user. No topic can be named like it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UserDestination {
    pub(crate) user: Arc<str>,
    /// As the client names it, with the `/user` prefix.
    pub(crate) name: Destination,
}

/// Routes messages to the sessions of this node.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    pub(crate) topics: Routes<Destination>,
    pub(crate) patterns: Patterns,
    pub(crate) users: Routes<UserDestination>,
    pub(crate) queues: Arc<Queues>,
    away: AtomicBool,
    sessions: Mutex<Sessions>,
    revocations: AtomicU64,
    ids: MessageIds,
}

/// The outboxes of open connections; two are the same if they share their address.
#[derive(Debug, Default)]
struct Sessions {
    all: HashMap<usize, Arc<Outbox>>,
    by_user: HashMap<Arc<str>, Vec<Arc<Outbox>>>,
}

impl Hub {
    /// Notes a connection.
    pub(crate) fn open(&self, outbox: &Arc<Outbox>) {
        self.sessions().all.insert(address(outbox), Arc::clone(outbox));
    }

    /// Notes that a connection is a session of `user`.
    pub(crate) fn join(&self, user: &Arc<str>, outbox: &Arc<Outbox>) {
        self.sessions().by_user.entry(Arc::clone(user)).or_default().push(Arc::clone(outbox));
    }

    /// Forgets a connection, which was a session of `user`.
    pub(crate) fn close(&self, user: Option<&str>, outbox: &Arc<Outbox>) {
        let mut sessions = self.sessions();
        sessions.all.remove(&address(outbox));
        if let Some((user, of_user)) = user.and_then(|user| Some((user, sessions.by_user.get_mut(user)?))) {
            of_user.retain(|other| !Arc::ptr_eq(other, outbox));
            if of_user.is_empty() {
                sessions.by_user.remove(user);
            }
        }
    }

    /// Tells every connection that the server stops.
    pub(crate) fn shut_down(&self) {
        for outbox in self.sessions().all.values() {
            outbox.control(Control::Shutdown);
        }
    }

    /// The number of open sessions of `user`.
    pub(crate) fn sessions_of(&self, user: &str) -> usize {
        self.sessions().by_user.get(user).map_or(0, Vec::len)
    }

    /// Ends every session of `user`.
    pub(crate) fn disconnect(&self, user: &str, reason: &Refusal) {
        for outbox in self.sessions().by_user.get(user).into_iter().flatten() {
            outbox.control(Control::Close(reason.clone()));
        }
    }

    /// Delivers to every session of the user that listens to the destination.
    pub(crate) fn send_to_user(&self, to: &UserDestination, publish: Publish) {
        let message = Message::new(self.ids.next(), publish);
        self.users.deliver(to, &message);
    }

    /// Delivers to one session of the user, if it listens to the destination; says whether it does.
    pub(crate) fn send_to_session(
        &self,
        to: &UserDestination,
        session: &Arc<Outbox>,
        publish: Publish,
    ) -> bool {
        let message = Message::new(self.ids.next(), publish);
        self.users.deliver_where(to, &message, |subscription| subscription.is_of(session))
    }

    /// Ends the user's subscriptions to a topic, those by pattern included.
    pub(crate) fn revoke(&self, user: &str, destination: &Destination) {
        self.revocations.fetch_add(1, Ordering::AcqRel);
        self.patterns.revoke(user, destination);
        self.topics.remove_where(destination, |subscription| subscription.user() == user);
    }

    /// Whether the back-end is in contact with the other nodes.
    pub(crate) fn is_connected(&self) -> bool {
        !self.away.load(Ordering::Acquire)
    }

    /// Changes whenever a right is revoked: a subscription that was permitted before and begins after must be asked
    /// about again.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbound for Hub {
    fn message(&self, message: Message) {
        self.topics.deliver(message.destination(), &message);
        self.patterns.deliver(&message);
    }

    fn ready(&self, queue: &Destination) {
        self.queues.wake(queue);
    }

    fn lost(&self, destination: &Destination, last_good: Option<Position>, now: Option<Position>) {
        metrics::lost();
        warn!(%destination, ?last_good, ?now, "messages are lost");
    }

    fn control(&self, from: NodeId, data: Bytes) {
        match Order::decode(data) {
            Some(order) => self.obey(order),
            None => warn!(%from, "another node sent something that this one cannot read"),
        }
    }

    fn health(&self, health: Health) {
        self.away.store(health == Health::Away, Ordering::Release);
    }
}

fn address(outbox: &Arc<Outbox>) -> usize {
    Arc::as_ptr(outbox).addr()
}
