//! Who sends a request, and what its browser has to be told.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL,
        ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
    },
    request::Parts,
};

use crate::{
    Server,
    admission::network,
    transport::upgrade::{is_own_origin, refuse_origin},
};

/// How long a browser may remember what a preflight said, in seconds: a year.
const REMEMBER: &str = "31536000";

/// Whom a session belongs to. Its id is in URLs and chosen by the client, so it gives no rights: the requests of a
/// session must come from the address, and the foreign page if any, that opened it.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) address: Option<SocketAddr>,
    /// The origin, unless it is this host: a page of this host's own sends it with some requests only.
    origin: Option<HeaderValue>,
}

impl Caller {
    /// The client's address without its port.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip().to_canonical())
    }

    /// Whom sessions are counted for.
    pub(super) fn network(&self) -> Option<IpAddr> {
        self.address.map(|address| network(address.ip()))
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.ip() == other.ip() && self.origin == other.origin
    }
}

#[cfg(test)]
impl Caller {
    /// Somebody who is no page.
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { address: Some(address), origin: None }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address =
            request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
        let origin = request.headers.get(ORIGIN).filter(|_| !is_own_origin(&request.headers)).cloned();
        Ok(Self { address, origin })
    }
}

/// Keeps out pages that may not open WebSockets either, lets the others read the answers, and lets nobody keep them.
pub(super) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if let Some(answer) = refuse_origin(headers, server.config()) {
        return answer;
    }
    let origin = headers.get(ORIGIN).cloned();
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|_| request.method() == Method::OPTIONS);
    let asked = asked.cloned();

    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store, no-cache, no-transform, must-revalidate, max-age=0"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    if let Some(asked) = asked {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    answer
}

/// The answer to a browser that asks before it sends.
pub(super) fn preflight(methods: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBER));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000"));
    (StatusCode::NO_CONTENT, headers).into_response()
}
