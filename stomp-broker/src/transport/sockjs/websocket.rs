//! WebSockets with SockJS framing: each message is a SockJS frame, or from the client an array of messages.

use std::{
    future::Future,
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep},
};

use super::{HEART_BEAT, frame, goodbye};
use crate::{
    session::Closing,
    transport::{Outgoing, Transport, websocket::WebSocketTransport},
};

/// A WebSocket with another protocol inside.
#[derive(Debug)]
pub(super) struct FramedWebSocket<S> {
    socket: WebSocketTransport<S>,
    /// Whether a frame of STOMP is queued. SockJS's own are no output: heart-beats of STOMP are due all the same.
    has_output: bool,
    /// What has come of a message: an array has no meaning before it is whole.
    message: BytesMut,
    last_frame: Instant,
    heart_beat: Pin<Box<Sleep>>,
    finishing: bool,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> FramedWebSocket<S> {
    /// Opens the session.
    pub(super) fn new(socket: WebSocketTransport<S>) -> Self {
        let mut framed = Self {
            socket,
            has_output: false,
            message: BytesMut::new(),
            last_frame: Instant::now(),
            heart_beat: Box::pin(sleep(HEART_BEAT)),
            finishing: false,
        };
        framed.send(Bytes::from_static(frame::OPEN.as_bytes()));
        framed
    }

    fn send(&mut self, frame: Bytes) {
        self.last_frame = Instant::now();
        self.socket.push(Outgoing::alone(&frame, true));
    }

    /// Sends what SockJS itself has to say, if only that an idle connection is alive. The timer may fire early: frames
    /// do not set it anew.
    fn poll_heart_beat(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.heart_beat.as_mut().poll(cx).is_ready() {
            if self.last_frame.elapsed() >= HEART_BEAT {
                self.send(Bytes::from_static(frame::HEART_BEAT.as_bytes()));
            }
            self.heart_beat.as_mut().reset(self.last_frame + HEART_BEAT);
        }
        if !self.has_output
            && self.socket.has_output()
            && let Poll::Ready(result) = self.socket.poll_flush(cx)
        {
            result?;
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for FramedWebSocket<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        self.poll_heart_beat(cx)?;
        let Self { socket, message, .. } = self;
        let before = input.len();
        while input.len() == before {
            let take = |part: &[u8], is_last| {
                message.extend_from_slice(part);
                if is_last && !message.is_empty() {
                    // An idle connection keeps no buffer.
                    let message = mem::take(message);
                    frame::decode(&message, |message| input.extend_from_slice(message.as_bytes()))?;
                }
                Ok(())
            };
            if !ready!(socket.poll_parts(cx, take))? {
                break;
            }
        }
        Poll::Ready(Ok(input.len() - before))
    }

    fn holds_part(&self) -> bool {
        !self.message.is_empty()
    }

    fn push(&mut self, frame: Outgoing<'_>) {
        self.has_output = true;
        self.send(frame::messages([frame::quote(&[frame.prefix, frame.rest])]).into());
    }

    fn has_output(&self) -> bool {
        self.has_output
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.socket.poll_flush(cx))?;
        self.has_output = false;
        Poll::Ready(Ok(()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, reason: Closing) -> Poll<io::Result<()>> {
        if !self.finishing {
            self.finishing = true;
            // Who breaks the protocol below is told by that protocol alone: another reason first would hide it.
            if !self.socket.is_at_fault() {
                let (code, text) = goodbye(reason);
                self.send(frame::close(code, text).into());
            }
        }
        self.socket.poll_finish(cx, reason)
    }

    fn logged_in(&mut self) {
        self.socket.logged_in();
    }

    fn written(&self) -> u64 {
        self.socket.written()
    }
}
