//! The server as its application sees it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use tracing::warn;

use crate::{
    BrokerError, Destination, DestinationStatus, Explanation, NodePresence, Principal, Publish, Refusal,
    SessionId, SessionStatus, Statistics, SubscriptionStatus,
    hub::Order,
    server::{Shared, USER_ROOT},
};

/// Publishes messages and manages sessions from anywhere; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Publishes a message to a topic or a queue. No authorizer is asked: this is the server's own word.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the back-end did not take it.
    pub async fn publish(&self, publish: Publish) -> Result<(), BrokerError> {
        self.shared.publish(vec![publish]).await
    }

    /// The same for several messages, in order: they go to the back-end together.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] of the first one that the back-end did not take; it may have taken others.
    pub async fn publish_all(&self, batch: Vec<Publish>) -> Result<(), BrokerError> {
        self.shared.publish(batch).await
    }

    /// Sends a message to every session of `user`, on any node, that is subscribed to the publish's destination,
    /// which is one under `/user`, such as `/user/queue/replies`. Returns `false`, and sends nothing, for any other.
    pub fn send_to_user(&self, user: &str, publish: Publish) -> bool {
        let is_user = publish.destination.is_under(USER_ROOT);
        if is_user {
            self.order(Order::Send { user: Arc::from(user), publish });
        }
        is_user
    }

    /// Sends a message to one session of this node, if it is subscribed to the publish's destination, which is one under
    /// `/user`; says whether it is.
    pub fn send_to_session(&self, session: SessionId, publish: Publish) -> bool {
        self.shared.hub.send_to_id(session, publish)
    }

    /// The number of open sessions of `user` on this node.
    pub fn sessions_of(&self, user: &str) -> usize {
        self.shared.hub.sessions_of(user)
    }

    /// The number of open sessions of `user` on all nodes.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the other nodes cannot be known.
    pub async fn sessions_on_all_nodes(&self, user: &str) -> Result<usize, BrokerError> {
        match self.shared.broker.presence() {
            Some(presence) => presence.sessions_of(user).await,
            None => Ok(self.sessions_of(user)),
        }
    }

    /// The nodes that are alive, and what they have open; none if the back-end has but one.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when they cannot be known.
    pub async fn nodes(&self) -> Result<Vec<NodePresence>, BrokerError> {
        match self.shared.broker.presence() {
            Some(presence) => presence.nodes().await,
            None => Ok(Vec::new()),
        }
    }

    /// Ends one session with an ERROR frame; says whether there is one of that id on this node.
    pub fn disconnect_session(&self, session: SessionId, reason: &Refusal) -> bool {
        self.shared.hub.disconnect_session(session, reason)
    }

    /// The open connections of this node, those that have not logged in included, oldest first.
    pub fn sessions(&self) -> Vec<SessionStatus> {
        let counts = self.shared.hub.subscription_counts();
        let count = |id| counts.get(&id).copied().unwrap_or_default();
        let clients = self.shared.hub.clients();
        let mut sessions: Vec<_> =
            clients.iter().map(|client| SessionStatus::of(client, count(client.id))).collect();
        sessions.sort_by_key(|session| session.connected_at);
        sessions
    }

    /// The live subscriptions of this node, by destination.
    pub fn subscriptions(&self) -> Vec<SubscriptionStatus> {
        let listeners = self.shared.hub.listeners_with_clients().into_iter();
        let mut subscriptions: Vec<_> =
            listeners.map(|(listener, client)| SubscriptionStatus::of(listener, &client)).collect();
        subscriptions.sort_by(|one, other| one.destination.cmp(&other.destination));
        subscriptions
    }

    /// What somebody on this node listens to, by name.
    pub fn destinations(&self) -> Vec<DestinationStatus> {
        let mut counts = BTreeMap::<_, usize>::new();
        for listener in self.shared.hub.listeners() {
            *counts.entry((listener.destination, listener.kind)).or_default() += 1;
        }
        let status =
            |((destination, kind), subscribers)| DestinationStatus { destination, kind, subscribers };
        counts.into_iter().map(status).collect()
    }

    /// What the server would do with frames of `principal` for `destination`, and why.
    pub async fn explain(&self, destination: &Destination, principal: &Principal) -> Explanation {
        Explanation::of(&self.shared, destination, principal).await
    }

    /// What has been counted so far.
    pub fn statistics(&self) -> Statistics {
        Statistics::of(&self.shared)
    }

    /// Ends every session of `user`, on any node, with an ERROR frame.
    pub fn disconnect(&self, user: &str, reason: &Refusal) {
        self.order(Order::Disconnect { user: Arc::from(user), credential: None, reason: reason.clone() });
    }

    /// Ends every session of `user`, on any node, that logged in by this
    /// [`credential`](crate::Principal::credential), with an ERROR frame.
    pub fn disconnect_credential(&self, user: &str, credential: &str, reason: &Refusal) {
        let (user, credential) = (Arc::from(user), Some(Arc::from(credential)));
        self.order(Order::Disconnect { user, credential, reason: reason.clone() });
    }

    /// Goes on with a session of this node under another login: it lasts as long as the `principal`, whose roles and
    /// details hold for what comes. Says whether there is a session of that id with the same user and
    /// [`credential`](crate::Principal::credential); it never becomes somebody else's.
    pub fn renew(&self, session: SessionId, principal: Principal) -> bool {
        self.shared.hub.renew(session, principal)
    }

    /// Ends the subscriptions of `user` to a topic or a queue, on any node: nothing more is delivered, not even what
    /// already waits. Their ids can be used again; an UNSUBSCRIBE of one is no mistake.
    ///
    /// Sessions that listen to the application's [`errors_to`](crate::App::errors_to) are told by a message with
    /// `message:revoked` and a body of JSON, `{"code":"revoked","subscription":ID,"destination":NAME}`.
    pub async fn revoke(&self, user: &str, destination: &Destination) {
        self.order(Order::Revoke { user: Arc::from(user), destination: destination.clone() });
    }

    /// Whether the back-end is in contact with the other nodes: a load balancer should ask nothing of a node that
    /// is not.
    pub fn is_ready(&self) -> bool {
        self.shared.hub.is_connected() && !self.shared.is_shutting_down()
    }

    /// Has all nodes carry an order out, this one at once.
    fn order(&self, order: Order) {
        let Shared { broker, hub, .. } = &*self.shared;
        if broker.capabilities().multi_node
            && let Err(error) = broker.send_control(None, order.encode())
        {
            warn!(%error, "cannot tell other nodes about a user");
        }
        hub.obey(order);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
