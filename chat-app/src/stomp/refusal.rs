//! Errors as STOMP clients get them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stomp_broker::{Principal, Refusal, proto::Frame};

use super::authenticator::Session;
use crate::{
    domain::Locale,
    error::{ChatError, Code, ErrorReport, RequestId},
    limits::{Rate, RateLimited},
    metrics,
};

/// After so long a connection that is gone without a word has been noticed.
const NOTICED: Duration = Duration::from_secs(30);

/// The JSON that HTTP clients get, and which frame it is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    #[serde(flatten)]
    error: ErrorReport<'a>,
    destination: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_message_id: Option<&'a str>,
}

/// The refusal of a frame for a destination.
pub(super) fn refusal(
    error: &ChatError,
    destination: &str,
    client_message_id: Option<&str>,
    locale: Locale,
) -> Refusal {
    let report =
        Report { error: error.report(destination, locale, RequestId::new()), destination, client_message_id };
    let refusal = Refusal::new(error.code().as_str()).json(serde_json::to_vec(&report).unwrap_or_default());
    match error {
        ChatError::RateLimited(limited) => refusal.retry_after(Duration::from_secs(limited.retry_after)),
        ChatError::TooManyConnections { .. } => refusal.retry_after(NOTICED),
        _ => refusal,
    }
}

/// The part of a body that says which message was refused.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Named {
    client_message_id: Option<String>,
}

/// Puts what the broker itself refuses in the words of the service; what the service refused stays as it is.
pub(super) fn reword(principal: &Principal, frame: &Frame, refusal: Refusal, rate: Rate) -> Refusal {
    let Ok(session) = Session::of(principal) else { return refusal };
    if refusal.content_type().starts_with("application/json") {
        return refusal;
    }
    let error = error_of(&refusal, rate);
    let named: Named = serde_json::from_slice(frame.body()).unwrap_or_default();
    let destination = frame.headers().get("destination").unwrap_or_default();
    self::refusal(&error, destination, named.client_message_id.as_deref(), session.locale)
}

fn error_of(refusal: &Refusal, rate: Rate) -> ChatError {
    match refusal.summary() {
        "rate-limited" => {
            metrics::rate_limited("stomp");
            let retry_after = refusal.retry_after_seconds().unwrap_or_default();
            RateLimited { limit: rate.burst(), retry_after }.into()
        }
        "unknown destination" => Code::NotFound.into(),
        "the message broker is temporarily unavailable" => Code::Unavailable.into(),
        summary if summary.starts_with("not done within") => Code::Unavailable.into(),
        _ => Code::Forbidden.into(),
    }
}
