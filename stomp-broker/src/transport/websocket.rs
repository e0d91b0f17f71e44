//! WebSocket connections (RFC 6455): messages in are octets of the stream, every frame out is one message.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::CapacityError,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                FrameHeader,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use super::{
    Counted, Outgoing, Transport,
    deflate::{self, InflateError},
    marks::Mark,
    outlet::Outlet,
    upgrade::Messages,
};
use crate::session::Closing;

/// A WebSocket behind its handshake.
#[derive(Debug)]
pub(crate) struct WebSocketTransport<S> {
    socket: WebSocketStream<Outlet<S>>,
    messages: Messages,
    /// The octets that may be made of a compressed message: fewer before the login.
    max_inflated: usize,
    /// Set when the peer broke the WebSocket protocol: how to say so.
    fault: Option<CloseCode>,
    finishing: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketTransport<S> {
    /// Takes over an upgraded connection; `before_login` octets bound all that is read until then: the library
    /// collects a message before anybody can look at it.
    pub(crate) async fn new(stream: S, messages: Messages, before_login: usize) -> Self {
        let mut stream = Counted::new(stream);
        stream.allow(before_login as u64);
        if messages.deflate {
            stream = stream.with_marks();
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(ANSWERS)
            .max_message_size(Some(messages.max))
            .max_frame_size(Some(messages.max));
        Self {
            socket: WebSocketStream::from_raw_socket(Outlet::new(stream), Role::Server, Some(config)).await,
            messages,
            max_inflated: before_login,
            fault: None,
            finishing: false,
        }
    }

    /// Whether the peer broke the protocol, which the close code will say.
    pub(super) fn is_at_fault(&self) -> bool {
        self.fault.is_some()
    }

    /// Appends a message of the peer's to `input`; fails with the code that says what is wrong with it.
    fn take_in(&mut self, payload: &[u8], input: &mut BytesMut) -> Result<usize, CloseCode> {
        let mark = self.socket.get_mut().stream_mut().take_mark();
        if mark == Mark::Plain {
            input.extend_from_slice(payload);
            return Ok(payload.len());
        }
        let message = deflate::inflate(payload, self.max_inflated).map_err(|error| match error {
            InflateError::TooLarge => CloseCode::Size,
            InflateError::Malformed => CloseCode::Invalid,
        })?;
        if mark == Mark::Text && std::str::from_utf8(&message).is_err() {
            return Err(CloseCode::Invalid);
        }
        input.extend_from_slice(&message);
        Ok(message.len())
    }

    /// The end of the stream, noting how to answer a fault of the peer's.
    fn end(&mut self, error: Error) -> io::Result<usize> {
        self.fault = match error {
            Error::ConnectionClosed | Error::AlreadyClosed => return Ok(0),
            Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Some(CloseCode::Size),
            Error::Io(error) => return Err(error),
            Error::Utf8(_) => Some(CloseCode::Invalid),
            Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(CloseCode::Size),
            _ => Some(CloseCode::Protocol),
        };
        Ok(0)
    }
}

/// Small, since many connections wait at a time; large messages grow it.
const READ_BUFFER: usize = 2048;

/// The octets of pongs that wait; of more, only the latest does (RFC 6455, section 5.5.3).
const ANSWERS: usize = 1024;

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for WebSocketTransport<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        if self.fault.is_some() {
            return Poll::Ready(Ok(0));
        }
        loop {
            let payload = match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                None | Some(Ok(Message::Close(_))) => return Poll::Ready(Ok(0)),
                Some(Err(error)) => return Poll::Ready(self.end(error)),
                Some(Ok(Message::Text(text))) => Bytes::from(text),
                Some(Ok(Message::Binary(binary))) => binary,
                // The library answers a ping when it reads on. That is no output of ours: heart-beats of STOMP
                // are due all the same.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            };
            match self.take_in(&payload, input) {
                Ok(0) => {}
                Ok(size) => return Poll::Ready(Ok(size)),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Poll::Ready(Ok(0));
                }
            }
        }
    }

    fn push(&mut self, frame: Outgoing<'_>) {
        let deflated = frame.compressed.and_then(|rest| Some((deflate::stored(frame.prefix)?, rest)));
        let (block, rest) = match &deflated {
            Some((block, rest)) => (&block[..], *rest),
            None => (&[][..], frame.rest),
        };
        let header = FrameHeader {
            opcode: OpCode::Data(if frame.is_text { Data::Text } else { Data::Binary }),
            rsv1: deflated.is_some(),
            ..FrameHeader::default()
        };
        let length = block.len() + frame.prefix.len() + rest.len();
        let queue = self.socket.get_mut().queue();
        queue.copy(encode(&header, length, &mut [0; MAX_HEADER]));
        queue.copy(block);
        queue.push(frame.prefix, rest);
    }

    fn has_output(&self) -> bool {
        self.socket.get_ref().has_output()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.socket.get_mut()).poll_flush(cx)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, reason: Closing) -> Poll<io::Result<()>> {
        if !self.finishing {
            self.finishing = true;
            let code = self.fault.unwrap_or_else(|| close_code(reason));
            let close = Message::Close(Some(CloseFrame { code, reason: "".into() }));
            let _ = Pin::new(&mut self.socket).start_send(close);
        }
        // What the library has to say is in our queue then; it may have said it all before.
        if let Err(Error::Io(error)) = ready!(Pin::new(&mut self.socket).poll_flush(cx)) {
            return Poll::Ready(Err(error));
        }
        self.poll_flush(cx)
    }

    fn wants_compressed(&self) -> bool {
        self.messages.deflate
    }

    fn logged_in(&mut self) {
        self.max_inflated = self.messages.max;
        self.socket.get_mut().stream_mut().allow(u64::MAX);
    }

    fn written(&self) -> u64 {
        self.socket.get_ref().stream().written()
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
