//! Frames that their receiver accepts: what a command requires is an argument, the rest are methods.
//!
//! [`build`](Draft::build) refuses what no version of STOMP can carry, so that a frame made here fails neither its
//! typed view nor its encoding in 1.1 and 1.2. For frames of any other shape there is
//! [`Frame::builder`](crate::Frame::builder).
//!
//! ```
//! use stomp_proto::{AckMode, HeartBeat, compose};
//!
//! let connect = compose::connect("example.com").login("guest", "guest").heart_beat(HeartBeat::default()).build()?;
//! let subscribe = compose::subscribe("sub-0", "/queue/orders", AckMode::Client).receipt("r-1").build()?;
//! let send = compose::send("/queue/orders").content_type("text/plain").body("one tea").build()?;
//! assert_eq!(subscribe.headers().get("ack"), Some("client"));
//! assert!(compose::send("/queue/a\0").build().is_err());
//! # Ok::<(), stomp_proto::EncodeError>(())
//! ```

use core::marker::PhantomData;

use alloc::string::ToString;
use bytes::{Bytes, BytesMut};

use crate::{AckMode, Command, EncodeError, Frame, FrameBuilder, HeartBeat, Version, encode, header::name};

/// A frame in the making, of a command with (`WithBody`) or without a body.
///
/// ```
/// use stomp_proto::compose::{self, Draft, WithBody};
///
/// fn tea(amount: u32) -> Draft<WithBody> {
///     compose::send("/queue/tea").body(format!("{amount} cups"))
/// }
/// assert_eq!(tea(2).receipt("r-1").build()?.body(), "2 cups");
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft<Kind> {
    frame: FrameBuilder,
    kind: PhantomData<Kind>,
}

/// Marks a [`Draft`] of CONNECT.
///
/// ```
/// use stomp_proto::compose::{self, Connecting, Draft};
///
/// let connect: Draft<Connecting> = compose::connect("example.com");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Connecting {}

/// Marks a [`Draft`] of SEND, MESSAGE or ERROR.
///
/// ```
/// use stomp_proto::compose::{self, Draft, WithBody};
///
/// let error: Draft<WithBody> = compose::error("not allowed").body("Only members may write here.");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum WithBody {}

/// Marks a [`Draft`] of any other command.
///
/// ```
/// use stomp_proto::compose::{self, Draft, WithoutBody};
///
/// let begin: Draft<WithoutBody> = compose::begin("tx-1");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum WithoutBody {}

/// A kind of frame that may ask for a receipt: any but CONNECT.
///
/// ```
/// use stomp_proto::compose::{self, AfterConnecting, Draft};
///
/// fn confirmed<Kind: AfterConnecting>(draft: Draft<Kind>) -> Draft<Kind> {
///     draft.receipt("r-1")
/// }
/// let frame = confirmed(compose::unsubscribe("0")).build()?;
/// assert_eq!(frame.headers().get("receipt"), Some("r-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub trait AfterConnecting {}

impl AfterConnecting for WithBody {}
impl AfterConnecting for WithoutBody {}

fn draft<Kind>(command: Command, required: &[(&str, &str)]) -> Draft<Kind> {
    let frame =
        required.iter().fold(Frame::builder(command), |frame, (name, value)| frame.header(name, value));
    Draft { frame, kind: PhantomData }
}

/// CONNECT to a virtual host, offering every version.
///
/// ```
/// let frame = stomp_proto::compose::connect("example.com").login("guest", "guest").build()?;
/// assert_eq!(frame.headers().get("host"), Some("example.com"));
/// assert_eq!(frame.headers().get("accept-version"), Some("1.0,1.1,1.2"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn connect(host: &str) -> Draft<Connecting> {
    draft(Command::Connect, &[(name::ACCEPT_VERSION, "1.0,1.1,1.2"), (name::HOST, host)])
}

/// SEND to a destination.
///
/// ```
/// let frame = stomp_proto::compose::send("/queue/a").content_type("text/plain").body("hi").build()?;
/// assert_eq!(frame.headers().get("destination"), Some("/queue/a"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn send(destination: &str) -> Draft<WithBody> {
    draft(Command::Send, &[(name::DESTINATION, destination)])
}

/// SUBSCRIBE to a destination, under an id that is unique on the connection.
///
/// ```
/// use stomp_proto::{AckMode, compose};
///
/// let frame = compose::subscribe("0", "/queue/a", AckMode::Client).build()?;
/// assert_eq!(frame.headers().get("ack"), Some("client"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn subscribe(id: &str, destination: &str, ack: AckMode) -> Draft<WithoutBody> {
    let headers = [(name::ID, id), (name::DESTINATION, destination), (name::ACK, ack.as_str())];
    draft(Command::Subscribe, &headers)
}

/// UNSUBSCRIBE the subscription of that id.
///
/// ```
/// let frame = stomp_proto::compose::unsubscribe("0").build()?;
/// assert_eq!(frame.headers().get("id"), Some("0"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn unsubscribe(id: &str) -> Draft<WithoutBody> {
    draft(Command::Unsubscribe, &[(name::ID, id)])
}

/// ACK (1.2) of the message whose `ack` header is `id`.
///
/// ```
/// let frame = stomp_proto::compose::ack("a-7").build()?;
/// assert_eq!(frame.headers().get("id"), Some("a-7"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn ack(id: &str) -> Draft<WithoutBody> {
    draft(Command::Ack, &[(name::ID, id)])
}

/// ACK (1.1) of a message that came by a subscription.
///
/// ```
/// let frame = stomp_proto::compose::ack_1_1("m-7", "0").build()?;
/// assert_eq!(frame.headers().get("message-id"), Some("m-7"));
/// assert_eq!(frame.headers().get("subscription"), Some("0"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn ack_1_1(message_id: &str, subscription: &str) -> Draft<WithoutBody> {
    draft(Command::Ack, &[(name::MESSAGE_ID, message_id), (name::SUBSCRIPTION, subscription)])
}

/// NACK (1.2) of the message whose `ack` header is `id`.
///
/// ```
/// let frame = stomp_proto::compose::nack("a-7").build()?;
/// assert_eq!(frame.headers().get("id"), Some("a-7"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn nack(id: &str) -> Draft<WithoutBody> {
    draft(Command::Nack, &[(name::ID, id)])
}

/// NACK (1.1) of a message that came by a subscription.
///
/// ```
/// let frame = stomp_proto::compose::nack_1_1("m-7", "0").build()?;
/// assert_eq!(frame.headers().get("message-id"), Some("m-7"));
/// assert_eq!(frame.headers().get("subscription"), Some("0"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn nack_1_1(message_id: &str, subscription: &str) -> Draft<WithoutBody> {
    draft(Command::Nack, &[(name::MESSAGE_ID, message_id), (name::SUBSCRIPTION, subscription)])
}

/// BEGIN of a transaction.
///
/// ```
/// let frame = stomp_proto::compose::begin("tx-1").build()?;
/// assert_eq!(frame.headers().get("transaction"), Some("tx-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn begin(transaction: &str) -> Draft<WithoutBody> {
    draft(Command::Begin, &[(name::TRANSACTION, transaction)])
}

/// COMMIT of a transaction.
///
/// ```
/// let frame = stomp_proto::compose::commit("tx-1").build()?;
/// assert_eq!(frame.headers().get("transaction"), Some("tx-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn commit(transaction: &str) -> Draft<WithoutBody> {
    draft(Command::Commit, &[(name::TRANSACTION, transaction)])
}

/// ABORT of a transaction.
///
/// ```
/// let frame = stomp_proto::compose::abort("tx-1").build()?;
/// assert_eq!(frame.headers().get("transaction"), Some("tx-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn abort(transaction: &str) -> Draft<WithoutBody> {
    draft(Command::Abort, &[(name::TRANSACTION, transaction)])
}

/// DISCONNECT; ask for a [`receipt`](Draft::receipt) to know that everything before it was processed.
///
/// ```
/// let frame = stomp_proto::compose::disconnect().receipt("bye").build()?;
/// assert_eq!(frame.headers().get("receipt"), Some("bye"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn disconnect() -> Draft<WithoutBody> {
    draft(Command::Disconnect, &[])
}

/// CONNECTED in a version.
///
/// ```
/// use stomp_proto::{HeartBeat, Version, compose};
///
/// let frame = compose::connected(Version::V1_2).heart_beat(HeartBeat::default()).build()?;
/// assert_eq!(frame.headers().get("heart-beat"), Some("0,0"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn connected(version: Version) -> Draft<WithoutBody> {
    draft(Command::Connected, &[(name::VERSION, version.as_str())])
}

/// MESSAGE from a destination to a subscription.
///
/// ```
/// let frame = stomp_proto::compose::message("/queue/a", "m-7", "0").header("ack", "a-7").body("hi").build()?;
/// assert_eq!(frame.headers().get("subscription"), Some("0"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn message(destination: &str, message_id: &str, subscription: &str) -> Draft<WithBody> {
    let headers = [
        (name::SUBSCRIPTION, subscription),
        (name::MESSAGE_ID, message_id),
        (name::DESTINATION, destination),
    ];
    draft(Command::Message, &headers)
}

/// RECEIPT for the frame whose `receipt` header is `receipt_id`.
///
/// ```
/// let frame = stomp_proto::compose::receipt("r-1").build()?;
/// assert_eq!(frame.headers().get("receipt-id"), Some("r-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn receipt(receipt_id: &str) -> Draft<WithoutBody> {
    draft(Command::Receipt, &[(name::RECEIPT_ID, receipt_id)])
}

/// ERROR with a short description; details belong into the body.
///
/// ```
/// let frame = stomp_proto::compose::error("not allowed").header("receipt-id", "r-1").build()?;
/// assert_eq!(frame.headers().get("message"), Some("not allowed"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub fn error(message: &str) -> Draft<WithBody> {
    draft(Command::Error, &[(name::MESSAGE, message)])
}

impl<Kind> Draft<Kind> {
    /// Appends a header. Of repeated names the first counts, so that none can replace a required one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.frame = self.frame.header(name, value);
        self
    }

    /// States what heart-beats this side can do and wants; for CONNECT and CONNECTED.
    #[must_use]
    pub fn heart_beat(self, heart_beat: HeartBeat) -> Self {
        self.header(name::HEART_BEAT, &heart_beat.to_string())
    }

    /// The frame.
    ///
    /// # Errors
    ///
    /// The [`EncodeError`] of a header that STOMP has no way to write: an empty name, a NUL, in CONNECT and
    /// CONNECTED a line end, or a `content-length` that is not the body's.
    ///
    /// ```
    /// use stomp_proto::{EncodeError, compose};
    ///
    /// assert_eq!(compose::send("/queue/\0").build(), Err(EncodeError::UnencodableHeader));
    /// ```
    pub fn build(self) -> Result<Frame, EncodeError> {
        let frame = self.frame.build();
        encode(&frame, Version::V1_2, &mut BytesMut::new())?;
        Ok(frame)
    }
}

impl Draft<Connecting> {
    /// States who logs in.
    #[must_use]
    pub fn login(self, login: &str, passcode: &str) -> Self {
        self.header(name::LOGIN, login).header(name::PASSCODE, passcode)
    }
}

impl<Kind: AfterConnecting> Draft<Kind> {
    /// Asks for a RECEIPT.
    #[must_use]
    pub fn receipt(self, receipt: &str) -> Self {
        self.header(name::RECEIPT, receipt)
    }

    /// Makes SEND, ACK or NACK part of a transaction.
    #[must_use]
    pub fn transaction(self, transaction: &str) -> Self {
        self.header(name::TRANSACTION, transaction)
    }
}

impl Draft<WithBody> {
    /// States the MIME type of the body.
    #[must_use]
    pub fn content_type(self, content_type: &str) -> Self {
        self.header(name::CONTENT_TYPE, content_type)
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.frame = self.frame.body(body);
        self
    }

    /// Sets a body of JSON and its `content-type`.
    ///
    /// # Errors
    ///
    /// What [`serde_json`] says of a value that is not representable in JSON.
    #[cfg(feature = "serde")]
    pub fn json(self, value: &(impl serde::Serialize + ?Sized)) -> serde_json::Result<Self> {
        Ok(self.content_type("application/json").body(serde_json::to_vec(value)?))
    }
}
