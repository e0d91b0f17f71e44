//! Names that messages are sent to.

use std::{fmt, ops::Deref};

use serde::Serialize;
use stomp_proto::ByteStr;

/// A destination: an opaque name, compared octet for octet (STOMP 1.2, "SEND").
///
/// Cloning shares the memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination(ByteStr);

/// What becomes of messages to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DestinationKind {
    /// Every subscriber gets each message.
    Topic,
    /// One subscriber gets each message.
    Queue,
    /// The sessions of one user get each message.
    User,
    /// The session that asked for an answer gets each message.
    Reply,
}

/// The longest destination, in octets.
pub const MAX_DESTINATION: usize = 512;

/// The name is not one that a broker accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDestination {
    /// Destinations of this broker start with `/`.
    #[error("a destination starts with '/'")]
    NotAbsolute,
    /// Over [`MAX_DESTINATION`].
    #[error("a destination is at most {MAX_DESTINATION} bytes long")]
    TooLong,
    /// A control character, which logs and keys must not carry.
    #[error("a destination has no control characters")]
    ControlCharacter,
    /// `*` where it means nothing: in a destination to send to, or in a pattern beside other characters.
    #[error("'*' stands for whole segments of a pattern to subscribe to, '**' for the rest of it")]
    Pattern,
}

impl Destination {
    /// Checks the name.
    ///
    /// # Errors
    ///
    /// [`InvalidDestination`] says what is wrong with it.
    pub fn new(name: impl Into<ByteStr>) -> Result<Self, InvalidDestination> {
        let name = name.into();
        if !name.starts_with('/') {
            return Err(InvalidDestination::NotAbsolute);
        }
        if name.len() > MAX_DESTINATION {
            return Err(InvalidDestination::TooLong);
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidDestination::ControlCharacter);
        }
        if name.contains('*') {
            return Err(InvalidDestination::Pattern);
        }
        Ok(Self(name))
    }

    /// Whether the name is `root` or lies below it: `/topic/a` is under `/topic`.
    pub fn is_under(&self, root: &str) -> bool {
        self.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Deref for Destination {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl TryFrom<&str> for Destination {
    type Error = InvalidDestination;

    fn try_from(name: &str) -> Result<Self, InvalidDestination> {
        Self::new(name)
    }
}

impl TryFrom<String> for Destination {
    type Error = InvalidDestination;

    fn try_from(name: String) -> Result<Self, InvalidDestination> {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_under_compares_whole_segments() {
        let destination = Destination::new("/topic/a").unwrap();
        assert!(destination.is_under("/topic"));
        assert!(destination.is_under("/topic/a"));
        assert!(!destination.is_under("/top"));
        assert!(!destination.is_under("/topic/a/b"));
    }

    #[test]
    fn names_that_could_mislead_are_refused() {
        assert_eq!(Destination::new("topic"), Err(InvalidDestination::NotAbsolute));
        assert_eq!(Destination::new("/topic/a\nb"), Err(InvalidDestination::ControlCharacter));
        assert_eq!(Destination::new("/topic/*"), Err(InvalidDestination::Pattern));
        assert_eq!(Destination::new(format!("/{}", "a".repeat(512))), Err(InvalidDestination::TooLong));
    }
}
