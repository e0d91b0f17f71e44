//! Typed views of the frames that clients send.
//!
//! A view owns its frame and has checked the headers that the command requires, so a server matches on
//! [`ClientFrame`] and reads fields.

use crate::{Command, Frame, FrameError, Version, header::name};

/// A client frame with its required headers checked.
///
/// ```
/// use stomp_proto::{ClientFrame, Command, Frame, Version};
///
/// let frame = Frame::builder(Command::Send).header("destination", "/a").header("receipt", "r").build();
/// match ClientFrame::parse(frame, Version::V1_2)? {
///     ClientFrame::Send(send) => assert_eq!((send.destination(), send.receipt()), ("/a", Some("r"))),
///     other => panic!("{other:?}"),
/// }
/// let without = Frame::builder(Command::Send).build();
/// let refused = ClientFrame::parse(without, Version::V1_2).unwrap_err();
/// assert_eq!(refused.to_string(), "SEND requires a 'destination' header");
/// # Ok::<(), stomp_proto::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub enum ClientFrame {
    /// CONNECT or STOMP.
    Connect(Connect),
    /// SEND.
    Send(Send),
    /// SUBSCRIBE.
    Subscribe(Subscribe),
    /// UNSUBSCRIBE.
    Unsubscribe(Unsubscribe),
    /// ACK.
    Ack(Ack),
    /// NACK.
    Nack(Nack),
    /// BEGIN.
    Begin(Transaction),
    /// COMMIT.
    Commit(Transaction),
    /// ABORT.
    Abort(Transaction),
    /// DISCONNECT.
    Disconnect(Disconnect),
}

impl ClientFrame {
    /// Checks `frame` by the rules of `version`.
    ///
    /// # Errors
    ///
    /// [`FrameError`] for a required header that is absent or invalid, and for a command that clients do not
    /// send in this version.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Command, Frame, Version};
    ///
    /// let nack = Frame::builder(Command::Nack).header("id", "7").build();
    /// assert!(matches!(ClientFrame::parse(nack.clone(), Version::V1_2)?, ClientFrame::Nack(_)));
    /// // 1.0 has no NACK.
    /// assert!(ClientFrame::parse(nack, Version::V1_0).is_err());
    /// # Ok::<(), stomp_proto::FrameError>(())
    /// ```
    pub fn parse(frame: Frame, version: Version) -> Result<Self, FrameError> {
        Ok(match frame.command() {
            Command::Connect | Command::Stomp => Self::Connect(Connect { frame }),
            Command::Send => Self::Send(Send { frame: required(frame, "SEND", name::DESTINATION)? }),
            Command::Subscribe => Self::Subscribe(Subscribe::parse(frame, version)?),
            Command::Unsubscribe => Self::Unsubscribe(Unsubscribe::parse(frame, version)?),
            Command::Ack => Self::Ack(Ack { frame: acknowledgement(frame, "ACK", version)? }),
            Command::Nack if version > Version::V1_0 => {
                Self::Nack(Nack { frame: acknowledgement(frame, "NACK", version)? })
            }
            Command::Begin => Self::Begin(Transaction::parse(frame, "BEGIN")?),
            Command::Commit => Self::Commit(Transaction::parse(frame, "COMMIT")?),
            Command::Abort => Self::Abort(Transaction::parse(frame, "ABORT")?),
            Command::Disconnect => Self::Disconnect(Disconnect { frame }),
            _ => return Err(FrameError::UnexpectedCommand),
        })
    }
}

fn required(frame: Frame, command: &'static str, header: &'static str) -> Result<Frame, FrameError> {
    match frame.headers().contains(header) {
        true => Ok(frame),
        false => Err(FrameError::MissingHeader { command, header }),
    }
}

/// ACK and NACK name the message by `id` in 1.2, by `message-id` and `subscription` in 1.1, by `message-id` in 1.0.
fn acknowledgement(frame: Frame, command: &'static str, version: Version) -> Result<Frame, FrameError> {
    match version {
        Version::V1_2 => required(frame, command, name::ID),
        Version::V1_1 => required(required(frame, command, name::MESSAGE_ID)?, command, name::SUBSCRIPTION),
        Version::V1_0 => required(frame, command, name::MESSAGE_ID),
    }
}

macro_rules! view {
    ($(#[$doc:meta])* $view:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ident = $header:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $view {
            frame: Frame,
        }

        impl $view {
            $(view!(@field $(#[$field_doc])* $field $kind $header);)*

            /// The frame as it came.
            pub fn frame(&self) -> &Frame {
                &self.frame
            }

            /// Gives the frame back.
            pub fn into_frame(self) -> Frame {
                self.frame
            }
        }
    };
    (@field $(#[$doc:meta])* $field:ident required $header:expr) => {
        $(#[$doc])*
        pub fn $field(&self) -> &str {
            // Checked by the constructor.
            self.frame.headers().get($header).unwrap_or_default()
        }
    };
    (@field $(#[$doc:meta])* $field:ident optional $header:expr) => {
        $(#[$doc])*
        pub fn $field(&self) -> Option<&str> {
            self.frame.headers().get($header)
        }
    };
}
pub(crate) use view;

view! {
    /// CONNECT, or STOMP from 1.1: opens the session. Nothing in it is required, for 1.0 has no required headers.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::connect("example.com").login("ann", "secret").build()?;
    /// let ClientFrame::Connect(connect) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!((connect.host(), connect.login()), (Some("example.com"), Some("ann")));
    /// assert_eq!(Version::negotiate(connect.accept_version(), &Version::ALL), Some(Version::V1_2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Connect {
        /// The versions the client speaks; see [`Version::negotiate`].
        accept_version: optional = name::ACCEPT_VERSION,
        /// The virtual host. Required from 1.1, but most browser clients leave it out.
        host: optional = name::HOST,
        /// The user name.
        login: optional = name::LOGIN,
        /// The password.
        passcode: optional = name::PASSCODE,
        /// What the client offers; see [`HeartBeat`](crate::HeartBeat).
        heart_beat: optional = name::HEART_BEAT,
    }
}

view! {
    /// SEND: a message to a destination.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::send("/queue/a").transaction("tx-1").body("hi").build()?;
    /// let ClientFrame::Send(send) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!((send.destination(), send.transaction()), ("/queue/a", Some("tx-1")));
    /// assert_eq!(send.frame().body(), "hi");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Send {
        /// Where to; opaque.
        destination: required = name::DESTINATION,
        /// The transaction it belongs to.
        transaction: optional = name::TRANSACTION,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
        /// The MIME type of the body.
        content_type: optional = name::CONTENT_TYPE,
    }
}

view! {
    /// SUBSCRIBE: starts delivery from a destination.
    ///
    /// ```
    /// use stomp_proto::{AckMode, ClientFrame, Version, compose};
    ///
    /// let frame = compose::subscribe("0", "/queue/a", AckMode::Auto).build()?;
    /// let ClientFrame::Subscribe(subscribe) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!((subscribe.id(), subscribe.destination()), (Some("0"), "/queue/a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Subscribe {
        /// Where from; opaque.
        destination: required = name::DESTINATION,
        /// The subscription's name on this connection. Always there from 1.1.
        id: optional = name::ID,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

view! {
    /// UNSUBSCRIBE: ends a subscription.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::unsubscribe("0").build()?;
    /// let ClientFrame::Unsubscribe(unsubscribe) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!(unsubscribe.id(), Some("0"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Unsubscribe {
        /// The subscription's name. Always there from 1.1.
        id: optional = name::ID,
        /// The destination, by which 1.0 clients without an id unsubscribe.
        destination: optional = name::DESTINATION,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

view! {
    /// ACK: a message was consumed.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::ack("a-7").build()?;
    /// let ClientFrame::Ack(ack) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!(ack.id(), Some("a-7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Ack {
        /// The `ack` header of the MESSAGE (1.2).
        id: optional = name::ID,
        /// The message's id (1.0 and 1.1).
        message_id: optional = name::MESSAGE_ID,
        /// The subscription it came by (1.1).
        subscription: optional = name::SUBSCRIPTION,
        /// The transaction it belongs to.
        transaction: optional = name::TRANSACTION,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

view! {
    /// NACK: a message was not consumed.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::nack_1_1("m-7", "0").build()?;
    /// let ClientFrame::Nack(nack) = ClientFrame::parse(frame, Version::V1_1)? else { panic!() };
    /// assert_eq!((nack.message_id(), nack.subscription()), (Some("m-7"), Some("0")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Nack {
        /// The `ack` header of the MESSAGE (1.2).
        id: optional = name::ID,
        /// The message's id (1.1).
        message_id: optional = name::MESSAGE_ID,
        /// The subscription it came by (1.1).
        subscription: optional = name::SUBSCRIPTION,
        /// The transaction it belongs to.
        transaction: optional = name::TRANSACTION,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

view! {
    /// BEGIN, COMMIT or ABORT.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::commit("tx-1").build()?;
    /// let ClientFrame::Commit(commit) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!(commit.transaction(), "tx-1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Transaction {
        /// The transaction's name on this connection.
        transaction: required = name::TRANSACTION,
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

view! {
    /// DISCONNECT: the client is about to close the connection.
    ///
    /// ```
    /// use stomp_proto::{ClientFrame, Version, compose};
    ///
    /// let frame = compose::disconnect().receipt("bye").build()?;
    /// let ClientFrame::Disconnect(disconnect) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
    /// assert_eq!(disconnect.receipt(), Some("bye"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Disconnect {
        /// The receipt asked for.
        receipt: optional = name::RECEIPT,
    }
}

impl Transaction {
    fn parse(frame: Frame, command: &'static str) -> Result<Self, FrameError> {
        Ok(Self { frame: required(frame, command, name::TRANSACTION)? })
    }
}

/// When a message counts as consumed (the `ack` header of SUBSCRIBE).
///
/// ```
/// use stomp_proto::{AckMode, ClientFrame, Version, compose};
///
/// let frame = compose::subscribe("0", "/queue/a", AckMode::ClientIndividual).build()?;
/// let ClientFrame::Subscribe(subscribe) = ClientFrame::parse(frame, Version::V1_2)? else { panic!() };
/// assert_eq!(subscribe.ack(), AckMode::ClientIndividual);
/// assert_eq!(AckMode::default().as_str(), "auto");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AckMode {
    /// When it is sent.
    #[default]
    Auto,
    /// When it or a later one of the subscription is acknowledged.
    Client,
    /// When it is acknowledged itself.
    ClientIndividual,
}

impl AckMode {
    /// The text of the `ack` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Client => "client",
            Self::ClientIndividual => "client-individual",
        }
    }
}

impl Subscribe {
    fn parse(frame: Frame, version: Version) -> Result<Self, FrameError> {
        let frame = required(frame, "SUBSCRIBE", name::DESTINATION)?;
        let view = Self {
            frame: if version > Version::V1_0 { required(frame, "SUBSCRIBE", name::ID)? } else { frame },
        };
        view.parse_ack().map(|_| view)
    }

    /// When messages count as consumed.
    pub fn ack(&self) -> AckMode {
        // Checked by the constructor.
        self.parse_ack().unwrap_or_default()
    }

    fn parse_ack(&self) -> Result<AckMode, FrameError> {
        let Some(text) = self.frame.headers().get(name::ACK) else {
            return Ok(AckMode::default());
        };
        let modes = [AckMode::Auto, AckMode::Client, AckMode::ClientIndividual];
        modes.into_iter().find(|mode| mode.as_str() == text).ok_or(FrameError::InvalidHeader {
            command: "SUBSCRIBE",
            header: name::ACK,
            expected: "auto, client or client-individual",
        })
    }
}

impl Unsubscribe {
    fn parse(frame: Frame, version: Version) -> Result<Self, FrameError> {
        let by_destination = version == Version::V1_0 && frame.headers().contains(name::DESTINATION);
        Ok(Self { frame: if by_destination { frame } else { required(frame, "UNSUBSCRIBE", name::ID)? } })
    }
}
