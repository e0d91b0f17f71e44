//! What a session is told by message, where the application wants that, and not by ERROR.

use std::sync::Arc;

use serde_json::json;
use stomp_proto::header::name;

use super::subscribed::Subscribed;
use crate::{
    Principal, Publish, Refusal,
    hub::{Outbox, UserDestination},
    refusal::RETRY_AFTER,
    server::Shared,
    session::SubscriptionName,
};

impl Shared {
    /// Tells a refusal to one session; says whether the session listens for such.
    pub(super) fn tell(&self, principal: &Principal, session: &Arc<Outbox>, refusal: &Refusal) -> bool {
        let Some(destination) = self.app.as_ref().and_then(|app| app.errors_to()) else {
            return false;
        };
        let notice = Publish::new(destination.clone(), refusal.body().clone())
            .header(name::CONTENT_TYPE, refusal.content_type())
            .header(name::MESSAGE, refusal.summary());
        let notice = match refusal.retry_after_seconds() {
            Some(seconds) => notice.header(RETRY_AFTER, &seconds.to_string()),
            None => notice,
        };
        let to = UserDestination { user: Arc::clone(principal.user()), name: destination.clone() };
        self.hub.send_to_session(&to, session, notice)
    }
}

/// What a client is told when the server ends a subscription.
pub(super) fn revoked(name: &SubscriptionName, subscribed: &Subscribed) -> Refusal {
    let id = match name {
        SubscriptionName::Id(id) => Some(id),
        SubscriptionName::Destination(_) => None,
    };
    let body = json!({ "code": "revoked", "subscription": id, "destination": subscribed.destination() });
    Refusal::new("revoked").json(body.to_string())
}
