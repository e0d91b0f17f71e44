//! The connection's side of a session over HTTP.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::mpsc,
    time::{Instant, Sleep, sleep_until},
};

use super::{frame, goodbye, session::Session, sessions::Sessions};
use crate::{
    session::Closing,
    transport::{Outgoing, Transport},
};

/// How long a client may be without a receiver before it counts as gone.
const GONE: Duration = Duration::from_secs(5);

/// Takes what `xhr_send` brings, and queues what receivers send.
#[derive(Debug)]
pub(super) struct HttpTransport {
    session: Arc<Session>,
    sessions: Arc<Sessions>,
    incoming: mpsc::Receiver<Bytes>,
    gone: Pin<Box<Sleep>>,
}

impl HttpTransport {
    pub(super) fn new(
        session: Arc<Session>,
        sessions: Arc<Sessions>,
        incoming: mpsc::Receiver<Bytes>,
    ) -> Self {
        let gone = Box::pin(sleep_until(Instant::now() + GONE));
        Self { session, sessions, incoming, gone }
    }
}

impl Transport for HttpTransport {
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Some(octets)) = self.incoming.poll_recv(cx) {
            input.extend_from_slice(&octets);
            return Poll::Ready(Ok(octets.len()));
        }
        self.session.register(cx.waker());
        if self.session.is_over() {
            return Poll::Ready(Ok(0));
        }
        let Some(since) = self.session.alone_since() else {
            return Poll::Pending;
        };
        if self.gone.deadline() != since + GONE {
            self.gone.as_mut().reset(since + GONE);
        }
        ready!(self.gone.as_mut().poll(cx));
        self.session.interrupt();
        Poll::Ready(Ok(0))
    }

    fn push(&mut self, frame: Outgoing<'_>) {
        self.session.push(frame::quote(&[frame.prefix, frame.rest]));
    }

    fn has_output(&self) -> bool {
        self.session.has_output()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.session.poll_flush(cx)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, reason: Closing) -> Poll<io::Result<()>> {
        let (code, text) = goodbye(reason);
        self.session.close(code, text);
        self.session.register(cx.waker());
        if self.session.alone_since().is_none() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn logged_in(&mut self) {
        self.sessions.logged_in(&self.session);
    }

    fn written(&self) -> u64 {
        self.session.taken()
    }
}

impl Drop for HttpTransport {
    /// The client is told, whatever ended the connection.
    fn drop(&mut self) {
        if !self.session.is_over() {
            self.session.interrupt();
        }
        self.sessions.end(&self.session);
    }
}
