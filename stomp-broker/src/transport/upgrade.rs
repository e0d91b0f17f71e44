//! From an HTTP request to a WebSocket: the handshake of RFC 6455, section 4.2, and who may open one.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use stomp_proto::{Limits, Version};
use tracing::debug;
use tungstenite::handshake::derive_accept_key;

use super::{Transport, deflate, websocket::WebSocketTransport};
use crate::{Config, Peer, Server};

impl Server {
    /// A router with a WebSocket endpoint at `path`, to serve or to nest in an application's own.
    ///
    /// It speaks the sub-protocols `v10.stomp`, `v11.stomp` and `v12.stomp`. Serve it with
    /// [`serve_http`](Self::serve_http), which bounds how long a client may take to ask.
    pub fn websocket_router(&self, path: &str) -> Router {
        Router::new().route(path, get(open)).with_state(self.clone())
    }
}

/// Opens a WebSocket whose messages are octets of STOMP.
pub(super) async fn open(State(server): State<Server>, request: Request) -> Response {
    let max_message = max_frame(server.config().limits);
    let deflate = server.config().websocket_deflate && deflate::is_offered(request.headers());
    upgrade(server, request, Messages { max: max_message, deflate }, |socket| socket)
}

/// What the messages of a WebSocket may be like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Messages {
    /// The octets of one, at most.
    pub(super) max: usize,
    /// Whether they may be compressed.
    pub(super) deflate: bool,
}

/// Makes a WebSocket of the request, and serves what `framing` makes of that.
pub(super) fn upgrade<T: Transport + 'static>(
    server: Server,
    mut request: Request,
    messages: Messages,
    framing: impl FnOnce(WebSocketTransport<TokioIo<Upgraded>>) -> T + Send + 'static,
) -> Response {
    let headers = request.headers();
    if let Some(answer) = refuse_upgrade(headers).or_else(|| refuse_origin(headers, server.config())) {
        return answer;
    }
    let accept = headers.get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let accept = accept.and_then(|accept| HeaderValue::try_from(accept).ok());
    let protocol = offered_protocol(headers).map(|version| HeaderValue::from_static(version.subprotocol()));
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);

    let upgrade = hyper::upgrade::on(&mut request);
    // The server's limit of time for the login counts from the first frame of the new protocol.
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => {
                // Room for the first frame, and as much for what it is wrapped in and what is sent behind it.
                let before_login = 2 * server.config().login_limits.head as usize;
                let socket = WebSocketTransport::new(TokioIo::new(upgraded), messages, before_login);
                server.serve_transport(framing(socket), Peer::new("websocket", address));
            }
            Err(error) => debug!(%error, "WebSocket upgrade failed"),
        }
    });

    let mut answer = HeaderMap::new();
    answer.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let extension = messages.deflate.then(|| HeaderValue::from_static(deflate::ACCEPTED));
    let optional = [
        (SEC_WEBSOCKET_ACCEPT, accept),
        (SEC_WEBSOCKET_PROTOCOL, protocol),
        (SEC_WEBSOCKET_EXTENSIONS, extension),
    ];
    answer.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    (StatusCode::SWITCHING_PROTOCOLS, answer).into_response()
}

/// The answer to a request that cannot become a WebSocket.
fn refuse_upgrade(headers: &HeaderMap) -> Option<Response> {
    let has_token = |name, token: &str| {
        let tokens = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        tokens.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    if !has_token(UPGRADE, "websocket") || !has_token(CONNECTION, "upgrade") {
        return Some((StatusCode::BAD_REQUEST, "This is a WebSocket endpoint.\n").into_response());
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let version = [(SEC_WEBSOCKET_VERSION, "13")];
        return Some(
            (StatusCode::UPGRADE_REQUIRED, version, "WebSocket version 13 is needed.\n").into_response(),
        );
    }
    // 16 octets in base64 (RFC 6455, 4.1).
    if headers.get(SEC_WEBSOCKET_KEY).is_none_or(|key| key.len() != 24) {
        return Some(
            (StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing or malformed.\n").into_response(),
        );
    }
    None
}

/// The highest version among the sub-protocols offered.
fn offered_protocol(headers: &HeaderMap) -> Option<Version> {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    Version::negotiate_subprotocol(offers.flat_map(|value| value.split(',')))
}

/// The answer to a page that may not connect: one neither of this very host nor of an origin that is listed.
pub(super) fn refuse_origin(headers: &HeaderMap, config: &Config) -> Option<Response> {
    let mut origins = headers.get_all(ORIGIN).iter();
    // A client that is no browser sends none.
    let origin = origins.next()?;
    // A browser sends one; of several, another check may believe a different one.
    let is_only = origins.next().is_none();
    let is_listed = config.allowed_origins.iter().any(|allowed| allowed == "*" || origin == allowed.as_str());
    if is_only && (is_listed || is_own_origin(headers)) {
        return None;
    }
    debug!(?origin, "request refused");
    Some((StatusCode::FORBIDDEN, "Pages of this origin may not connect here.\n").into_response())
}

/// Whether the page that asks is one of this very host.
pub(super) fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let authority = text(ORIGIN)
        .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
    authority.is_some() && authority == text(HOST)
}

/// The octets of the largest frame.
pub(super) fn max_frame(limits: Limits) -> usize {
    limits.body.saturating_add(limits.head as usize)
}
