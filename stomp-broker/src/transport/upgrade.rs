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
        CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use hyper_util::rt::TokioIo;
use stomp_proto::Version;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::debug;

use super::websocket::WebSocketTransport;
use crate::{Config, Peer, Server};

impl Server {
    /// A router with a WebSocket endpoint at `path`, to serve or to nest in an application's own.
    ///
    /// It speaks the sub-protocols `v10.stomp`, `v11.stomp` and `v12.stomp`. Serve it with
    /// [`http::serve`](crate::http::serve), which bounds how long a client may take to ask.
    pub fn websocket_router(&self, path: &str) -> Router {
        Router::new().route(path, get(open)).with_state(self.clone())
    }
}

async fn open(State(server): State<Server>, mut request: Request) -> Response {
    let headers = request.headers();
    if let Some(answer) = refuse_upgrade(headers) {
        return answer;
    }
    if !is_allowed_origin(headers, server.config()) {
        debug!(origin = ?headers.get(ORIGIN), "WebSocket refused");
        return (StatusCode::FORBIDDEN, "This origin may not open a WebSocket here.\n").into_response();
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
                let Config { limits, login_limits, .. } = server.config();
                let max_message = limits.body.saturating_add(limits.head as usize);
                // Room for the first frame, and as much for what it is wrapped in and what is sent behind it.
                let before_login = 2 * u64::from(login_limits.head);
                let transport =
                    WebSocketTransport::new(TokioIo::new(upgraded), max_message, before_login).await;
                server.serve_transport(transport, Peer { address, ..Peer::default() });
            }
            Err(error) => debug!(%error, "WebSocket upgrade failed"),
        }
    });

    let mut answer = HeaderMap::new();
    answer.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let optional = [(SEC_WEBSOCKET_ACCEPT, accept), (SEC_WEBSOCKET_PROTOCOL, protocol)];
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

/// Whether the page that asks may: one of this very host, one that is listed, or a client that is no browser.
fn is_allowed_origin(headers: &HeaderMap, config: &Config) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    // A browser sends one; of several, another check may believe a different one.
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
    if config.allowed_origins.iter().any(|allowed| allowed == "*" || allowed == origin) {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some() && authority == host
}
