//! How a client can break the protocol, each with the clause it broke.

use std::time::Duration;

use stomp_proto::{DecodeError, FrameError};

/// Something a client did that ends its session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Octets that are no frame, or over a limit.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A frame without a header that it needs.
    #[error(transparent)]
    Frame(FrameError),
    /// A command the server does not know.
    #[error("unknown command")]
    UnknownCommand,
    /// A frame before CONNECT.
    #[error("not connected: the first frame must be CONNECT or STOMP")]
    NotConnected,
    /// A second CONNECT.
    #[error("already connected")]
    AlreadyConnected,
    /// No version that both sides speak.
    #[error("no common protocol version")]
    NoCommonVersion,
    /// A `heart-beat` header that is not two numbers.
    #[error("malformed heart-beat header: expected two numbers of milliseconds")]
    HeartBeat,
    /// A `SUBSCRIBE` with the id of a live subscription.
    #[error("subscription id already in use")]
    DuplicateSubscription,
    /// An `UNSUBSCRIBE` of no live subscription.
    #[error("unknown subscription")]
    UnknownSubscription,
    /// More subscriptions than one session may have.
    #[error("more than {limit} subscriptions")]
    TooManySubscriptions {
        /// The limit, in subscriptions.
        limit: usize,
    },
    /// An id, receipt or transaction name that is too long.
    #[error("a header value is longer than {limit} bytes")]
    ValueTooLong {
        /// The limit, in octets.
        limit: usize,
    },
    /// An ACK or NACK of a message that does not wait for one.
    #[error("unknown message: not delivered here, or acknowledged before")]
    UnknownMessage,
    /// A `BEGIN` with the name of an open transaction.
    #[error("transaction already open")]
    DuplicateTransaction,
    /// A frame for a transaction that is not open.
    #[error("unknown transaction")]
    UnknownTransaction,
    /// More open transactions than one session may have.
    #[error("more than {limit} open transactions")]
    TooManyTransactions {
        /// The limit, in transactions.
        limit: usize,
    },
    /// More in a transaction than fits.
    #[error("more than {limit} {what} in a transaction")]
    TransactionTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit, in those.
        limit: usize,
    },
    /// No CONNECT in time.
    #[error("no login within {} seconds", limit.as_secs())]
    LoginTimeout {
        /// The time allowed.
        limit: Duration,
    },
    /// A frame that was begun and not finished in time.
    #[error("a frame was not finished within {} seconds", limit.as_secs())]
    FrameTimeout {
        /// The time allowed.
        limit: Duration,
    },
    /// As many messages as may be are unacknowledged, and none was acknowledged in time.
    #[error("nothing acknowledged within {} seconds", limit.as_secs())]
    AckTimeout {
        /// The time allowed.
        limit: Duration,
    },
    /// What a frame asked for could not be done in time.
    #[error("not done within {} seconds", limit.as_secs())]
    RequestTimeout {
        /// The time allowed.
        limit: Duration,
    },
    /// Nothing was heard for longer than the heart-beats agreed on allow.
    #[error("heart-beat missing")]
    Silence,
    /// The login of the session is over.
    #[error("the session's login has expired")]
    Expired,
}

impl Violation {
    /// Where the protocol says so, for the body of the ERROR frame.
    pub fn clause(&self) -> &'static str {
        match self {
            Self::Decode(_) => "STOMP 1.2, Augmented BNF and Size Limits",
            Self::Frame(_) | Self::UnknownCommand => "STOMP 1.2, Standard Headers and Client Frames",
            Self::NotConnected | Self::AlreadyConnected | Self::LoginTimeout { .. } => {
                "STOMP 1.2, Connecting"
            }
            Self::NoCommonVersion => "STOMP 1.2, Protocol Negotiation",
            Self::HeartBeat | Self::Silence => "STOMP 1.2, Heart-beating",
            Self::DuplicateSubscription | Self::TooManySubscriptions { .. } => "STOMP 1.2, SUBSCRIBE",
            Self::UnknownSubscription => "STOMP 1.2, UNSUBSCRIBE",
            Self::ValueTooLong { .. } | Self::FrameTimeout { .. } => "STOMP 1.2, Size Limits",
            Self::UnknownMessage | Self::AckTimeout { .. } => "STOMP 1.2, ACK",
            Self::DuplicateTransaction | Self::TooManyTransactions { .. } => "STOMP 1.2, BEGIN",
            Self::UnknownTransaction | Self::TransactionTooLarge { .. } => "STOMP 1.2, SEND and COMMIT",
            Self::RequestTimeout { .. } => "the settings of this server",
            Self::Expired => "the credentials of the session",
        }
    }
}

impl From<FrameError> for Violation {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::UnexpectedCommand => Self::UnknownCommand,
            error => Self::Frame(error),
        }
    }
}
