//! What a request is called: in its answer, in its errors and in the log.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest id that is taken from a client.
const MAX_LENGTH: usize = 64;

/// The id of a request: the client's, or a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestId(String);

impl RequestId {
    /// One that nothing else has.
    pub fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// What a client calls its request, if that may stand in a log: at most 64 letters, digits, `.`, `_` and `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
        let fits = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_stand_in_a_log_is_not_taken() {
        let longest = "a".repeat(MAX_LENGTH);
        for text in ["a", "01J-x_y.z", &*longest] {
            assert_eq!(RequestId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a\n2026 INFO admin", "\u{1b}[31m", "é", &*format!("{longest}a")] {
            assert_eq!(RequestId::parse(text), None, "{text:?}");
        }
    }
}
