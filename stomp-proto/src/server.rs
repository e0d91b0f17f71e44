//! Typed views of the frames that servers send.

use crate::{Command, Frame, FrameError, Version, client::view, header::name};

/// A server frame with its required headers checked.
///
/// ```
/// use stomp_proto::{ServerFrame, Version, compose};
///
/// let frame = compose::connected(Version::V1_1).build()?;
/// let ServerFrame::Connected(connected) = ServerFrame::parse(frame)? else { panic!("a CONNECTED") };
/// assert_eq!(connected.version(), Some(Version::V1_1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub enum ServerFrame {
    /// CONNECTED.
    Connected(Connected),
    /// MESSAGE.
    Message(Message),
    /// RECEIPT.
    Receipt(Receipt),
    /// ERROR.
    Error(ErrorFrame),
}

impl ServerFrame {
    /// Checks `frame`.
    ///
    /// # Errors
    ///
    /// [`FrameError`] for a required header that is absent, and for a command that servers do not send.
    ///
    /// ```
    /// use stomp_proto::{FrameError, ServerFrame, compose};
    ///
    /// let frame = compose::disconnect().build()?;
    /// assert_eq!(ServerFrame::parse(frame).unwrap_err(), FrameError::UnexpectedCommand);
    /// # Ok::<(), stomp_proto::EncodeError>(())
    /// ```
    pub fn parse(frame: Frame) -> Result<Self, FrameError> {
        let (command, required): (_, &[&str]) = match frame.command() {
            Command::Connected => ("CONNECTED", &[]),
            Command::Message => ("MESSAGE", &[name::DESTINATION, name::MESSAGE_ID]),
            Command::Receipt => ("RECEIPT", &[name::RECEIPT_ID]),
            Command::Error => ("ERROR", &[]),
            _ => return Err(FrameError::UnexpectedCommand),
        };
        if let Some(header) = required.iter().find(|header| !frame.headers().contains(header)) {
            return Err(FrameError::MissingHeader { command, header });
        }
        Ok(match frame.command() {
            Command::Connected => Self::Connected(Connected { frame }),
            Command::Message => Self::Message(Message { frame }),
            Command::Receipt => Self::Receipt(Receipt { frame }),
            _ => Self::Error(ErrorFrame { frame }),
        })
    }
}

view! {
    /// CONNECTED: the session is open.
    ///
    /// ```
    /// use stomp_proto::{ServerFrame, Version, compose};
    ///
    /// let frame = compose::connected(Version::V1_2).header("server", "broker/1.0").build()?;
    /// let ServerFrame::Connected(connected) = ServerFrame::parse(frame)? else { panic!() };
    /// assert_eq!((connected.version(), connected.server()), (Some(Version::V1_2), Some("broker/1.0")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Connected {
        /// The session's id.
        session: optional = name::SESSION,
        /// The server's name and version.
        server: optional = name::SERVER,
        /// What the server offers; see [`HeartBeat`](crate::HeartBeat).
        heart_beat: optional = name::HEART_BEAT,
    }
}

impl Connected {
    /// The version of the session; a server that names none speaks 1.0.
    pub fn version(&self) -> Option<Version> {
        self.frame.headers().get(name::VERSION).map_or(Some(Version::V1_0), |version| version.parse().ok())
    }
}

view! {
    /// MESSAGE: a message from a subscription.
    ///
    /// ```
    /// use stomp_proto::{ServerFrame, compose};
    ///
    /// let frame = compose::message("/queue/a", "m-7", "0").header("ack", "a-7").body("hi").build()?;
    /// let ServerFrame::Message(message) = ServerFrame::parse(frame)? else { panic!() };
    /// assert_eq!((message.message_id(), message.ack()), ("m-7", Some("a-7")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Message {
        /// The destination it was sent to.
        destination: required = name::DESTINATION,
        /// The message's id.
        message_id: required = name::MESSAGE_ID,
        /// The subscription it came by. Always there from 1.1.
        subscription: optional = name::SUBSCRIPTION,
        /// What to put into `id` of ACK or NACK (1.2).
        ack: optional = name::ACK,
        /// The MIME type of the body.
        content_type: optional = name::CONTENT_TYPE,
    }
}

view! {
    /// RECEIPT: a frame of the client was processed.
    ///
    /// ```
    /// use stomp_proto::{ServerFrame, compose};
    ///
    /// let ServerFrame::Receipt(receipt) = ServerFrame::parse(compose::receipt("r-1").build()?)? else { panic!() };
    /// assert_eq!(receipt.receipt_id(), "r-1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Receipt {
        /// The `receipt` header of that frame.
        receipt_id: required = name::RECEIPT_ID,
    }
}

view! {
    /// ERROR: something went wrong, and the connection is about to close.
    ///
    /// ```
    /// use stomp_proto::{ServerFrame, compose};
    ///
    /// let frame = compose::error("not allowed").header("receipt-id", "r-1").build()?;
    /// let ServerFrame::Error(error) = ServerFrame::parse(frame)? else { panic!() };
    /// assert_eq!((error.message(), error.receipt_id()), (Some("not allowed"), Some("r-1")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ErrorFrame {
        /// A short description.
        message: optional = name::MESSAGE,
        /// The `receipt` header of the frame that caused it.
        receipt_id: optional = name::RECEIPT_ID,
        /// The MIME type of the body.
        content_type: optional = name::CONTENT_TYPE,
    }
}
