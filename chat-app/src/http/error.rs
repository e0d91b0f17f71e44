//! Errors as answers.

use std::{any::Any, sync::Arc};

use axum::{
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::extract::locale;
use crate::error::{ChatError, Code, RequestId};

/// An answer of a handler.
pub(super) type Result<T, E = Error> = std::result::Result<T, E>;

/// An error on its way to [`render`], which knows the path and the language.
#[derive(Debug, Clone)]
pub(crate) struct Error(Arc<ChatError>);

impl<E: Into<ChatError>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Arc::new(error.into()))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.0.code().status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of answers that are errors.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let locale = locale(request.headers());
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let Some(Error(error)) = response.extensions_mut().remove() else { return response };
    *response.body_mut() = serde_json::to_vec(&error.report(&path, locale, id)).unwrap_or_default().into();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let ChatError::RateLimited(limited) = &*error {
        let numbers = [
            (RETRY_AFTER, limited.retry_after),
            (HeaderName::from_static("x-ratelimit-limit"), limited.limit.into()),
            (HeaderName::from_static("x-ratelimit-remaining"), 0),
            (HeaderName::from_static("x-ratelimit-reset"), limited.retry_after),
        ];
        headers.extend(numbers.map(|(name, number)| (name, HeaderValue::from(number))));
    }
    if error.code().status() == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Answers a method that a path does not have.
pub(super) async fn method_not_allowed() -> Error {
    Code::MethodNotAllowed.into()
}

/// Answers a path that leads nowhere.
pub(super) async fn not_found() -> Error {
    Code::NotFound.into()
}

/// Answers when a handler panicked, which is logged by the panic itself.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Error::from(ChatError::Internal("a handler panicked")).into_response()
}
