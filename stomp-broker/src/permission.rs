//! Who may do what where, as far as the server decides it.

use std::future::Future;

use tokio::time::timeout;

use crate::{
    Action, Decision, Destination, DestinationKind, Principal, Refusal, server::Shared,
    statistics::SYSTEM_ROOT,
};

impl Shared {
    /// The destination that the client may really use, if it is one of the broker's and the authorizer agrees.
    pub(crate) async fn permitted(
        &self,
        action: Action,
        destination: Destination,
        principal: &Principal,
    ) -> Result<(Destination, DestinationKind), Refusal> {
        let kind = self.usable(action, &destination)?;
        if kind == DestinationKind::Reply {
            // Who knows the address was given it.
            return Ok((destination, kind));
        }
        let decision = self.in_time(self.authorizer.authorize(principal, action, &destination));
        match decision.await? {
            Decision::Allow => Ok((destination, kind)),
            Decision::Deny(refusal) => Err(refusal),
            Decision::Redirect(other) => self.usable(action, &other).map(|kind| (other, kind)),
        }
    }

    /// What kind of destination it is, if clients can do that there at all.
    fn usable(&self, action: Action, destination: &Destination) -> Result<DestinationKind, Refusal> {
        let kind = self.kind(destination)?;
        match (action, kind) {
            (Action::Send, DestinationKind::User) => {
                Err(Refusal::new("clients may not send to user destinations"))
            }
            (Action::Send, _) if destination.is_under(SYSTEM_ROOT) => {
                Err(Refusal::new("clients may not send to system destinations"))
            }
            (Action::Subscribe, DestinationKind::Reply) => {
                Err(Refusal::new("answers go to the session that asked"))
            }
            _ => Ok(kind),
        }
    }

    /// Runs the application's code, for as long as it may take.
    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        let limit = self.config.handler_timeout;
        let late = |_| Refusal::new(format!("not done within {} seconds", limit.as_secs()));
        timeout(limit, work).await.map_err(late)
    }
}
