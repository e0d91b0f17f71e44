//! One message to many subscribers: everything they share is encoded once.
//!
//! STOMP's only per-subscriber headers of MESSAGE are `subscription` and, in 1.2 with acknowledgements,
//! `ack`. So a MESSAGE on the wire is a [`prefix`] that is made once per subscription and a [`MessageTail`]
//! that is made once per message and version:
//!
//! ```text
//! MESSAGE\nsubscription:0\n | message-id:m-1\n | destination:/topic/a\ncontent-length:2\n\nhi\0
//! └───────── prefix ──────┘   └───────────────────── MessageTail ─────────────────────────┘
//! ```
//!
//! ```
//! use stomp_proto::{Version, fanout::{MessageTail, prefix}};
//!
//! let one = prefix(Some("0"), Version::V1_2)?;
//! let other = prefix(Some("sub-1"), Version::V1_2)?;
//! let headers = [("content-type", "text/plain")];
//! let tail = MessageTail::encode("m-1", "/topic/a", headers.into_iter(), b"hi", Version::V1_2)?;
//! // Each subscriber is sent two slices, by one vectored write or by copying them into its buffer.
//! let wire = [&one[..], tail.as_bytes()].concat();
//! assert!(wire.starts_with(b"MESSAGE\nsubscription:0\nmessage-id:m-1\n"));
//! # let _ = other;
//! # Ok::<(), stomp_proto::EncodeError>(())
//! ```

use bytes::{Bytes, BytesMut};

use crate::{
    Command, EncodeError, FrameWriter, Version,
    encoder::{end_length, line_length},
    header::name,
};

/// The command line and the headers of MESSAGE that belong to one subscription.
///
/// `subscription` is absent for a 1.0 client that gave none (STOMP 1.0, "SUBSCRIBE").
///
/// # Errors
///
/// [`EncodeError::UnencodableHeader`] for an id that the version cannot carry.
///
/// ```
/// use stomp_proto::{Version, fanout::prefix};
///
/// assert_eq!(prefix(Some("a:b"), Version::V1_2)?, "MESSAGE\nsubscription:a\\cb\n");
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn prefix(subscription: Option<&str>, version: Version) -> Result<Bytes, EncodeError> {
    let mut wire = BytesMut::new();
    let mut writer = FrameWriter::new(&mut wire, &Command::Message, version)?;
    if let Some(id) = subscription {
        writer.header(name::SUBSCRIPTION, id)?;
    }
    Ok(wire.freeze())
}

/// What every subscriber of one version gets of a message: the other headers, the body and the NUL; in 1.0 a line end too.
///
/// ```
/// use stomp_proto::{Version, fanout::MessageTail};
///
/// let headers = [("priority", "4")].into_iter();
/// let tail = MessageTail::encode("m-1", "/topic/a", headers, b"hi", Version::V1_2)?;
/// assert!(tail.as_bytes().ends_with(b"priority:4\ncontent-length:2\n\nhi\0"));
/// assert!(tail.without_id().starts_with(b"destination:/topic/a\n"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTail {
    wire: Bytes,
}

impl MessageTail {
    /// Encodes the shared part.
    ///
    /// Headers that the version has no way to write are left out rather than written raw, where they could
    /// forge others; so are a `content-length` of the sender's and CRs for peers before 1.2, which some read
    /// as line ends.
    ///
    /// # Errors
    ///
    /// [`EncodeError::UnencodableHeader`] when the destination or the message id cannot be written.
    pub fn encode<'a>(
        message_id: &str,
        destination: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        body: &[u8],
        version: Version,
    ) -> Result<Self, EncodeError> {
        let headers = headers.filter(|(name, value)| {
            let cr = version < Version::V1_2 && (name.contains('\r') || value.contains('\r'));
            *name != name::CONTENT_LENGTH && !cr
        });
        let own = [(name::MESSAGE_ID, message_id), (name::DESTINATION, destination)];
        let length = |(name, value): (&str, &str)| line_length(name, value, version);
        let head = own.into_iter().map(length).sum::<usize>() + headers.clone().map(length).sum::<usize>();
        // Of just the right size it is shared without another allocation.
        let mut wire = BytesMut::with_capacity(head + end_length(body));
        let mut writer = FrameWriter::behind_command(&mut wire, &Command::Message, version)?;
        for (name, value) in own {
            writer.header(name, value)?;
        }
        for (name, value) in headers {
            // A header that cannot be written is the sender's loss, not the subscriber's.
            let _ = writer.header(name, value);
        }
        writer.finish(body)?;
        if version == Version::V1_0 {
            // Clients of that time skip an octet behind the NUL, as their servers wrote one (STOMP 1.0, "EOL").
            wire.extend_from_slice(b"\n");
        }
        Ok(Self { wire: wire.freeze() })
    }

    /// The octets that follow a [`prefix`].
    pub fn as_bytes(&self) -> &Bytes {
        &self.wire
    }

    /// The same without the `message-id` line, for a prefix that brings one of its own.
    pub fn without_id(&self) -> Bytes {
        let behind = memchr::memchr(b'\n', &self.wire).map_or(0, |line_end| line_end + 1);
        self.wire.slice(behind..)
    }
}
