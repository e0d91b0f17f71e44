//! What can be wrong with octets, with a frame to encode, and with a frame's headers.

use crate::Version;

/// The peer sent octets that are no STOMP frame, or more than the [`Limits`](crate::Limits) allow.
///
/// Every one is fatal to the stream: what follows cannot be told apart from the broken frame.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::Decoder;
///
/// let error = Decoder::new().decode(&mut BytesMut::from("SEND\nno colon\n\n\0")).unwrap_err();
/// assert_eq!(error.kind(), "malformed-header");
/// assert_eq!(error.to_string(), "a header line has no name or no ':'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The command line holds control characters or is longer than a header line may be.
    #[error("the command line is not a STOMP command")]
    BadCommand,
    /// A header line has no `:` or no name.
    #[error("a header line has no name or no ':'")]
    MalformedHeader,
    /// An escape sequence that the version does not define.
    #[error("undefined escape sequence in a header (STOMP {version})")]
    BadEscape {
        /// The version whose rules were applied.
        version: Version,
    },
    /// `content-length` is not a plain decimal number that fits 63 bits.
    #[error("content-length is not a number of octets")]
    BadContentLength,
    /// The octet behind a body of `content-length` octets is not NUL.
    #[error("the body does not end with a NUL where content-length says")]
    MissingNul,
    /// A body on a frame that must have none.
    #[error("only SEND, MESSAGE and ERROR may have a body")]
    BodyNotAllowed,
    /// The head is not UTF-8.
    #[error("the command or a header is not valid UTF-8")]
    InvalidUtf8,
    /// A CR that no LF follows (1.2).
    #[error("a CR in the frame head is not followed by LF")]
    StrayCr,
    /// A NUL before the blank line.
    #[error("a NUL before the blank line that ends the headers")]
    NulInHeader,
    /// More header entries than [`Limits::headers`](crate::Limits::headers).
    #[error("more than {limit} headers")]
    TooManyHeaders {
        /// The limit, in entries.
        limit: usize,
    },
    /// A line over [`Limits::header_line`](crate::Limits::header_line) or a head over
    /// [`Limits::head`](crate::Limits::head).
    #[error("the headers are longer than {limit} bytes")]
    HeaderTooLong {
        /// The limit, in octets.
        limit: usize,
    },
    /// A body over [`Limits::body`](crate::Limits::body), as declared or as received.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in octets.
        limit: usize,
    },
}

impl DecodeError {
    /// A stable short name for logs, metrics and tests, such as `bad-escape`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BadCommand => "bad-command",
            Self::MalformedHeader => "malformed-header",
            Self::BadEscape { .. } => "bad-escape",
            Self::BadContentLength => "bad-content-length",
            Self::MissingNul => "missing-nul",
            Self::BodyNotAllowed => "body-not-allowed",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::StrayCr => "stray-cr",
            Self::NulInHeader => "nul-in-header",
            Self::TooManyHeaders { .. } => "too-many-headers",
            Self::HeaderTooLong { .. } => "header-too-long",
            Self::BodyTooLarge { .. } => "body-too-large",
        }
    }
}

/// A frame that cannot be written in the version asked for.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Command, EncodeError, Frame, Version, encode};
///
/// let frame = Frame::builder(Command::Subscribe).body("none is allowed").build();
/// let refused = encode(&frame, Version::V1_2, &mut BytesMut::new());
/// assert_eq!(refused, Err(EncodeError::BodyNotAllowed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The command is empty or holds control characters.
    #[error("the command is empty or holds control characters")]
    BadCommand,
    /// A header that the version has no way to write: an empty name, a NUL, an octet that would end the line
    /// or the name where there is no escape for it, or (1.0) a name with outer spaces.
    #[error("a header cannot be written in this version of STOMP")]
    UnencodableHeader,
    /// A `content-length` header that is not the body's length.
    #[error("content-length is not the length of the body")]
    ContentLengthMismatch,
    /// A body on a frame that must have none.
    #[error("only SEND, MESSAGE and ERROR may have a body")]
    BodyNotAllowed,
}

impl EncodeError {
    /// A stable short name for logs, metrics and tests, such as `unencodable-header`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BadCommand => "bad-command",
            Self::UnencodableHeader => "unencodable-header",
            Self::ContentLengthMismatch => "content-length-mismatch",
            Self::BodyNotAllowed => "body-not-allowed",
        }
    }
}

/// A well-formed frame that does not fit its command: a typed view refused it.
///
/// ```
/// use stomp_proto::{Command, Frame, FrameError, ServerFrame};
///
/// let receipt = Frame::builder(Command::Receipt).build();
/// let missing = FrameError::MissingHeader { command: "RECEIPT", header: "receipt-id" };
/// assert_eq!(ServerFrame::parse(receipt).unwrap_err(), missing);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A header that the command requires is absent.
    #[error("{command} requires a '{header}' header")]
    MissingHeader {
        /// The frame's command.
        command: &'static str,
        /// The header's name.
        header: &'static str,
    },
    /// A header whose value the command does not allow.
    #[error("the '{header}' header of {command} is invalid: {expected}")]
    InvalidHeader {
        /// The frame's command.
        command: &'static str,
        /// The header's name.
        header: &'static str,
        /// What would have been valid.
        expected: &'static str,
    },
    /// A command that this side of the connection does not receive, or that the version does not have.
    #[error("unexpected command")]
    UnexpectedCommand,
}
