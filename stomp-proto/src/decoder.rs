//! Octets to frames, resumable at every octet.
//!
//! ```text
//!            EOL: a heart-beat
//!              ┌────┐
//!              ▼    │      a command line            blank line
//!           Between ─────────────────────▶ Head ─────────────────▶ Body
//!              ▲                          ▲    │ header line        │
//!              │                          └────┘                    │ NUL: a frame
//!              └────────────────────────────────────────────────────┘
//! ```
//! What is incomplete stays in the caller's buffer; the decoder remembers how far it has looked.

use bytes::{Buf, BytesMut};

use crate::{
    ByteStr, Command, DecodeError, Frame, Leniency, Limits, Version,
    body::Body,
    examined::examined,
    head::Head,
    header::name,
    rules::{Cr, Rules},
};

/// What a decoder finds in the stream.
///
/// ```
/// use stomp_proto::Item;
///
/// fn describe(item: Item) -> String {
///     match item {
///         Item::Frame(frame) => frame.command().to_string(),
///         Item::HeartBeat => "a heart-beat".to_owned(),
///     }
/// }
/// assert_eq!(describe(Item::HeartBeat), "a heart-beat");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
// Boxing the frame would cost every one of them an allocation.
#[allow(clippy::large_enum_variant)]
pub enum Item {
    /// A frame.
    Frame(Frame),
    /// A line end between frames: a heart-beat, or padding behind a frame.
    HeartBeat,
}

/// Turns a stream of octets into [`Item`]s.
///
/// Append what you read to a [`BytesMut`] and call [`decode`](Self::decode) until it returns `None`. The
/// outcome does not depend on how the stream was cut. A new decoder reads by the rules of 1.2; once CONNECT
/// or CONNECTED has settled the version, call [`set_version`](Self::set_version) before the next frame.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Decoder, Item};
///
/// let mut decoder = Decoder::new();
/// let mut read = BytesMut::from("\nSEND\ndestination:/a\n\nhi\0SEND\ndest");
/// assert_eq!(decoder.decode(&mut read)?, Some(Item::HeartBeat));
/// let Some(Item::Frame(frame)) = decoder.decode(&mut read)? else { panic!() };
/// assert_eq!(frame.body(), "hi");
/// assert_eq!(decoder.decode(&mut read)?, None);
/// # Ok::<(), stomp_proto::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    rules: Rules,
    state: State,
    head: Head,
    /// Set by the first error; there is no way back into the stream.
    failed: Option<DecodeError>,
    failed_receipt: Option<ByteStr>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Between,
    Head,
    Body(Body),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder with the default [`Limits`] and the rules of 1.2.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A decoder with the rules of 1.2.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::{DecodeError, Decoder, Limits};
    ///
    /// let mut decoder = Decoder::with_limits(Limits { body: 4, ..Limits::default() });
    /// let mut read = BytesMut::from("SEND\ncontent-length:1000000000000000\n\n");
    /// // Refused as soon as it is announced.
    /// assert_eq!(decoder.decode(&mut read), Err(DecodeError::BodyTooLarge { limit: 4 }));
    /// ```
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            rules: Rules { version: Version::V1_2, limits, leniency: Leniency::default() },
            state: State::Between,
            head: Head::default(),
            failed: None,
            failed_receipt: None,
        }
    }

    /// The version whose rules apply.
    pub fn version(&self) -> Version {
        self.rules.version
    }

    /// Changes the rules for the frames that come next (STOMP 1.2, "Protocol Negotiation").
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::{Decoder, Item, Version};
    ///
    /// let mut decoder = Decoder::new();
    /// decoder.set_version(Version::V1_0);
    /// // 1.0 has no escapes, and pads with spaces.
    /// let mut read = BytesMut::from("SEND\npath: C:\\new\n\n\0");
    /// let Some(Item::Frame(frame)) = decoder.decode(&mut read)? else { panic!() };
    /// assert_eq!(frame.headers().get("path"), Some("C:\\new"));
    /// # Ok::<(), stomp_proto::DecodeError>(())
    /// ```
    pub fn set_version(&mut self, version: Version) {
        self.rules.version = version;
    }

    /// Changes the limits for the frames that come next.
    ///
    /// ```
    /// use stomp_proto::{Decoder, Limits};
    ///
    /// let mut decoder = Decoder::with_limits(Limits::before_connect());
    /// // The client has logged in.
    /// decoder.set_limits(Limits::default());
    /// ```
    pub fn set_limits(&mut self, limits: Limits) {
        self.rules.limits = limits;
    }

    /// Changes what is tolerated in the frames that come next; by default nothing.
    pub fn set_leniency(&mut self, leniency: Leniency) {
        self.rules.leniency = leniency;
    }

    /// The next item in `src`, whose octets are taken out of it; `None` when it needs more input.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] at the first octet that no frame can contain; every later call returns it again.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::{DecodeError, Decoder};
    ///
    /// let (mut decoder, mut read) = (Decoder::new(), BytesMut::from("SEND\ndestina"));
    /// assert_eq!(decoder.decode(&mut read), Ok(None));
    /// read.extend_from_slice(b"tion\n");
    /// assert_eq!(decoder.decode(&mut read), Err(DecodeError::MalformedHeader));
    /// ```
    pub fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Item>, DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.step(src) {
            Ok(Step::Frame { body }) => Ok(Some(Item::Frame(self.head.take_frame(src, body)))),
            Ok(Step::HeartBeat) => Ok(Some(Item::HeartBeat)),
            Ok(Step::Starved) => Ok(None),
            Err(error) => {
                self.failed = Some(error.clone());
                self.failed_receipt = self.receipt(src);
                Err(error)
            }
        }
    }

    /// The command of the frame that is incomplete yet, once its first line is there.
    ///
    /// By it a server can refuse a peer that speaks another protocol, without waiting for a NUL that may never come.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::{Command, Decoder};
    ///
    /// let mut decoder = Decoder::new();
    /// decoder.decode(&mut BytesMut::from("GET / HTTP/1.1\r\nHost: a\r\n"))?;
    /// assert_eq!(decoder.pending_command(), Some(&Command::from("GET / HTTP/1.1")));
    /// # Ok::<(), stomp_proto::DecodeError>(())
    /// ```
    pub fn pending_command(&self) -> Option<&Command> {
        self.head.command()
    }

    /// The `receipt` header of the frame that could not be decoded, if it had been read by then.
    ///
    /// An ERROR frame should name it in `receipt-id` (STOMP 1.2, "ERROR").
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// let mut read = BytesMut::from("SEND\nreceipt:77\nno colon\n\n\0");
    /// assert!(decoder.decode(&mut read).is_err());
    /// assert_eq!(decoder.failed_receipt(), Some("77"));
    /// ```
    pub fn failed_receipt(&self) -> Option<&str> {
        self.failed_receipt.as_deref()
    }

    fn receipt(&self, src: &[u8]) -> Option<ByteStr> {
        let value = self.head.value(src, name::RECEIPT)?;
        core::str::from_utf8(value).ok().map(ByteStr::from)
    }

    #[inline]
    fn step(&mut self, src: &mut BytesMut) -> Result<Step, DecodeError> {
        let (rules, head) = (&self.rules, &mut self.head);
        if let State::Between = self.state {
            if let Some(step) = between(src, rules)? {
                return Ok(step);
            }
            self.state = State::Head;
        }
        let mut body = match self.state {
            State::Body(body) => body,
            _ if head.read(src, rules)? => Body::expected(head, src, rules)?,
            _ => return Ok(Step::Starved),
        };
        let length = body.read(src, head.length(), rules.limits.body)?;
        self.state = length.map_or(State::Body(body), |_| State::Between);
        Ok(length.map_or(Step::Starved, |body| Step::Frame { body }))
    }
}

/// How far the octets at hand lead.
enum Step {
    HeartBeat,
    /// To the end of a frame with a body of so many octets.
    Frame {
        body: usize,
    },
    /// Nowhere without more of them.
    Starved,
}

/// Takes a line end out of `src`, if one is there; `None` where a frame starts.
fn between(src: &mut BytesMut, rules: &Rules) -> Result<Option<Step>, DecodeError> {
    if rules.leniency.nul_between_frames {
        let nuls = src.iter().take_while(|&&octet| octet == 0).count();
        src.advance(nuls);
        examined(nuls);
    }
    examined(1);
    let line_end = match (src.first(), src.get(1)) {
        (None, _) => return Ok(Some(Step::Starved)),
        (Some(b'\n'), _) => 1,
        (Some(b'\r'), Some(b'\n')) if rules.cr().ends_line() => 2,
        (Some(b'\r'), None) if rules.cr().ends_line() => return Ok(Some(Step::Starved)),
        (Some(b'\r'), Some(_)) if rules.cr() == Cr::LineEnd => return Err(DecodeError::StrayCr),
        _ => return Ok(None),
    };
    src.advance(line_end);
    Ok(Some(Step::HeartBeat))
}
