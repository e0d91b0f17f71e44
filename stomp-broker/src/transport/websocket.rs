//! WebSocket connections (RFC 6455): messages in are octets of the stream, every frame out is one message.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{CloseCode, Control, Data, OpCode},
};

use super::{
    Counted, Outgoing, Transport, deflate,
    deframer::{Deframer, Event},
    queue::Queue,
    scratch,
    upgrade::Messages,
};
use crate::session::Closing;

/// A WebSocket behind its handshake.
#[derive(Debug)]
pub(crate) struct WebSocketTransport<S> {
    stream: Counted<S>,
    deframer: Deframer,
    queue: Queue,
    /// The payload of the latest ping that was not answered yet.
    ping: Option<Vec<u8>>,
    /// Set when nothing more is read.
    end: Option<End>,
    wants_compressed: bool,
    finishing: bool,
}

/// Why nothing more is read.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The peer closed, by that code.
    Closed(Option<CloseCode>),
    /// The peer broke the WebSocket protocol: how to say so.
    Fault(CloseCode),
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> WebSocketTransport<S> {
    /// Takes over an upgraded connection; `before_login` octets bound all that is read until then.
    pub(crate) fn new(stream: S, messages: Messages, before_login: usize) -> Self {
        let mut stream = Counted::new(stream);
        stream.allow(before_login as u64);
        Self {
            stream,
            deframer: Deframer::new(messages, before_login),
            queue: Queue::default(),
            ping: None,
            end: None,
            wants_compressed: messages.deflate,
            finishing: false,
        }
    }

    /// Whether the peer broke the protocol, which the close code will say.
    pub(super) fn is_at_fault(&self) -> bool {
        matches!(self.end, Some(End::Fault(_)))
    }

    /// Reads once, and hands on what came of messages, each part with whether it is the last of its message; ready with
    /// `false` when nothing more will come.
    pub(super) fn poll_parts(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&[u8], bool) -> io::Result<()>,
    ) -> Poll<io::Result<bool>> {
        if self.end.is_some() {
            return Poll::Ready(Ok(false));
        }
        self.answer_ping(cx)?;
        let Self { stream, deframer, ping, end, .. } = self;
        let read = scratch::poll_read(stream, cx, |mut octets| {
            let is_open = !octets.is_empty();
            while end.is_none() {
                match deframer.next(&mut octets) {
                    Ok(Some(Event::Part(part, is_last))) => take(&part, is_last)?,
                    Ok(Some(Event::Ping(payload))) => *ping = Some(payload),
                    Ok(Some(Event::Close(code))) => *end = Some(End::Closed(code)),
                    Ok(None) => break,
                    Err(code) => *end = Some(End::Fault(code)),
                }
            }
            Ok(is_open)
        });
        let read = ready!(read);
        // Ahead of what the messages behind the ping bring about.
        self.answer_ping(cx)?;
        Poll::Ready(match read {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                self.end = Some(End::Fault(CloseCode::Size));
                Ok(false)
            }
            Err(error) => Err(error),
        })
    }

    /// Answers the latest ping (RFC 6455, section 5.5.3) once all that is queued has left: of a peer that pings and does
    /// not read, nothing piles up. A pong is no output: heart-beats of STOMP are due all the same.
    fn answer_ping(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.finishing
            && self.queue.is_empty()
            && let Some(payload) = self.ping.take()
        {
            self.push_control(Control::Pong, &payload);
            if let Poll::Ready(result) = self.poll_flush(cx) {
                result?;
            }
        }
        Ok(())
    }

    fn push_control(&mut self, control: Control, payload: &[u8]) {
        self.push_header(OpCode::Control(control), false, payload.len());
        self.queue.copy(payload);
    }

    fn push_header(&mut self, opcode: OpCode, rsv1: bool, length: usize) {
        let header = FrameHeader { opcode, rsv1, ..FrameHeader::default() };
        self.queue.copy(encode(&header, length, &mut [0; MAX_HEADER]));
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for WebSocketTransport<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        let before = input.len();
        while input.len() == before {
            let take = |part: &[u8], _| {
                input.extend_from_slice(part);
                Ok(())
            };
            if !ready!(self.poll_parts(cx, take))? {
                break;
            }
        }
        Poll::Ready(Ok(input.len() - before))
    }

    fn holds_part(&self) -> bool {
        self.deframer.holds_part()
    }

    fn push(&mut self, frame: Outgoing<'_>) {
        let deflated = frame.compressed.and_then(|rest| Some((deflate::stored(frame.prefix)?, rest)));
        let (block, rest) = match &deflated {
            Some((block, rest)) => (&block[..], *rest),
            None => (&[][..], frame.rest),
        };
        let data = if frame.is_text { Data::Text } else { Data::Binary };
        let length = block.len() + frame.prefix.len() + rest.len();
        self.push_header(OpCode::Data(data), deflated.is_some(), length);
        self.queue.copy(block);
        self.queue.push(frame.prefix, rest);
    }

    fn has_output(&self) -> bool {
        !self.queue.is_empty()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.queue.poll_write_to(&mut self.stream, cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, reason: Closing) -> Poll<io::Result<()>> {
        if !mem::replace(&mut self.finishing, true) {
            // The peer's code is sent back (section 5.5.1).
            let code = match self.end {
                Some(End::Closed(code)) => code,
                Some(End::Fault(code)) => Some(code),
                None => Some(close_code(reason)),
            };
            let payload = code.map(|code| u16::from(code).to_be_bytes());
            self.push_control(Control::Close, payload.as_ref().map_or(&[], |code| code));
        }
        self.poll_flush(cx)
    }

    fn wants_compressed(&self) -> bool {
        self.wants_compressed
    }

    fn logged_in(&mut self) {
        self.deframer.lift_limit();
        self.stream.allow(u64::MAX);
    }

    fn written(&self) -> u64 {
        self.stream.written()
    }
}

/// The longest header of a frame of the server's (RFC 6455, section 5.2).
const MAX_HEADER: usize = 10;

/// Writes the header of a frame with a payload of that length to the buffer, for which nothing need be allocated.
fn encode<'a>(header: &FrameHeader, length: usize, buffer: &'a mut [u8; MAX_HEADER]) -> &'a [u8] {
    let mut rest = &mut buffer[..];
    // The buffer has room for the longest.
    let _ = header.format(length as u64, &mut rest);
    let left = rest.len();
    buffer.get(..MAX_HEADER - left).unwrap_or_default()
}

/// The code of RFC 6455, section 7.4.1, for the end of a session.
pub(super) fn close_code(reason: Closing) -> CloseCode {
    match reason {
        Closing::Disconnected => CloseCode::Normal,
        Closing::Error => CloseCode::Protocol,
        Closing::TooSlow => CloseCode::Again,
        Closing::Shutdown => CloseCode::Away,
    }
}
