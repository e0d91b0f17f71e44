//! Who subscribes to what: participants to their rooms, members to their own queues, nobody to anything else.

use stomp_broker::{Action, Authorizer, Decision, Destination, Principal, async_trait};

use super::{authenticator::Session, destination::Subscribable, refusal::refusal};
use crate::{
    chat::Chat,
    domain::MemberId,
    error::{ChatError, Code},
};

/// Lets participants listen to their rooms.
#[derive(Debug)]
pub(super) struct Participants {
    chat: Chat,
}

impl Participants {
    pub(super) fn new(chat: Chat) -> Self {
        Self { chat }
    }

    /// The name to subscribe to instead of the one given, if it is another.
    async fn permit(
        &self,
        member: MemberId,
        action: Action,
        destination: &Destination,
    ) -> Result<Option<Destination>, ChatError> {
        // What members send goes to handlers; the broker's own destinations are for the service to send to.
        if action != Action::Subscribe {
            return Err(Code::Forbidden.into());
        }
        let wanted = Subscribable::parse(destination).ok_or(Code::NotFound)?;
        if let Some(room) = wanted.room() {
            self.chat.require_participant(member, room).await?;
        }
        // The first word of these comes soon after the subscription, not with the next change.
        match wanted {
            Subscribable::Presence(room) => self.chat.show_presence(Some(room)),
            Subscribable::Count => self.chat.show_presence(None),
            _ => {}
        }
        Ok(wanted.canonical().filter(|canonical| canonical != destination))
    }
}

#[async_trait]
impl Authorizer for Participants {
    async fn authorize(&self, principal: &Principal, action: Action, destination: &Destination) -> Decision {
        let session = match Session::of(principal) {
            Ok(session) => session,
            Err(refusal) => return Decision::Deny(refusal),
        };
        match self.permit(session.member, action, destination).await {
            Ok(None) => Decision::Allow,
            Ok(Some(canonical)) => Decision::Redirect(canonical),
            Err(error) => Decision::Deny(refusal(&error, destination, None, session.locale)),
        }
    }
}
