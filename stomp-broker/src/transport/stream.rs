//! Streams of octets: TCP and anything else that is `AsyncRead + AsyncWrite`.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;

use super::{Counted, Outgoing, Transport, queue::Queue, scratch};
use crate::session::Closing;

/// Where there is so much room in a buffer, a large frame is awaited.
const READ_DIRECT: usize = 4096;

/// A byte stream with a queue of what to write.
#[derive(Debug)]
pub(crate) struct StreamTransport<S> {
    stream: Counted<S>,
    queue: Queue,
}

impl<S> StreamTransport<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: Counted::new(stream), queue: Queue::default() }
    }
}

/// Appends what `stream` has to `input`: straight into it where a large frame has made room, else by the scratch buffer.
fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    input: &mut BytesMut,
) -> Poll<io::Result<usize>> {
    if input.capacity() - input.len() >= READ_DIRECT {
        return poll_read_buf(Pin::new(stream), cx, input);
    }
    scratch::poll_read(stream, cx, |octets| {
        input.extend_from_slice(octets);
        octets.len()
    })
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for StreamTransport<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        poll_read(&mut self.stream, cx, input)
    }

    fn push(&mut self, frame: Outgoing<'_>) {
        self.queue.push(frame.prefix, frame.rest);
    }

    fn has_output(&self) -> bool {
        !self.queue.is_empty()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.queue.poll_write_to(&mut self.stream, cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, _: Closing) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn written(&self) -> u64 {
        self.stream.written()
    }
}
