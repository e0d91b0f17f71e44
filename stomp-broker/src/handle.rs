//! The server as its application sees it.

use std::{fmt, sync::Arc};

use crate::{
    BrokerError, Destination, Publish, Refusal,
    hub::UserDestination,
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

    /// Sends a message to every session of `user` that is subscribed to the publish's destination, which is one
    /// under `/user`, such as `/user/queue/replies`. Returns `false`, and sends nothing, for any other.
    pub fn send_to_user(&self, user: &str, publish: Publish) -> bool {
        let is_user = publish.destination.is_under(USER_ROOT);
        if is_user {
            let to = UserDestination { user: Arc::from(user), name: publish.destination.clone() };
            self.shared.hub.send_to_user(&to, publish);
        }
        is_user
    }

    /// The number of open sessions of `user` on this node.
    pub fn sessions_of(&self, user: &str) -> usize {
        self.shared.hub.sessions_of(user)
    }

    /// Ends every session of `user` with an ERROR frame.
    pub fn disconnect(&self, user: &str, reason: &Refusal) {
        self.shared.hub.disconnect(user, reason);
    }

    /// Ends the subscriptions of `user` to a topic: nothing more is delivered, not even what already waits.
    pub async fn revoke(&self, user: &str, destination: &Destination) {
        if self.shared.hub.revoke(user, destination) {
            self.shared.lose_interest(destination).await;
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
