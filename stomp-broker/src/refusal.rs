//! Why something was refused, in the words the peer will read.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use stomp_proto::header::name;

use crate::{Destination, Publish};

/// The header that says after how many seconds the same would be granted.
pub(crate) const RETRY_AFTER: &str = "retry-after";

/// A refusal that reaches the peer as an ERROR frame or, where the application says so, as a message.
///
/// `summary` becomes the `message` header and is meant for programs and logs: short, stable, without
/// internals. The body is meant for people, or is JSON for the application's own clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    summary: Cow<'static, str>,
    content_type: &'static str,
    body: Bytes,
    retry_after: Option<Duration>,
    /// A message of JSON that goes ahead; boxed, for few have one and refusals are handed up many calls.
    announcement: Option<Box<(Destination, Bytes)>>,
}

const JSON: &str = "application/json;charset=utf-8";

impl Refusal {
    /// A refusal without a body.
    pub fn new(summary: impl Into<Cow<'static, str>>) -> Self {
        Self {
            summary: summary.into(),
            content_type: "text/plain",
            body: Bytes::new(),
            retry_after: None,
            announcement: None,
        }
    }

    /// Adds a body of plain text.
    #[must_use]
    pub fn text(self, body: impl Into<Bytes>) -> Self {
        Self { content_type: "text/plain;charset=utf-8", body: body.into(), ..self }
    }

    /// Adds a body of JSON that is already serialised.
    #[must_use]
    pub fn json(self, body: impl Into<Bytes>) -> Self {
        Self { content_type: JSON, body: body.into(), ..self }
    }

    /// Says that the same would be granted later: the header `retry-after`, in whole seconds. A login refused like this
    /// does not count as failed.
    #[must_use]
    pub fn retry_after(self, time: Duration) -> Self {
        Self { retry_after: Some(time), ..self }
    }

    /// Adds a message for the sessions that are ended by [`Handle::disconnect`](crate::Handle::disconnect) and the like:
    /// those of them that listen to its destination, which is one under `/user`, get this JSON ahead of the ERROR.
    #[must_use]
    pub fn announced(self, destination: Destination, json: impl Into<Bytes>) -> Self {
        Self { announcement: Some(Box::new((destination, json.into()))), ..self }
    }

    /// The message of [`announced`](Self::announced).
    pub(crate) fn announcement(&self) -> Option<Publish> {
        let (destination, json) = *self.announcement.clone()?;
        Some(Publish::new(destination, json).header(name::CONTENT_TYPE, JSON))
    }

    /// The `message` header.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The `content-type` header.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// The `retry-after` header, in seconds.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after.map(|time| time.as_secs() + u64::from(time.subsec_nanos() > 0))
    }

    pub(crate) fn is_json(&self) -> bool {
        self.content_type == JSON
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl<E: std::error::Error> From<&E> for Refusal {
    /// Uses the error's message as the summary: only for errors whose text is meant for peers.
    fn from(error: &E) -> Self {
        Self::new(error.to_string())
    }
}
