//! The commands of client and server frames.

use alloc::boxed::Box;
use core::fmt;

use crate::{ByteStr, Version};

/// The first line of a frame.
///
/// Commands are case sensitive; anything that is not one of the names below is [`Command::Other`], which
/// the codec hands up so that a server can name it in its ERROR.
///
/// ```
/// use stomp_proto::{Command, Version};
///
/// assert_eq!(Command::from("SEND"), Command::Send);
/// assert!(matches!(Command::from("send"), Command::Other(_)));
/// assert!(!Command::Ack.allows_body(Version::V1_2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Command {
    /// `CONNECT`, client: opens the session.
    Connect,
    /// `STOMP`, client, from 1.1: the same as CONNECT.
    Stomp,
    /// `SEND`, client: a message to a destination.
    Send,
    /// `SUBSCRIBE`, client.
    Subscribe,
    /// `UNSUBSCRIBE`, client.
    Unsubscribe,
    /// `BEGIN`, client: opens a transaction.
    Begin,
    /// `COMMIT`, client.
    Commit,
    /// `ABORT`, client.
    Abort,
    /// `ACK`, client.
    Ack,
    /// `NACK`, client, from 1.1.
    Nack,
    /// `DISCONNECT`, client.
    Disconnect,
    /// `CONNECTED`, server: answers CONNECT.
    Connected,
    /// `MESSAGE`, server.
    Message,
    /// `RECEIPT`, server.
    Receipt,
    /// `ERROR`, server; the connection closes behind it.
    Error,
    /// A command that no version defines; in a box, so that the frames of all others stay small.
    Other(Box<ByteStr>),
}

impl Command {
    /// The command as it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect => "CONNECT",
            Self::Stomp => "STOMP",
            Self::Send => "SEND",
            Self::Subscribe => "SUBSCRIBE",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Begin => "BEGIN",
            Self::Commit => "COMMIT",
            Self::Abort => "ABORT",
            Self::Ack => "ACK",
            Self::Nack => "NACK",
            Self::Disconnect => "DISCONNECT",
            Self::Connected => "CONNECTED",
            Self::Message => "MESSAGE",
            Self::Receipt => "RECEIPT",
            Self::Error => "ERROR",
            Self::Other(name) => name,
        }
    }

    /// The defined command of that name, if there is one.
    #[inline]
    pub(crate) fn known(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"CONNECT" => Self::Connect,
            b"STOMP" => Self::Stomp,
            b"SEND" => Self::Send,
            b"SUBSCRIBE" => Self::Subscribe,
            b"UNSUBSCRIBE" => Self::Unsubscribe,
            b"BEGIN" => Self::Begin,
            b"COMMIT" => Self::Commit,
            b"ABORT" => Self::Abort,
            b"ACK" => Self::Ack,
            b"NACK" => Self::Nack,
            b"DISCONNECT" => Self::Disconnect,
            b"CONNECTED" => Self::Connected,
            b"MESSAGE" => Self::Message,
            b"RECEIPT" => Self::Receipt,
            b"ERROR" => Self::Error,
            _ => return None,
        })
    }

    /// Whether a frame of this command may carry a body in `version`.
    ///
    /// From 1.1 only SEND, MESSAGE and ERROR may; 1.0 says nothing. Unknown commands are not judged here.
    ///
    /// ```
    /// use stomp_proto::{Command, Version};
    ///
    /// assert!(Command::Send.allows_body(Version::V1_2));
    /// assert!(!Command::Subscribe.allows_body(Version::V1_2));
    /// assert!(Command::Subscribe.allows_body(Version::V1_0));
    /// ```
    pub fn allows_body(&self, version: Version) -> bool {
        version == Version::V1_0 || matches!(self, Self::Send | Self::Message | Self::Error | Self::Other(_))
    }

    /// Whether the frame's headers are escaped in `version`.
    ///
    /// CONNECT and CONNECTED never are, so that they can be read before a version is agreed on; STOMP is
    /// to be handled like CONNECT.
    pub(crate) fn escapes(&self, version: Version) -> bool {
        version.escapes() && !matches!(self, Self::Connect | Self::Stomp | Self::Connected)
    }
}

impl From<&str> for Command {
    fn from(name: &str) -> Self {
        Self::known(name.as_bytes()).unwrap_or_else(|| Self::Other(Box::new(ByteStr::from(name))))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
