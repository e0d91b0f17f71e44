//! Refusals and failures, and the JSON that clients of both HTTP and STOMP get for them.

mod code;
mod request_id;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use self::{code::Code, request_id::RequestId};
use crate::{
    domain::{Locale, Problems, Timestamp},
    files::BlobError,
    limits::RateLimited,
    metrics,
    store::StoreError,
};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The client asked for something it may not have.
    #[error("refused: {}", .0.as_str())]
    Refused(Code),
    /// The client sent values that are not valid.
    #[error("invalid input: {0:?}")]
    Invalid(Problems),
    /// The client asks too often.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The member is connected as often as it may be.
    #[error("over the limit of {limit} connections")]
    TooManyConnections {
        /// How many there may be.
        limit: usize,
    },
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Files cannot be kept or had.
    #[error(transparent)]
    Files(#[from] BlobError),
    /// A value has no form in JSON, which is a defect of this program.
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A defect of this program.
    #[error("internal: {0}")]
    Internal(&'static str),
}

impl From<Code> for ChatError {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl From<Problems> for ChatError {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems)
    }
}

impl ChatError {
    /// The code that clients switch on.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(code) => *code,
            Self::Invalid(_) => Code::Validation,
            Self::RateLimited(_) => Code::RateLimited,
            Self::TooManyConnections { .. } => Code::TooManyConnections,
            Self::Store(StoreError::Unavailable(_)) => Code::Unavailable,
            Self::Files(BlobError::Missing) => Code::NotFound,
            Self::Files(BlobError::Full) => Code::StorageFull,
            Self::Files(BlobError::Unavailable(_)) => Code::Unavailable,
            Self::Store(_) | Self::Json(_) | Self::Internal(_) => Code::Internal,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Invalid(problems) => json!({ "fields": problems }),
            Self::RateLimited(limited) => json!({ "retryAfter": limited.retry_after }),
            Self::TooManyConnections { limit } => json!({ "limit": limit }),
            _ => json!({}),
        }
    }

    /// The JSON for the client; `path` is what was asked for. Failures of ours are logged under the request's id,
    /// for the client gets to know nothing else of them.
    pub fn report<'a>(&self, path: &'a str, locale: Locale, request_id: RequestId) -> ErrorReport<'a> {
        let code = self.code();
        metrics::refused(code);
        if code.status().is_server_error() {
            tracing::error!(%request_id, error = self as &dyn std::error::Error, "request failed");
        }
        ErrorReport {
            status: code.status().as_u16(),
            error: code.status().canonical_reason().unwrap_or_default(),
            code: code.as_str(),
            message: code.text(locale),
            timestamp: Timestamp::now(),
            path,
            request_id,
            details: self.details(),
        }
    }
}

/// What clients are told of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct ErrorReport<'a> {
    /// The HTTP status, also over STOMP.
    status: u16,
    error: &'static str,
    /// What to switch on, such as `NOT_PARTICIPANT`.
    code: &'static str,
    /// For people, in the language asked for.
    message: &'static str,
    timestamp: Timestamp,
    /// The path or destination asked for.
    path: &'a str,
    request_id: RequestId,
    /// `fields` of a VALIDATION, each with `field` and `expected`; `retryAfter` of RATE_LIMITED, in seconds; `limit` of
    /// TOO_MANY_CONNECTIONS.
    #[schema(value_type = Object)]
    details: Value,
}
