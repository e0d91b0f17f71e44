//! What lies between the sessions and the back-end: who listens to what, and the queue to each session.

mod allowance;
mod backlog;
mod budget;
mod client;
mod delivery;
mod interests;
mod listeners;
mod orders;
mod outbox;
#[cfg(all(test, stomp_loom))]
mod outbox_model;
mod patterns;
mod queues;
mod replies;
mod routes;
mod subscription;

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tracing::warn;

pub use self::client::SessionId;
pub(crate) use self::{
    allowance::{Allowance, TooMuch},
    backlog::{Backlog, Credit, Slots},
    budget::{Budget, Holds, Queued},
    client::Client,
    delivery::{Delivery, Lease},
    interests::Interests,
    listeners::Listener,
    orders::Order,
    outbox::{Control, Outbox, OutboxLimits, Taken},
    patterns::Patterns,
    queues::Queues,
    replies::{MAX_REPLY_DESTINATIONS, Replies},
    routes::Routes,
    subscription::{Subscription, Terms},
};
use crate::{
    Config, Destination, Health, Inbound, Message, NodeId, Position, Presence, Principal, Publish, Refusal,
    message::MessageIds, metrics,
};

/// A user's own destination: `/user/queue/acks` of one user. No topic can be named like it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UserDestination {
    pub(crate) user: Arc<str>,
    /// As the client names it, with the `/user` prefix.
    pub(crate) name: Destination,
}

/// Routes messages to the sessions of this node.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) budget: Arc<Budget>,
    pub(crate) topics: Routes<Destination>,
    pub(crate) patterns: Patterns,
    pub(crate) users: Routes<UserDestination>,
    pub(crate) queues: Arc<Queues>,
    presence: OnceLock<Arc<dyn Presence>>,
    away: AtomicBool,
    sessions: Mutex<Sessions>,
    revocations: AtomicU64,
    ids: MessageIds,
}

/// Open connections, and those of each user that have logged in.
#[derive(Debug, Default)]
struct Sessions {
    all: HashMap<SessionId, Arc<Client>>,
    by_user: HashMap<Arc<str>, OfUser>,
}

/// The sessions of one user.
#[derive(Debug, Default)]
struct OfUser {
    clients: Vec<Arc<Client>>,
    allowance: Arc<Allowance>,
}

impl Hub {
    pub(crate) fn new(config: &Config) -> Self {
        let budget = Budget::new(config);
        Self {
            topics: Routes::default(),
            patterns: Patterns::default(),
            users: Routes::default(),
            queues: Arc::new(Queues::new(Arc::clone(&budget))),
            presence: OnceLock::new(),
            away: AtomicBool::default(),
            sessions: Mutex::default(),
            revocations: AtomicU64::default(),
            ids: MessageIds::new(),
            budget,
        }
    }

    /// Notes a connection.
    pub(crate) fn open(&self, client: &Arc<Client>) {
        self.sessions().all.insert(client.id, Arc::clone(client));
    }

    /// Notes that a connection is a session of its user now.
    pub(crate) fn join(&self, client: &Arc<Client>) {
        if let Some(user) = client.user() {
            let mut sessions = self.sessions();
            let of_user = sessions.by_user.entry(Arc::clone(user)).or_default();
            of_user.clients.push(Arc::clone(client));
            self.note(user, of_user.clients.len());
            client.allow(Arc::clone(&of_user.allowance));
        }
    }

    /// Forgets a connection.
    pub(crate) fn close(&self, client: &Client) {
        let mut sessions = self.sessions();
        sessions.all.remove(&client.id);
        if let Some(user) = client.user()
            && let Some(of_user) = sessions.by_user.get_mut(user)
        {
            of_user.clients.retain(|other| other.id != client.id);
            self.note(user, of_user.clients.len());
            if of_user.clients.is_empty() {
                sessions.by_user.remove(user);
            }
        }
    }

    /// Sets what is told about the sessions of users; called once, when the server starts.
    pub(crate) fn set_presence(&self, presence: Arc<dyn Presence>) {
        // A second one would be of a second server; there is none.
        let _ = self.presence.set(presence);
    }

    fn note(&self, user: &Arc<str>, sessions: usize) {
        if let Some(presence) = self.presence.get() {
            presence.note(user, sessions);
        }
    }

    /// The open connections.
    pub(crate) fn clients(&self) -> Vec<Arc<Client>> {
        self.sessions().all.values().cloned().collect()
    }

    /// Tells every connection that the server stops.
    pub(crate) fn shut_down(&self) {
        for client in self.sessions().all.values() {
            client.outbox.control(Control::Shutdown);
        }
    }

    /// The number of open sessions of `user`.
    pub(crate) fn sessions_of(&self, user: &str) -> usize {
        self.sessions().by_user.get(user).map_or(0, |of_user| of_user.clients.len())
    }

    /// Ends every session of `user`, or those by one credential.
    pub(crate) fn disconnect(&self, user: &str, credential: Option<&str>, reason: &Refusal) {
        let is_meant = |client: &Client| {
            credential.is_none()
                || client.login().is_some_and(|login| login.credential.as_deref() == credential)
        };
        let sessions = self.sessions();
        let of_user = sessions.by_user.get(user).into_iter().flat_map(|of_user| &of_user.clients);
        for client in of_user.filter(|client| is_meant(client)) {
            client.outbox.control(Control::Close(reason.clone()));
        }
    }

    /// Puts a session under another login of the same user; says whether there is one of that id.
    pub(crate) fn renew(&self, id: SessionId, principal: Principal) -> bool {
        let client = self.sessions().all.get(&id).filter(|client| client.is_of(&principal)).cloned();
        client.map(|client| client.outbox.renew(principal)).is_some()
    }

    /// Ends one session; says whether there was one of that id.
    pub(crate) fn disconnect_session(&self, id: SessionId, reason: &Refusal) -> bool {
        let sessions = self.sessions();
        let client = sessions.all.get(&id);
        client.map(|client| client.outbox.control(Control::Close(reason.clone()))).is_some()
    }

    /// Delivers to those on this node that listen to the topic.
    pub(crate) fn tell(&self, publish: Publish) {
        self.deliver(&self.message_of(publish));
    }

    fn deliver(&self, message: &Queued) {
        self.topics.deliver(message.destination(), message);
        self.patterns.deliver(message);
    }

    /// A message of this server's own making, under an id of its own.
    pub(crate) fn message_of(&self, publish: Publish) -> Queued {
        self.budget.charge(Message::new(self.ids.next(), publish))
    }

    /// Delivers to every session of the user that listens to the destination.
    pub(crate) fn send_to_user(&self, to: &UserDestination, publish: Publish) {
        let message = self.message_of(publish);
        self.users.deliver(to, &message);
    }

    /// Delivers to one session of the user, if it listens to the destination; says whether it does.
    pub(crate) fn send_to_session(
        &self,
        to: &UserDestination,
        session: &Arc<Outbox>,
        publish: Publish,
    ) -> bool {
        let message = self.message_of(publish);
        self.users.deliver_where(to, &message, |subscription| subscription.is_of(session))
    }

    /// Delivers to the session of that id, if it listens to the destination, one of its user's; says whether it does.
    pub(crate) fn send_to_id(&self, id: SessionId, publish: Publish) -> bool {
        let client = self.sessions().all.get(&id).cloned();
        client.is_some_and(|client| match client.user() {
            Some(user) => {
                let to = UserDestination { user: Arc::clone(user), name: publish.destination.clone() };
                self.send_to_session(&to, &client.outbox, publish)
            }
            None => false,
        })
    }

    /// If more waits than may, cuts off the slowest clients, those with the largest outboxes.
    pub(crate) fn shed(&self) {
        if !self.budget.is_exceeded() {
            return;
        }
        let clients = self.clients().into_iter();
        let mut clients: Vec<_> = clients.map(|client| (client.outbox.waiting().1, client)).collect();
        clients.retain(|(bytes, _)| *bytes > 0);
        clients.sort_unstable_by_key(|(bytes, _)| Reverse(*bytes));
        for (_, client) in clients {
            if !self.budget.is_exceeded() {
                break;
            }
            client.outbox.control(Control::SlowConsumer);
        }
    }

    /// Ends the user's subscriptions to a topic or a queue, those by pattern included. Their sessions do the rest.
    pub(crate) fn revoke(&self, user: &str, destination: &Destination) {
        self.revocations.fetch_add(1, Ordering::AcqRel);
        self.patterns.revoke(user, destination);
        self.topics.remove_where(destination, |subscription| {
            let meant = subscription.user() == user;
            if meant {
                subscription.revoke();
            }
            meant
        });
        self.queues.for_each(|name, subscription| {
            if name == destination && subscription.user() == user {
                subscription.revoke();
            }
        });
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
        self.deliver(&self.budget.charge(message));
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
