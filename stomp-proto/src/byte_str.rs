//! Text that shares the buffer it was decoded from.

use alloc::string::String;
use core::{fmt, ops::Deref, ops::Range};

use bytes::Bytes;

/// UTF-8 text in a [`Bytes`]: cloning and slicing share the memory.
///
/// ```
/// use stomp_proto::ByteStr;
///
/// let text = ByteStr::from_static("/topic/a");
/// assert_eq!(text.slice(7..8).unwrap(), "a");
/// assert_eq!(text.slice(7..9), None);
/// ```
///
/// Invariant: `bytes` is valid UTF-8. Every constructor checks it or takes a `str`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteStr {
    bytes: Bytes,
}

impl ByteStr {
    /// Text without an allocation.
    pub const fn from_static(text: &'static str) -> Self {
        Self { bytes: Bytes::from_static(text.as_bytes()) }
    }

    /// Wraps octets that the caller has checked to be UTF-8.
    ///
    /// Debug builds check again.
    pub(crate) fn from_checked(bytes: Bytes) -> Self {
        debug_assert!(core::str::from_utf8(&bytes).is_ok());
        Self { bytes }
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: `bytes` is valid UTF-8, the invariant of this type; nothing hands out the octets mutably.
        #[allow(unsafe_code)]
        unsafe {
            core::str::from_utf8_unchecked(&self.bytes)
        }
    }

    /// The part at `range`, sharing the memory; `None` when it is out of bounds or cuts a character.
    ///
    /// ```
    /// let text = stomp_proto::ByteStr::from("na\u{ef}ve");
    /// assert_eq!(text.slice(0..2).unwrap(), "na");
    /// assert_eq!(text.slice(0..3), None, "it would cut a character");
    /// ```
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.as_str().get(range.clone())?;
        Some(Self { bytes: self.bytes.slice(range) })
    }

    /// The octets, sharing the memory.
    ///
    /// ```
    /// assert_eq!(stomp_proto::ByteStr::from_static("hi").into_bytes(), "hi");
    /// ```
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl Deref for ByteStr {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ByteStr {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl core::borrow::Borrow<str> for ByteStr {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for ByteStr {
    fn from(text: String) -> Self {
        Self { bytes: Bytes::from(text) }
    }
}

impl From<&str> for ByteStr {
    fn from(text: &str) -> Self {
        Self { bytes: Bytes::copy_from_slice(text.as_bytes()) }
    }
}

impl TryFrom<Bytes> for ByteStr {
    type Error = core::str::Utf8Error;

    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        core::str::from_utf8(&bytes)?;
        Ok(Self { bytes })
    }
}

impl PartialEq<str> for ByteStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ByteStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
