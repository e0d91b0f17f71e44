//! The server as its application sees it.

use std::{fmt, sync::Arc};

use tracing::warn;

use crate::{
    BrokerError, Destination, Publish, Refusal,
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

    /// Sends a message to every session of `user`, on any node, that is subscribed to the publish's destination,
    /// which is one under `/user`, such as `/user/queue/replies`. Returns `false`, and sends nothing, for any other.
    pub fn send_to_user(&self, user: &str, publish: Publish) -> bool {
        let is_user = publish.destination.is_under(USER_ROOT);
        if is_user {
            self.order(Order::Send { user: Arc::from(user), publish });
        }
        is_user
    }

    /// The number of open sessions of `user` on this node.
    pub fn sessions_of(&self, user: &str) -> usize {
        self.shared.hub.sessions_of(user)
    }

    /// Ends every session of `user`, on any node, with an ERROR frame.
    pub fn disconnect(&self, user: &str, reason: &Refusal) {
        self.order(Order::Disconnect { user: Arc::from(user), reason: reason.clone() });
    }

    /// Ends the subscriptions of `user` to a topic, on any node: nothing more is delivered, not even what already
    /// waits.
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
