//! SockJS (sockjs-protocol 0.3.3): STOMP for browsers whose way to the server lets no WebSocket through.
//!
//! ```text
//! GET  BASE/info                      what the server can do
//! GET  BASE, BASE/websocket           a WebSocket without SockJS framing
//! GET  BASE/{any}/{session}/websocket a WebSocket with it
//! POST BASE/{any}/{session}/xhr             ┐
//! POST BASE/{any}/{session}/xhr_streaming   ├ one of them at a time: the server's frames
//! GET  BASE/{any}/{session}/eventsource     ┘
//! POST BASE/{any}/{session}/xhr_send  the client's messages
//! ```
//!
//! A session over HTTP is a [`Session`](session::Session) that the requests find by its id, and a connection like
//! any other, whose transport is the session's other side. The transports for browsers that cannot even do this
//! (`jsonp`, `htmlfile`, `iframe`) run what a URL says in the page: there are none here.

mod caller;
mod frame;
mod receiver;
mod send;
mod session;
mod sessions;
mod transport;
mod websocket;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Path, Request, State},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::{StreamExt, stream};
use http::{
    StatusCode,
    header::{CONTENT_TYPE, UPGRADE},
    request::Parts,
};
use serde_json::json;

pub(crate) use self::sessions::Sessions;
use self::{
    caller::{Caller, guard, preflight},
    receiver::{Receiver, Style},
    send::xhr_send,
    sessions::Found,
    transport::HttpTransport,
    websocket::FramedWebSocket,
};
use super::{
    upgrade::{Messages, max_frame, open, upgrade},
    websocket::close_code,
};
use crate::{Peer, Server, session::Closing};

/// How long nothing is sent before a frame says that the connection is alive.
const HEART_BEAT: Duration = Duration::from_secs(25);

const TEXT: &str = "text/plain; charset=UTF-8";

/// The longest session id, in octets. Clients make up their own, of 8 letters and digits.
const MAX_SESSION_ID: usize = 128;

impl Server {
    /// A router with a SockJS endpoint at `base`, such as `/sockjs`, to serve or to nest in an application's own.
    ///
    /// It has the transports `websocket`, `xhr-streaming`, `xhr-polling` and `eventsource`, and a WebSocket
    /// without SockJS framing at `base` and `base/websocket`. Pages may use it that may open WebSockets
    /// ([`Config::allowed_origins`](crate::Config::allowed_origins)).
    ///
    /// - SockJS carries text only. In a message with another body each octet that is not part of a UTF-8 character
    ///   becomes `?` on the way to such a client; `content-length` stays right.
    /// - The requests of a session must come from one IP address and one origin; for others there is no such
    ///   session. So knowing or guessing the id in a URL is not enough to read or speak for somebody else. A
    ///   client that changes its address has to connect again, as over TCP.
    /// - Behind a proxy all clients have its address, which makes that check void and the limit
    ///   [`Config::sockjs_strangers`](crate::Config::sockjs_strangers) too low: let a layer put the client's
    ///   address into the request's [`ConnectInfo`](axum::extract::ConnectInfo). The proxy must send all requests
    ///   of a session to the same process, and must not buffer responses.
    /// - Clients ask for the last frames by further requests, so stop the server before the HTTP server.
    ///
    /// # Panics
    ///
    /// If `base` does not begin with `/`.
    pub fn sockjs_router(&self, base: &str) -> Router {
        let session = |transport: &str| format!("{base}/{{server}}/{{session}}/{transport}");
        let receive = |style| {
            move |State(server): State<Self>, SessionId(id): SessionId, caller: Caller| async move {
                receive_by(&server, id, caller, style)
            }
        };
        let allow = |methods| move || async move { preflight(methods) };
        let http = Router::new()
            .route(&format!("{base}/"), get(greet))
            .route(&format!("{base}/info"), get(info).options(allow("OPTIONS, GET")))
            .route(&session("xhr"), post(receive(Style::Polling)).options(allow("OPTIONS, POST")))
            .route(&session("xhr_streaming"), post(receive(Style::Streaming)).options(allow("OPTIONS, POST")))
            .route(&session("eventsource"), get(receive(Style::EventSource)).options(allow("OPTIONS, GET")))
            .route(&session("xhr_send"), post(xhr_send).options(allow("OPTIONS, POST")))
            .route_layer(from_fn_with_state(self.clone(), guard))
            .with_state(self.clone());
        Router::new()
            .route(base, get(open_or_greet))
            .route(&format!("{base}/websocket"), get(open))
            .route(&session("websocket"), get(open_framed))
            .with_state(self.clone())
            .merge(http)
    }
}

/// Clients without SockJS open their WebSocket where the others find SockJS.
async fn open_or_greet(State(server): State<Server>, request: Request) -> Response {
    if request.headers().contains_key(UPGRADE) {
        open(State(server), request).await
    } else {
        greet().await.into_response()
    }
}

async fn greet() -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], "Welcome to SockJS!\n")
}

async fn info() -> impl IntoResponse {
    let info = json!({
        "websocket": true,
        "cookie_needed": false,
        "origins": ["*:*"],
        "entropy": rand::random::<u32>(),
    });
    ([(CONTENT_TYPE, "application/json; charset=UTF-8")], info.to_string())
}

async fn open_framed(State(server): State<Server>, _: SessionId, request: Request) -> Response {
    let max = frame::max_quoted(max_frame(server.config().limits));
    upgrade(server, request, Messages { max, deflate: false }, FramedWebSocket::new)
}

/// Answers with what the session sends, a new session if there is none of that id.
fn receive_by(server: &Server, id: Box<str>, caller: Caller, style: Style) -> Response {
    let peer = Peer::new("sockjs", caller.address);
    let session = match server.sockjs().find_or_open(id, caller) {
        Ok(Found::Old(session)) => session,
        Ok(Found::New(session, incoming)) => {
            let sessions = Arc::clone(server.sockjs());
            server.serve_transport(HttpTransport::new(Arc::clone(&session), sessions, incoming), peer);
            session
        }
        Err(status) => return status.into_response(),
    };
    let frames = if session.attach() {
        Body::from_stream(stream::iter([Ok(style.prelude())]).chain(Receiver::new(session, style)))
    } else {
        let busy = style.wrap(&frame::close(2010, "Another connection still open"));
        Body::from([&style.prelude()[..], busy.as_bytes()].concat())
    };
    ([(CONTENT_TYPE, style.content_type())], frames).into_response()
}

/// The session of a URL. It and the segment in front of it, which says nothing, are not empty and without dots.
struct SessionId(Box<str>);

impl<S: Send + Sync> FromRequestParts<S> for SessionId {
    type Rejection = StatusCode;

    async fn from_request_parts(request: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let path = Path::<(String, String)>::from_request_parts(request, state).await;
        let Path((server, id)) = path.map_err(|_| StatusCode::NOT_FOUND)?;
        let is_malformed = |segment: &str| segment.is_empty() || segment.contains('.');
        if is_malformed(&server) || is_malformed(&id) || id.len() > MAX_SESSION_ID {
            return Err(StatusCode::NOT_FOUND);
        }
        Ok(Self(id.into()))
    }
}

/// How the client is told why its session is over.
fn goodbye(reason: Closing) -> (u16, &'static str) {
    let text = match reason {
        Closing::Disconnected => "Goodbye",
        Closing::Error => "An ERROR was sent",
        Closing::TooSlow => "Too slow",
        Closing::Shutdown => "The server is stopping",
    };
    (u16::from(close_code(reason)), text)
}
