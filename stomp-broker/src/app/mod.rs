//! Application destinations: SENDs that go to handlers instead of to subscribers.
//!
//! A handler is an `async fn` whose arguments say what it needs of the message ([`State`], [`Principal`],
//! [`Path`], [`Json`], ...). Its RECEIPT is sent when it returns, so what it did by then is done.
//!
//! [`Principal`]: crate::Principal

mod extract;
mod handler;

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use stomp_proto::Headers;

use self::handler::{BoxedHandler, erase};
pub use self::{
    extract::{Body, FromRequest, Json, Path, State},
    handler::Handler,
};
use crate::{Destination, Principal, Refusal};

/// A SEND to an application destination.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// Where it was sent to.
    pub destination: Destination,
    /// What the `{name}` parts of the route stand for, in order.
    pub parameters: Vec<(String, String)>,
    /// The headers of the SEND frame.
    pub headers: Headers,
    /// The octets of the message.
    pub body: Bytes,
    /// Who sent it.
    pub principal: Principal,
}

/// Handlers by destination, with a state `S` that they share.
///
/// ```
/// use stomp_broker::{App, Principal, app::{Json, Path, State}};
///
/// #[derive(serde::Deserialize)]
/// struct Move { x: u8, y: u8 }
///
/// async fn play(State(log): State<std::sync::mpsc::Sender<String>>, who: Principal, Path(game): Path<u32>, Json(to): Json<Move>) {
///     let _ = log.send(format!("{} plays {},{} in game {game}", who.user(), to.x, to.y));
/// }
///
/// let (log, _) = std::sync::mpsc::channel();
/// let app = App::new(log).send("/app/game/{id}/move", play);
/// ```
pub struct App<S> {
    state: S,
    routes: matchit::Router<BoxedHandler<S>>,
    prefixes: Vec<String>,
    errors_to: Option<Destination>,
}

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// An application without handlers.
    pub fn new(state: S) -> Self {
        Self { state, routes: matchit::Router::new(), prefixes: Vec::new(), errors_to: None }
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
        if let Err(error) = self.routes.insert(route, erase(handler)) {
            panic!("route {route}: {error}");
        }
        let prefix = route.split('{').next().unwrap_or(route).to_owned();
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
        self
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
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("prefixes", &self.prefixes).finish_non_exhaustive()
    }
}

/// An [`App`] whose state type the server need not know.
pub(crate) trait Application: fmt::Debug + Send + Sync {
    /// Starts the handler for the request's destination, if there is one.
    fn dispatch(&self, request: Request) -> Option<BoxFuture<'_, Result<(), Refusal>>>;

    /// The literal beginnings of the routes, for error texts.
    fn prefixes(&self) -> &[String];

    fn errors_to(&self) -> Option<&Destination>;
}

impl<S: Clone + Send + Sync + 'static> Application for App<S> {
    fn dispatch(&self, mut request: Request) -> Option<BoxFuture<'_, Result<(), Refusal>>> {
        let destination = request.destination.clone();
        let found = self.routes.at(&destination).ok()?;
        let parameters = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        request.parameters = parameters.collect();
        Some(found.value.call(request, &self.state))
    }

    fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    fn errors_to(&self) -> Option<&Destination> {
        self.errors_to.as_ref()
    }
}
