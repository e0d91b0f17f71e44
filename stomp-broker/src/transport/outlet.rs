//! Where frames of a WebSocket leave: those of messages, and between them what the library says itself.
//!
//! ```text
//! messages ── queue() ────────────┐
//!                                 ├──▶ Queue ──▶ stream
//! pongs, close ── poll_write ─────┘
//! ```
//!
//! The library would copy each message into a buffer of every connection, and keep the room for as long as it lives.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Counted, queue::Queue};

/// A stream for the library to read from and to write to.
#[derive(Debug)]
pub(super) struct Outlet<S> {
    stream: Counted<S>,
    queue: Queue,
}

impl<S> Outlet<S> {
    pub(super) fn new(stream: Counted<S>) -> Self {
        Self { stream, queue: Queue::default() }
    }

    pub(super) fn stream(&self) -> &Counted<S> {
        &self.stream
    }

    pub(super) fn stream_mut(&mut self) -> &mut Counted<S> {
        &mut self.stream
    }

    /// What is to be written, to add to in whole frames.
    pub(super) fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// Whether something is queued.
    pub(super) fn has_output(&self) -> bool {
        !self.queue.is_empty()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Outlet<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Outlet<S> {
    /// Takes all of it, so that frames stay whole, but nothing before what is queued has left: a peer that pings and
    /// does not read would have pongs queued without end.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, queue } = &mut *self;
        ready!(queue.poll_write_to(stream, cx))?;
        queue.copy(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, queue } = &mut *self;
        ready!(queue.poll_write_to(stream, cx))?;
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
