//! What is told of every request: a line in the log and numbers. Neither has more of a path than its route, for what
//! stands there in place of `{code}` or `{token}` may be a secret.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, info, info_span};

use crate::{error::RequestId, metrics};

/// The header of a request and its answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives a request its id, which is in every line of the log that comes of it, and notes how it was answered.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let shown = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = shown.and_then(RequestId::parse).unwrap_or_default();
    let span = info_span!("request", request_id = %id);
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let answer = async move {
        let begin = Instant::now();
        let mut response = next.run(request).await;
        let (route, status) = (route.as_ref().map_or("none", MatchedPath::as_str), response.status());
        metrics::request(&method, route, status, begin.elapsed());
        info!(%method, route, status = status.as_u16(), ms = begin.elapsed().as_millis(), "answered");
        if let Ok(id) = HeaderValue::try_from(id.as_str()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    };
    answer.instrument(span).await
}
