//! Which pages of other origins may read answers (CORS, Fetch standard): those of listed origins, or none.

use std::time::Duration;

use axum::http::{
    HeaderName, HeaderValue, Method,
    header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};
use tower_http::cors::CorsLayer;

use super::observe::REQUEST_ID;
use crate::Origin;

/// What the interface says in headers, besides what every page may read.
const EXPOSED: [HeaderName; 8] = [
    REQUEST_ID,
    RETRY_AFTER,
    HeaderName::from_static("x-has-more"),
    HeaderName::from_static("x-last-seq"),
    HeaderName::from_static("x-last-change-seq"),
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
];

/// For how long browsers need not ask again.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Lets pages of these origins send requests with a token or a cookie, and read the answers.
pub(super) fn layer(origins: &[Origin]) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT_LANGUAGE, REQUEST_ID])
        .expose_headers(EXPOSED)
        .allow_credentials(true)
        .max_age(MAX_AGE)
}
