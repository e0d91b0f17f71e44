//! A frame: command, headers, body.

use alloc::string::String;

use bytes::Bytes;

use crate::{
    ByteStr, Command, Headers,
    detach::detached,
    entries::{Entries, Entry},
};

/// What a builder has room for at first, in octets: the heads of most frames.
const ROOM: usize = 128;

/// One STOMP frame, decoded or built, with its headers unescaped.
///
/// Cloning shares the memory. A decoded frame also shares the decoder's read buffer: call
/// [`detach`](Self::detach) on a small frame that is to be kept for long.
///
/// ```
/// use stomp_proto::{Command, Frame};
///
/// let frame = Frame::builder(Command::Send).header("destination", "/a").body("hi").build();
/// assert_eq!(frame.command(), &Command::Send);
/// assert_eq!(frame.headers().iter().collect::<Vec<_>>(), [("destination", "/a")]);
/// assert_eq!(frame.detach(), frame);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    command: Command,
    headers: Headers,
    body: Bytes,
}

impl Frame {
    pub(crate) fn new(command: Command, headers: Headers, body: Bytes) -> Self {
        Self { command, headers, body }
    }

    /// Starts a frame with no headers and no body.
    ///
    /// ```
    /// use stomp_proto::{Command, Frame};
    ///
    /// let frame = Frame::builder(Command::from("HELLO")).header("to", "you").build();
    /// assert_eq!(frame.command().as_str(), "HELLO");
    /// ```
    pub fn builder(command: Command) -> FrameBuilder {
        let mut text = String::with_capacity(ROOM);
        text.push_str(command.as_str());
        text.push('\n');
        FrameBuilder { command, text, entries: Entries::default(), body: Bytes::new() }
    }

    /// The first line.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The header entries.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The octets behind the blank line, without the NUL.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The frame taken apart.
    ///
    /// ```
    /// use stomp_proto::{Command, Frame};
    ///
    /// let (command, headers, body) = Frame::builder(Command::Send).body("hi").build().into_parts();
    /// assert_eq!((command, headers.len(), &body[..]), (Command::Send, 0, &b"hi"[..]));
    /// ```
    pub fn into_parts(self) -> (Command, Headers, Bytes) {
        (self.command, self.headers, self.body)
    }

    /// About the memory that the frame keeps alive, in octets.
    pub fn size(&self) -> usize {
        self.headers.head().len() + self.body.len()
    }

    /// The body as JSON, whatever its `content-type` says.
    ///
    /// # Errors
    ///
    /// What [`serde_json`] says of a body that is no JSON, or not that of a `T`.
    ///
    /// ```
    /// # use stomp_proto::compose;
    /// let frame = compose::send("/a").json(&["tea", "milk"])?.build()?;
    /// assert_eq!(frame.headers().get("content-type"), Some("application/json"));
    /// assert_eq!(frame.json::<Vec<String>>()?, ["tea", "milk"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "serde")]
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// The same frame in memory of its own, so that keeping it does not keep the read buffer it came in.
    ///
    /// One allocation for a frame of up to 4 KiB, two for a larger one.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use stomp_proto::{Decoder, Item};
    ///
    /// let mut read = BytesMut::from(&b"SEND\ndestination:/a\n\nhi\0"[..]);
    /// let Some(Item::Frame(frame)) = Decoder::new().decode(&mut read)? else { panic!() };
    /// let kept = frame.detach();
    /// drop(frame);
    /// // Nothing holds the read buffer any more: its memory can be used again.
    /// assert!(read.try_reclaim(24));
    /// assert_eq!(kept.body(), "hi");
    /// # Ok::<(), stomp_proto::DecodeError>(())
    /// ```
    #[must_use]
    pub fn detach(&self) -> Self {
        let head = self.headers.head().as_bytes();
        let octets = detached(head, &self.body);
        Self {
            command: self.command.clone(),
            headers: self.headers.with_head(ByteStr::from_checked(octets.slice(..head.len()))),
            body: octets.slice(head.len()..),
        }
    }
}

/// Builds a [`Frame`]; whether a version can carry it is checked when it is encoded.
///
/// ```
/// use stomp_proto::{Command, Frame};
///
/// let builder = Frame::builder(Command::Send).header("destination", "/a");
/// let frames = ["one", "two"].map(|body| builder.clone().body(body).build());
/// assert_eq!(frames[1].body(), "two");
/// ```
#[derive(Debug, Clone)]
pub struct FrameBuilder {
    command: Command,
    text: String,
    entries: Entries,
    body: Bytes,
}

impl FrameBuilder {
    /// Appends a header entry; neither part is escaped yet.
    ///
    /// # Panics
    ///
    /// If all headers together are longer than 4 GiB.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let start = self.text.len();
        self.text.push_str(name);
        self.text.push(':');
        self.text.push_str(value);
        let end = u32::try_from(self.text.len()).expect("headers fit 4 GiB");
        self.text.push('\n');
        // Both are at most `end`, which fits.
        self.entries.push(Entry { start: start as u32, colon: (start + name.len()) as u32, end });
        self
    }

    /// Sets the body. `content-length` is added when the frame is encoded.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The frame.
    pub fn build(mut self) -> Frame {
        self.text.push('\n');
        Frame::new(self.command, Headers::new(ByteStr::from(self.text), self.entries), self.body)
    }
}
