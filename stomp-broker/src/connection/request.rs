//! Carrying out what a session asks for.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use stomp_proto::{Frame, Send, Subscribe, Version, fanout, header::name};

use crate::{
    Action, Credentials, Decision, Destination, Peer, Principal, Publish, Refusal, app,
    hub::{Outbox, Subscription, UserDestination},
    server::{Shared, USER_ROOT},
    session,
};

/// How a request went.
pub(super) enum Done {
    Authenticated(Result<Principal, Refusal>),
    Subscribed(Result<Subscribed, Refusal>),
    Finished(Result<(), Refusal>),
}

/// A live subscription: what it takes to end it.
#[derive(Debug)]
pub(super) enum Subscribed {
    Topic(Destination, Arc<Subscription>),
    User(UserDestination, Arc<Subscription>),
}

impl Subscribed {
    /// Ends the subscription; what is queued for it is not delivered any more.
    pub(super) async fn end(&self, shared: &Shared) {
        match self {
            Self::Topic(destination, subscription) => {
                if shared.hub.topics.remove(destination, subscription) {
                    shared.lose_interest(destination).await;
                }
            }
            Self::User(destination, subscription) => {
                shared.hub.users.remove(destination, subscription);
            }
        }
    }
}

/// What a request may use; it runs beside the connection's loop and shares nothing that changes with it.
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) peer: Peer,
    pub(super) principal: Option<Principal>,
    pub(super) version: Version,
}

impl Context {
    pub(super) async fn carry_out(self, request: session::Request<Subscribed>) -> Done {
        match request {
            session::Request::Authenticate(connect) => {
                let credentials = Credentials::new(&connect, &self.peer);
                Done::Authenticated(self.shared.authenticator.authenticate(credentials).await)
            }
            session::Request::Send(send) => Done::Finished(self.send(&send).await),
            session::Request::Subscribe(subscribe) => Done::Subscribed(self.subscribe(&subscribe).await),
            session::Request::Unsubscribe(subscribed) => {
                subscribed.end(&self.shared).await;
                Done::Finished(Ok(()))
            }
        }
    }

    async fn send(&self, send: &Send) -> Result<(), Refusal> {
        let frame = send.frame();
        // Shares the frame's memory: the destination of a message lives no longer than the message.
        let name = frame.headers().get_shared(name::DESTINATION).unwrap_or_default();
        let destination = Destination::new(name).map_err(|error| Refusal::from(&error))?;
        if let Some(handler) = self.handler(&destination, frame)? {
            return handler.await;
        }
        let destination = self.permitted(Action::Send, destination).await?;
        if destination.is_under(USER_ROOT) {
            return Err(Refusal::new("clients may not send to user destinations"));
        }
        let publish = Publish { destination, headers: frame.headers().clone(), body: frame.body().clone() };
        self.shared.publish(publish).await.map_err(|error| Refusal::from(&error))
    }

    /// The application's handler for the message, started, if there is one.
    fn handler(
        &self,
        destination: &Destination,
        frame: &Frame,
    ) -> Result<Option<BoxFuture<'_, Result<(), Refusal>>>, Refusal> {
        let Some(app) = &self.shared.app else {
            return Ok(None);
        };
        Ok(app.dispatch(app::Request {
            destination: destination.clone(),
            parameters: Vec::new(),
            headers: frame.headers().clone(),
            body: frame.body().clone(),
            principal: self.principal()?.clone(),
        }))
    }

    async fn subscribe(&self, subscribe: &Subscribe) -> Result<Subscribed, Refusal> {
        let destination = Destination::new(subscribe.destination()).map_err(|error| Refusal::from(&error))?;
        let destination = self.permitted(Action::Subscribe, destination).await?;
        let user = Arc::clone(self.principal()?.user());
        let prefix = fanout::prefix(subscribe.id(), self.version)
            .map_err(|_| Refusal::new("the subscription id cannot be written in this version of STOMP"))?;
        let subscription =
            Arc::new(Subscription::new(Arc::clone(&user), Arc::clone(&self.outbox), prefix, self.version));
        if destination.is_under(USER_ROOT) {
            let destination = UserDestination { user, name: destination };
            self.shared.hub.users.add(&destination, Arc::clone(&subscription));
            return Ok(Subscribed::User(destination, subscription));
        }
        if self.shared.hub.topics.add(&destination, Arc::clone(&subscription))
            && let Err(error) = self.shared.broker.interest(std::slice::from_ref(&destination), &[]).await
        {
            self.shared.hub.topics.remove(&destination, &subscription);
            return Err(Refusal::from(&error));
        }
        Ok(Subscribed::Topic(destination, subscription))
    }

    /// The destination that the client may really use, if it is one of the broker's and the authorizer agrees.
    async fn permitted(&self, action: Action, destination: Destination) -> Result<Destination, Refusal> {
        if !self.shared.is_declared(&destination) {
            return Err(self.shared.no_such_destination());
        }
        match self.shared.authorizer.authorize(self.principal()?, action, &destination).await {
            Decision::Allow => Ok(destination),
            Decision::Deny(refusal) => Err(refusal),
            Decision::Redirect(destination) => Ok(destination),
        }
    }

    fn principal(&self) -> Result<&Principal, Refusal> {
        // The session asks for nothing before it is authenticated.
        self.principal.as_ref().ok_or_else(|| Refusal::new("not logged in"))
    }
}

impl Shared {
    /// Tells a refusal to one session as a message; says whether the session listens for such.
    pub(super) fn tell(&self, principal: &Principal, session: &Arc<Outbox>, refusal: &Refusal) -> bool {
        let Some(destination) = self.app.as_ref().and_then(|app| app.errors_to()) else {
            return false;
        };
        let publish = Publish::new(destination.clone(), refusal.body().clone())
            .header(name::CONTENT_TYPE, refusal.content_type())
            .header(name::MESSAGE, refusal.summary());
        let to = UserDestination { user: Arc::clone(principal.user()), name: destination.clone() };
        self.hub.send_to_session(&to, session, publish)
    }
}
