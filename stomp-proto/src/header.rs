//! The headers of a frame, in order, repeated ones included.
//!
//! ```
//! use stomp_proto::{compose, header::name};
//!
//! let frame = compose::send("/queue/a").receipt("r-1").build()?;
//! assert_eq!(frame.headers().get(name::RECEIPT), Some("r-1"));
//! # Ok::<(), stomp_proto::EncodeError>(())
//! ```

use core::fmt;

use crate::{
    ByteStr,
    entries::{Entries, Entry},
};

/// Names of the headers that the protocol defines.
///
/// ```
/// use stomp_proto::{compose, header::name};
///
/// let frame = compose::receipt("r-1").build()?;
/// assert_eq!(frame.headers().get(name::RECEIPT_ID), Some("r-1"));
/// # Ok::<(), stomp_proto::EncodeError>(())
/// ```
pub mod name {
    macro_rules! names {
        ($($name:ident = $text:literal),* $(,)?) => {
            $(#[doc = concat!("`", $text, "`")] pub const $name: &str = $text;)*
        };
    }
    names! {
        ACCEPT_VERSION = "accept-version",
        ACK = "ack",
        CONTENT_LENGTH = "content-length",
        CONTENT_TYPE = "content-type",
        DESTINATION = "destination",
        HEART_BEAT = "heart-beat",
        HOST = "host",
        ID = "id",
        LOGIN = "login",
        MESSAGE = "message",
        MESSAGE_ID = "message-id",
        PASSCODE = "passcode",
        RECEIPT = "receipt",
        RECEIPT_ID = "receipt-id",
        SERVER = "server",
        SESSION = "session",
        SUBSCRIPTION = "subscription",
        TRANSACTION = "transaction",
        VERSION = "version",
    }
}

/// Header entries in the order they came, unescaped.
///
/// Of entries with the same name the first one counts ([`get`](Self::get)); the others are kept. All share one
/// buffer, so that decoding a frame allocates nothing for them.
///
/// ```
/// use stomp_proto::{Command, Frame};
///
/// let frame = Frame::builder(Command::Send).header("foo", "World").header("foo", "Hello").build();
/// assert_eq!(frame.headers().get("foo"), Some("World"));
/// assert_eq!(frame.headers().len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Headers {
    head: ByteStr,
    entries: Entries,
}

impl Headers {
    pub(crate) fn new(head: ByteStr, entries: Entries) -> Self {
        Self { head, entries }
    }

    /// The value of the first entry of that name; names are case sensitive.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.head.get(self.first(name)?.value())
    }

    /// The value of the first entry of that name, sharing the memory.
    ///
    /// ```
    /// use stomp_proto::{ByteStr, compose};
    ///
    /// let frame = compose::send("/queue/a").build()?;
    /// let destination: ByteStr = frame.headers().get_shared("destination").unwrap();
    /// drop(frame);
    /// assert_eq!(destination, "/queue/a");
    /// # Ok::<(), stomp_proto::EncodeError>(())
    /// ```
    pub fn get_shared(&self, name: &str) -> Option<ByteStr> {
        self.head.slice(self.first(name)?.value())
    }

    /// Every value of that name, in order.
    ///
    /// ```
    /// use stomp_proto::{Command, Frame};
    ///
    /// let frame = Frame::builder(Command::Send).header("tag", "a").header("tag", "b").build();
    /// assert_eq!(frame.headers().get_all("tag").collect::<Vec<_>>(), ["a", "b"]);
    /// ```
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(entry, _)| *entry == name).map(|(_, value)| value)
    }

    /// Whether there is an entry of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Every entry as name and value, in order.
    ///
    /// ```
    /// use stomp_proto::{Command, Frame};
    ///
    /// let frame = Frame::builder(Command::Send).header("a", "1").header("b", "2").build();
    /// assert_eq!(frame.headers().iter().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        let text = |range| self.head.get(range).unwrap_or_default();
        self.entries.as_slice().iter().map(move |entry| (text(entry.name()), text(entry.value())))
    }

    /// The number of entries, repeated ones included.
    pub fn len(&self) -> usize {
        self.entries.as_slice().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.as_slice().is_empty()
    }

    fn first(&self, name: &str) -> Option<Entry> {
        self.entries.as_slice().iter().copied().find(|entry| entry.is_named(self.head.as_bytes(), name))
    }

    /// What an encoder asks of the entries, found in one pass: the first `content-length`, and whether a builder
    /// gave an entry an empty name.
    pub(crate) fn survey(&self) -> Survey<'_> {
        let mut survey = Survey { content_length: None, nameless: false };
        for entry in self.entries.as_slice() {
            survey.nameless |= entry.start == entry.colon;
            if survey.content_length.is_none() && entry.is_named(self.head.as_bytes(), name::CONTENT_LENGTH) {
                survey.content_length = self.head.get(entry.value());
            }
        }
        survey
    }

    /// The head of the frame in one piece, which the entries point into: the command, the entries as `name:value` and a
    /// blank line, with a line end each; more than that where they came escaped, and no blank line where none came.
    pub(crate) fn head(&self) -> &ByteStr {
        &self.head
    }

    /// The same entries in `head`, a copy of that which they point into.
    pub(crate) fn with_head(&self, head: ByteStr) -> Self {
        Self::new(head, self.entries.clone())
    }
}

/// See [`Headers::survey`].
pub(crate) struct Survey<'a> {
    pub(crate) content_length: Option<&'a str>,
    pub(crate) nameless: bool,
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
