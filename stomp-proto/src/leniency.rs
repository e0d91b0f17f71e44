//! What a decoder puts up with.

/// Faults of real peers that a decoder may tolerate; by default none.
///
/// Each option accepts octets that the specification gives no meaning to. It never changes how a well-formed
/// frame is read.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Decoder, Item, Leniency};
///
/// let mut decoder = Decoder::new();
/// decoder.set_leniency(Leniency { missing_blank_line: true, ..Default::default() });
/// // The example of the specification itself lacks the blank line.
/// let mut read = BytesMut::from("DISCONNECT\nreceipt:77\n\0");
/// assert!(matches!(decoder.decode(&mut read)?, Some(Item::Frame(_))));
/// # Ok::<(), stomp_proto::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency {
    /// Lines may end in CR LF before 1.2 too, where a CR is otherwise part of the line: brokers that strip it
    /// have let clients get used to it.
    pub crlf_before_1_2: bool,
    /// A NUL where a header line may start ends the frame, for clients that follow the example of DISCONNECT
    /// in STOMP 1.1 and 1.2, which lacks the blank line.
    pub missing_blank_line: bool,
    /// NULs between frames are skipped, for clients that end a frame twice.
    pub nul_between_frames: bool,
    /// An undefined escape sequence stands for itself, for clients that do not escape.
    pub undefined_escapes: bool,
}
