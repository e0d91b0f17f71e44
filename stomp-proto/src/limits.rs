//! What a decoder refuses before it costs memory.

/// Bounds on one frame, all in octets but `headers`.
///
/// A frame over a bound is refused as soon as that is known: on the unfinished line, on the declared
/// `content-length`, never after buffering it. The defaults suit a public server; [`Limits::before_connect`]
/// is the tighter set for peers that have not logged in.
///
/// ```
/// let limits = stomp_proto::Limits { body: 4 << 20, ..Default::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Command and header lines with their line ends, up to the blank line. At most 4 GiB - 1.
    pub head: u32,
    /// Header entries in one frame; repeated ones count.
    pub headers: usize,
    /// One command or header line without its line end.
    pub header_line: usize,
    /// The body.
    pub body: usize,
}

impl Limits {
    /// 8 KiB for everything: room for a bearer token, and little for anyone who has none.
    ///
    /// ```
    /// assert_eq!(stomp_proto::Limits::before_connect().body, 0);
    /// ```
    pub const fn before_connect() -> Self {
        Self { head: 8 * 1024, headers: 64, header_line: 8 * 1024, body: 0 }
    }

    /// No bound but what the decoder's offsets can count. For trusted peers and tools.
    ///
    /// ```
    /// let mut decoder = stomp_proto::Decoder::with_limits(stomp_proto::Limits::unlimited());
    /// ```
    pub const fn unlimited() -> Self {
        Self { head: u32::MAX, headers: usize::MAX, header_line: usize::MAX, body: usize::MAX }
    }
}

impl Default for Limits {
    /// 64 headers of up to 8 KiB, 32 KiB of head, 256 KiB of body.
    fn default() -> Self {
        Self { head: 32 * 1024, headers: 64, header_line: 8 * 1024, body: 256 * 1024 }
    }
}
