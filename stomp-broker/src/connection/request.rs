//! Carrying out what a session asks for.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use stomp_proto::{Connect, Frame, Version};
use tracing::{Span, debug_span};

use super::{
    now,
    subscribed::{Begun, Subscribed},
};
use crate::{
    Action, Credentials, Destination, DestinationKind, Principal, Refusal, Settlement,
    hub::{Client, Lease, TooMuch},
    metrics,
    server::Shared,
    session::{self, Verdict},
};

/// How a request went.
pub(super) enum Done {
    Authenticated(Result<Principal, Refusal>),
    Subscribed(Result<Begun, Refusal>),
    Finished(Result<(), Refusal>),
    /// The session is to end, whatever else the client could be told by.
    CutOff(Refusal),
    Panicked,
}

/// What the log tells a request's lines from others' by.
pub(super) fn span<H>(request: &session::Request<H>) -> Span {
    let (command, destination) = match request {
        session::Request::Authenticate(_) => ("CONNECT", None),
        session::Request::Send(send) => ("SEND", Some(send.destination())),
        session::Request::Subscribe(subscribe, _) => ("SUBSCRIBE", Some(subscribe.destination())),
        session::Request::Unsubscribe(_) => ("UNSUBSCRIBE", None),
        session::Request::Settle(..) => ("ACK or NACK", None),
        session::Request::Commit(_) => ("COMMIT", None),
    };
    debug_span!("request", command, destination)
}

/// What a request may use; it runs beside the connection's loop and shares nothing that changes with it.
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) client: Arc<Client>,
    pub(super) principal: Option<Principal>,
    pub(super) version: Version,
}

impl Context {
    /// Carries out a request. If the application's code panics, the request is lost and not the connection, which
    /// has to be cleaned up behind.
    pub(super) async fn carry_out(self, request: session::Request<Subscribed>) -> Done {
        AssertUnwindSafe(self.answer(request)).catch_unwind().await.unwrap_or(Done::Panicked)
    }

    async fn answer(self, request: session::Request<Subscribed>) -> Done {
        match request {
            session::Request::Authenticate(connect) => Done::Authenticated(self.authenticate(&connect).await),
            session::Request::Send(send) => {
                metrics::received();
                let done = match self.check_rate(1) {
                    Ok(()) => Done::Finished(self.send(&send).await),
                    Err(done) => done,
                };
                self.reword(send.frame(), done)
            }
            session::Request::Subscribe(subscribe, serial) => {
                let begun = self.subscribe(&subscribe, serial).await;
                self.reword(subscribe.frame(), Done::Subscribed(begun))
            }
            session::Request::Unsubscribe(subscribed) => Done::Finished(self.unsubscribe(&subscribed).await),
            session::Request::Settle(leases, verdict) => {
                self.settle(leases, verdict).await;
                Done::Finished(Ok(()))
            }
            session::Request::Commit(batch) => match self.check_rate(batch.sends.len()) {
                Ok(()) => Done::Finished(self.commit(batch).await),
                Err(done) => done,
            },
        }
    }

    /// Puts the refusal of a frame in the application's words.
    fn reword(&self, frame: &Frame, done: Done) -> Done {
        let (Some(app), Some(principal)) = (&self.shared.app, &self.principal) else { return done };
        let reword = |refusal| app.reword(principal, frame, refusal);
        match done {
            Done::Subscribed(Err(refusal)) => Done::Subscribed(Err(reword(refusal))),
            Done::Finished(Err(refusal)) => Done::Finished(Err(reword(refusal))),
            Done::CutOff(refusal) => Done::CutOff(reword(refusal)),
            done => done,
        }
    }

    /// Finds out who the client is, unless too many have tried to be from where it is.
    async fn authenticate(&self, connect: &Connect) -> Result<Principal, Refusal> {
        let credentials = Credentials::new(connect, &self.client.peer, self.client.id);
        let attempt = match self.client.peer.address {
            Some(from) => {
                let account = connect.login().unwrap_or_default();
                Some(self.shared.failed_logins.attempt(from.ip(), account).await?)
            }
            None => None,
        };
        self.shared.interceptors().try_for_each(|interceptor| interceptor.connect(&credentials))?;
        let result = self.shared.authenticator.authenticate(credentials).await;
        if let (Some(attempt), Err(refusal)) = (attempt, &result)
            && refusal.retry_after_seconds().is_none()
        {
            attempt.failed();
        }
        result
    }

    async fn unsubscribe(&self, subscribed: &Subscribed) -> Result<(), Refusal> {
        let (principal, destination) = (self.principal()?, subscribed.destination());
        subscribed.end(&self.shared).await;
        self.shared.interceptors().for_each(|interceptor| interceptor.unsubscribe(principal, &destination));
        Ok(())
    }

    /// Refuses messages beyond what the user may send.
    fn check_rate(&self, messages: usize) -> Result<(), Done> {
        let Some(rate) = self.shared.config.send_rate else { return Ok(()) };
        let count = messages.try_into().unwrap_or(u32::MAX);
        self.client.may_send(now(), rate, count).map_err(|TooMuch { retry_after, is_flood }| {
            let text = format!("At most {} messages at once, and one every {:?}.\n", rate.burst, rate.every);
            let refusal = Refusal::new("rate-limited").text(text).retry_after(retry_after);
            if is_flood { Done::CutOff(refusal) } else { Done::Finished(Err(refusal)) }
        })
    }

    pub(super) async fn settle(&self, leases: Vec<Lease>, verdict: Verdict) {
        let settlement = match verdict {
            Verdict::Consumed => Settlement::Consumed,
            Verdict::Refused => Settlement::Refused,
        };
        self.shared.hub.queues.settle(leases, settlement).await;
    }

    /// As [`Shared::permitted`], for this client.
    pub(super) async fn permitted(
        &self,
        action: Action,
        destination: Destination,
    ) -> Result<(Destination, DestinationKind), Refusal> {
        self.shared.permitted(action, destination, self.principal()?).await
    }

    pub(super) fn principal(&self) -> Result<&Principal, Refusal> {
        // The session asks for nothing before it is authenticated.
        self.principal.as_ref().ok_or_else(|| Refusal::new("not logged in"))
    }
}
