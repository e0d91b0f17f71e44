//! Protocol versions and how the two sides agree on one.

use core::{fmt, str::FromStr};

/// A version of the STOMP protocol, ordered from old to new.
///
/// ```
/// use stomp_proto::Version;
///
/// assert!(Version::V1_0 < Version::V1_2);
/// assert_eq!("1.1".parse(), Ok(Version::V1_1));
/// assert_eq!(Version::V1_1.to_string(), "1.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// STOMP 1.0: no escaping, no heart-beats.
    V1_0,
    /// STOMP 1.1: escaping of `\n`, `\c` and `\\`, heart-beats, NACK.
    V1_1,
    /// STOMP 1.2: adds the `\r` escape, CRLF line ends and the `ack` header.
    V1_2,
}

impl Version {
    /// Every version this crate speaks, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V1_1, Self::V1_2];

    /// The text of the `version` and `accept-version` headers, such as `1.2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
        }
    }

    /// The WebSocket sub-protocol token of this version, such as `v12.stomp`.
    ///
    /// ```
    /// assert_eq!(stomp_proto::Version::V1_2.subprotocol(), "v12.stomp");
    /// ```
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::V1_0 => "v10.stomp",
            Self::V1_1 => "v11.stomp",
            Self::V1_2 => "v12.stomp",
        }
    }

    /// The highest version that both sides speak (STOMP 1.2, "Protocol Negotiation").
    ///
    /// `accept_version` is the header of CONNECT as it came; a client that sends none speaks 1.0 only.
    /// Tokens are compared whole, in any order; unknown ones are ignored.
    ///
    /// ```
    /// use stomp_proto::Version;
    ///
    /// assert_eq!(Version::negotiate(Some("1.0,1.1,2.0"), &Version::ALL), Some(Version::V1_1));
    /// assert_eq!(Version::negotiate(None, &Version::ALL), Some(Version::V1_0));
    /// assert_eq!(Version::negotiate(Some("9.9"), &Version::ALL), None);
    /// ```
    pub fn negotiate(accept_version: Option<&str>, supported: &[Self]) -> Option<Self> {
        accept_version
            .unwrap_or("1.0")
            .split(',')
            .filter_map(|token| token.trim_matches(' ').parse().ok())
            .filter(|version| supported.contains(version))
            .max()
    }

    /// The sub-protocol to answer a WebSocket client with: the highest one it offered, if any.
    ///
    /// The token does not fix the STOMP version; `accept-version` of CONNECT does.
    ///
    /// ```
    /// use stomp_proto::Version;
    ///
    /// let offered = ["v11.stomp", "v12.stomp", "chat"];
    /// assert_eq!(Version::negotiate_subprotocol(offered), Some(Version::V1_2));
    /// assert_eq!(Version::negotiate_subprotocol(["chat"]), None);
    /// ```
    pub fn negotiate_subprotocol<'a>(offered: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        offered
            .into_iter()
            .filter_map(|token| Self::ALL.into_iter().find(|version| version.subprotocol() == token.trim()))
            .max()
    }

    /// Whether header names and values are escaped in this version.
    pub(crate) const fn escapes(self) -> bool {
        !matches!(self, Self::V1_0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no version this crate speaks.
///
/// ```
/// use stomp_proto::Version;
///
/// let error = "2.0".parse::<Version>().unwrap_err();
/// assert_eq!(error.to_string(), "not a STOMP version: expected 1.0, 1.1 or 1.2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a STOMP version: expected 1.0, 1.1 or 1.2")]
pub struct UnknownVersion;

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL.into_iter().find(|version| version.as_str() == text).ok_or(UnknownVersion)
    }
}
