//! A response that carries a session's frames to its client.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep};

use super::{
    HEART_BEAT, frame,
    session::{Chunk, Session},
};

/// A streaming response ends behind so many octets, since browsers keep all of it; the next one goes on.
const RESPONSE: usize = 128 * 1024;

/// The kinds of response.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    /// One frame.
    Polling,
    Streaming,
    EventSource,
}

impl Style {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Polling | Self::Streaming => "application/javascript; charset=UTF-8",
            Self::EventSource => "text/event-stream",
        }
    }

    /// What comes ahead of the frames; so much that browsers which buffer begin to hand it over.
    pub(super) fn prelude(self) -> Bytes {
        const STREAMING: [u8; 2049] = {
            let mut octets = [b'h'; 2049];
            octets[2048] = b'\n';
            octets
        };
        Bytes::from_static(match self {
            Self::Polling => b"",
            Self::Streaming => &STREAMING,
            Self::EventSource => b"\r\n",
        })
    }

    pub(super) fn wrap(self, frame: &str) -> String {
        match self {
            Self::Polling | Self::Streaming => format!("{frame}\n"),
            Self::EventSource => format!("data: {frame}\r\n\r\n"),
        }
    }

    fn room(self) -> usize {
        match self {
            Self::Polling => 1,
            Self::Streaming | Self::EventSource => RESPONSE,
        }
    }
}

/// The one receiver of a session, from [`Session::attach`] to the end of the response.
#[derive(Debug)]
pub(super) struct Receiver {
    session: Arc<Session>,
    style: Style,
    /// Octets to go before the response ends, at the end of a frame.
    room: usize,
    heart_beat: Pin<Box<Sleep>>,
    done: bool,
}

impl Receiver {
    pub(super) fn new(session: Arc<Session>, style: Style) -> Self {
        Self { session, style, room: style.room(), heart_beat: Box::pin(sleep(HEART_BEAT)), done: false }
    }
}

impl Stream for Receiver {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let chunk = match self.session.poll_chunk(cx, self.style) {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => {
                ready!(self.heart_beat.as_mut().poll(cx));
                let octets = self.style.wrap(frame::HEART_BEAT).into();
                Chunk { octets, ends_frame: true, is_last: false }
            }
        };
        self.heart_beat.as_mut().reset(Instant::now() + HEART_BEAT);
        self.room = self.room.saturating_sub(chunk.octets.len());
        if chunk.is_last || chunk.ends_frame && self.room == 0 {
            self.done = true;
            self.session.detach();
        }
        Poll::Ready(Some(Ok(chunk.octets)))
    }
}

impl Drop for Receiver {
    /// A response that did not come to its end was interrupted, and with it the session.
    fn drop(&mut self) {
        if !self.done {
            self.session.interrupt();
            self.session.detach();
        }
    }
}
