//! Why something was refused, in the words the peer will read.

use std::borrow::Cow;

use bytes::Bytes;

/// A refusal that reaches the peer as an ERROR frame or, where the application says so, as a message.
///
/// `summary` becomes the `message` header and is meant for programs and logs: short, stable, without
/// internals. The body is meant for people, or is JSON for the application's own clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    summary: Cow<'static, str>,
    content_type: &'static str,
    body: Bytes,
}

const JSON: &str = "application/json;charset=utf-8";

impl Refusal {
    /// A refusal without a body.
    pub fn new(summary: impl Into<Cow<'static, str>>) -> Self {
        Self { summary: summary.into(), content_type: "text/plain", body: Bytes::new() }
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

    /// The `message` header.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The `content-type` header.
    pub fn content_type(&self) -> &'static str {
        self.content_type
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
