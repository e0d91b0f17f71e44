//! What holds for every request and every answer.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Http, error::Error};
use crate::{Origin, domain::Problems, error::Code};

/// From the end of a request's headers to its answer.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What pages of this server may load and do.
const POLICY: &str = "default-src 'self'; img-src 'self' blob:; connect-src 'self'; object-src 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Ends requests that take too long: a body that drips is one.
pub(super) async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| Error::from(Code::RequestTimeout).into_response())
}

/// Refuses what pages of other sites ask of the API, such as a guest in place of the member who is logged in. Programs
/// that are no browsers say nothing of a site.
pub(super) async fn refuse_foreign_origins(
    State(http): State<Http>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_foreign = match headers.get(ORIGIN) {
        Some(origin) => !is_allowed(origin, headers, &http.allowed_origins),
        None => headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site"),
    };
    if is_foreign { Error::from(Code::Forbidden).into_response() } else { next.run(request).await }
}

/// Refuses a NUL in a path or a query: nothing that is stored has one, and PostgreSQL does not even take it.
pub(super) async fn refuse_nul(request: Request, next: Next) -> Response {
    let has_nul = request.uri().path_and_query().is_some_and(|text| text.as_str().contains("%00"));
    if has_nul {
        Error::from(Problems::one("path", "no NUL")).into_response()
    } else {
        next.run(request).await
    }
}

/// Whether an origin is this very host or one that is listed.
fn is_allowed(origin: &HeaderValue, headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    if allowed.iter().any(|allowed| allowed.as_str() == origin) {
        return true;
    }
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_some() && authority == host
}

/// Keeps answers of the API out of caches.
pub(super) async fn forbid_storing(mut response: Response) -> Response {
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Tells browsers what not to do with an answer.
pub(super) async fn harden(mut response: Response) -> Response {
    // Some answers may do less than pages.
    response.headers_mut().entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    let headers: [(HeaderName, &str); 2] =
        [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "same-origin")];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(headers);
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::StatusCode, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_ended() {
        let limit = middleware::from_fn_with_state(REQUEST_TIMEOUT, limit_time);
        let router: Router = Router::new().route("/", get(std::future::pending::<()>)).layer(limit);
        let begin = tokio::time::Instant::now();
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(begin.elapsed().as_secs(), REQUEST_TIMEOUT.as_secs());
    }
}
