//! Application destinations: SENDs and SUBSCRIBEs that go to handlers instead of to the broker.
//!
//! A handler is an `async fn` whose arguments say what it needs of the request ([`State`], [`Principal`], [`Path`],
//! [`Json`], ...) and whose return value says what to send ([`IntoReply`]). Its RECEIPT is sent when all that is done.
//! Whoever has logged in may call it: no [`Authorizer`](crate::Authorizer) is asked, so a handler that is not for everybody
//! takes the [`Principal`] and refuses.
//!
//! ```
//! use stomp_broker::{App, Principal, app::{Json, Path, SendTo, State}};
//!
//! #[derive(serde::Deserialize)]
//! struct Move { x: u8, y: u8 }
//!
//! /// A SEND to /app/game/7/move becomes a message to /topic/game/7.
//! async fn play(who: Principal, Path(game): Path<u32>, Json(to): Json<Move>) -> SendTo<String, String> {
//!     SendTo(format!("/topic/game/{game}"), format!("{} plays {},{}", who.user(), to.x, to.y))
//! }
//!
//! /// A SUBSCRIBE to /app/games is answered once, by one message on that subscription.
//! async fn games(State(games): State<Vec<u32>>) -> Json<Vec<u32>> {
//!     Json(games)
//! }
//!
//! let app = App::new(vec![7, 8]).send("/app/game/{id}/move", play).subscribe("/app/games", games);
//! ```
//!
//! [`Principal`]: crate::Principal

mod extract;
mod handler;
mod path;
mod reply;

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use stomp_proto::{Frame, Headers};

use self::handler::{BoxedHandler, erase};
pub(crate) use self::reply::{To, fault};
pub use self::{
    extract::{Body, FromRequest, Json, State},
    handler::Handler,
    path::Path,
    reply::{Content, IntoContent, IntoReply, Reply, SendTo, SendToUser},
};
use crate::{Action, Destination, Principal, Refusal, SessionId};

/// A SEND or SUBSCRIBE to an application destination.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// Where it was sent to.
    pub destination: Destination,
    /// What the `{name}` parts of the route stand for, in order.
    pub parameters: Vec<(String, String)>,
    /// The headers of the frame.
    pub headers: Headers,
    /// The octets of the message; none in SUBSCRIBE.
    pub body: Bytes,
    /// Who sent it.
    pub principal: Principal,
    /// The session that sent it.
    pub session: SessionId,
}

/// Handlers by destination, with a state `S` that they share; the [module](self) shows an example.
pub struct App<S> {
    state: S,
    sends: Routes<S>,
    subscribes: Routes<S>,
    prefixes: Vec<String>,
    errors_to: Option<Destination>,
    words: Option<Box<Words>>,
}

/// What an application makes of refusals.
type Words = dyn Fn(&Principal, &Frame, Refusal) -> Refusal + Send + Sync;

/// The routes as they were given, with their handlers.
type Routes<S> = matchit::Router<(String, BoxedHandler<S>)>;

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// An application without handlers.
    pub fn new(state: S) -> Self {
        let (sends, subscribes) = (Routes::new(), Routes::new());
        Self { state, sends, subscribes, prefixes: Vec::new(), errors_to: None, words: None }
    }

    /// Sends messages for `route` to `handler`.
    ///
    /// A route is a destination whose segments may be `{name}`, which matches any one segment.
    ///
    /// # Panics
    ///
    /// If the route is malformed or matches the same destinations as one added before.
    #[must_use]
    pub fn send<A: 'static, H: Handler<S, A>>(mut self, route: &str, handler: H) -> Self {
        insert(&mut self.sends, route, erase(handler));
        self.with_prefix_of(route)
    }

    /// Answers a SUBSCRIBE to `route` once, by what `handler` returns: the messages to whoever asks go to that
    /// subscription alone, ahead of its RECEIPT. Nothing follows them; the client unsubscribes when it likes.
    ///
    /// # Panics
    ///
    /// As for [`send`](Self::send).
    #[must_use]
    pub fn subscribe<A: 'static, H: Handler<S, A>>(mut self, route: &str, handler: H) -> Self {
        insert(&mut self.subscribes, route, erase(handler));
        self.with_prefix_of(route)
    }

    /// Tells refusals to the sender's session as a message on this `/user/...` destination instead of by ERROR,
    /// which would end the session. Frames that asked for a receipt still get the ERROR: a client that waits
    /// must be told (STOMP 1.2, "RECEIPT").
    ///
    /// # Panics
    ///
    /// If `destination` is not a valid destination under `/user`.
    #[must_use]
    pub fn errors_to(self, destination: &str) -> Self {
        let destination = Destination::new(destination).expect("a valid destination");
        assert!(destination.is_under(crate::server::USER_ROOT), "{destination} is not under /user");
        Self { errors_to: Some(destination), ..self }
    }

    /// Puts refusals in the application's words: `words` gets every refusal of a SEND or SUBSCRIBE frame, the server's own
    /// (such as `rate-limited` and `unknown destination`) and those of handlers and the authorizer, and returns what the
    /// client is told. Mistakes in the protocol stay in the server's words.
    #[must_use]
    pub fn refusals(
        self,
        words: impl Fn(&Principal, &Frame, Refusal) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        Self { words: Some(Box::new(words)), ..self }
    }

    fn with_prefix_of(mut self, route: &str) -> Self {
        let prefix = route.split('{').next().unwrap_or(route).to_owned();
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
        self
    }
}

fn insert<S>(routes: &mut Routes<S>, route: &str, handler: BoxedHandler<S>) {
    if let Err(error) = routes.insert(route, (route.to_owned(), handler)) {
        panic!("route {route}: {error}");
    }
}

impl<S> App<S> {
    fn routes(&self, action: Action) -> &Routes<S> {
        match action {
            Action::Send => &self.sends,
            Action::Subscribe => &self.subscribes,
        }
    }
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("prefixes", &self.prefixes).finish_non_exhaustive()
    }
}

/// An [`App`] whose state type the server need not know.
pub(crate) trait Application: fmt::Debug + Send + Sync {
    /// Starts the handler of that action for the request's destination, if there is one.
    fn dispatch(&self, action: Action, request: Request) -> Option<BoxFuture<'_, Result<Reply, Refusal>>>;

    /// The route of the handler of that action for the destination.
    fn route(&self, action: Action, destination: &Destination) -> Option<&str>;

    /// The literal beginnings of the routes, for error texts.
    fn prefixes(&self) -> &[String];

    fn errors_to(&self) -> Option<&Destination>;

    /// The refusal of a frame in the application's words.
    fn reword(&self, principal: &Principal, frame: &Frame, refusal: Refusal) -> Refusal;
}

impl<S: Clone + Send + Sync + 'static> Application for App<S> {
    fn dispatch(
        &self,
        action: Action,
        mut request: Request,
    ) -> Option<BoxFuture<'_, Result<Reply, Refusal>>> {
        let destination = request.destination.clone();
        let found = self.routes(action).at(&destination).ok()?;
        let parameters = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        request.parameters = parameters.collect();
        let (_, handler) = found.value;
        Some(handler.call(request, &self.state))
    }

    fn route(&self, action: Action, destination: &Destination) -> Option<&str> {
        self.routes(action).at(destination).ok().map(|found| found.value.0.as_str())
    }

    fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    fn errors_to(&self) -> Option<&Destination> {
        self.errors_to.as_ref()
    }

    fn reword(&self, principal: &Principal, frame: &Frame, refusal: Refusal) -> Refusal {
        match &self.words {
            Some(words) => words(principal, frame, refusal),
            None => refusal,
        }
    }
}
