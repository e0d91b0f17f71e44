//! Errors as STOMP clients get them.

use serde::Serialize;
use stomp_broker::Refusal;

use crate::{
    domain::Locale,
    error::{ChatError, ErrorReport, RequestId},
};

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
    Refusal::new(error.code().as_str()).json(serde_json::to_vec(&report).unwrap_or_default())
}
