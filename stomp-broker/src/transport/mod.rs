//! What carries the octets of a connection.

// Frames say whether they are text, and streams count, also where no WebSocket asks.
#![cfg_attr(not(feature = "websocket"), allow(dead_code))]

mod counted;
#[cfg(feature = "websocket")]
pub(crate) mod deflate;
#[cfg(feature = "websocket")]
mod deframer;
mod queue;
mod scratch;
#[cfg(feature = "websocket")]
mod sockjs;
mod stream;
#[cfg(feature = "websocket")]
mod text;
#[cfg(feature = "websocket")]
mod upgrade;
#[cfg(feature = "websocket")]
mod websocket;

use std::{
    io,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};

use self::counted::Counted;
#[cfg(feature = "websocket")]
pub(crate) use self::sockjs::Sessions as SockJsSessions;
pub(crate) use self::stream::StreamTransport;
use crate::session::Closing;

/// A frame, or a heart-beat, to write. It is lent: most are copied, and need not be counted for that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// What only this subscriber gets; empty for frames that are no MESSAGE.
    pub(crate) prefix: &'a [u8],
    pub(crate) rest: &'a Bytes,
    /// Whether the whole is valid UTF-8, and so fits a WebSocket text message.
    pub(crate) is_text: bool,
    /// The rest once more, compressed, for transports that [want it](Transport::wants_compressed).
    pub(crate) compressed: Option<&'a Bytes>,
}

impl<'a> Outgoing<'a> {
    /// A frame, or a part of one, that goes to this client alone.
    pub(crate) fn alone(rest: &'a Bytes, is_text: bool) -> Self {
        Self { prefix: &[], rest, is_text, compressed: None }
    }
}

/// A duplex pipe for STOMP: octets in, whole frames out.
///
/// Nothing here waits, so that one task serves both directions and neither holds the other up.
pub(crate) trait Transport: Send + Unpin {
    /// Appends what has arrived to `input`; ready with 0 when the peer has finished sending.
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>>;

    /// Whether a part of what has arrived is held back until the rest of it comes.
    fn holds_part(&self) -> bool {
        false
    }

    /// Queues a frame to be written.
    fn push(&mut self, frame: Outgoing<'_>);

    /// Whether something is queued that [`poll_flush`](Self::poll_flush) has not written yet.
    fn has_output(&self) -> bool;

    /// Writes what is queued; ready when nothing is left.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Says goodbye, in whatever way the transport has, and finishes sending.
    fn poll_finish(&mut self, cx: &mut Context<'_>, reason: Closing) -> Poll<io::Result<()>>;

    /// Whether frames may come compressed as well.
    fn wants_compressed(&self) -> bool {
        false
    }

    /// The peer has logged in: bounds on who has not are lifted.
    fn logged_in(&mut self) {}

    /// Octets that the peer's side has taken so far: while this grows, the peer is not stuck.
    fn written(&self) -> u64;
}
