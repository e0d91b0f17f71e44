//! Streams of octets: TCP and anything else that is `AsyncRead + AsyncWrite`.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::{Counted, Outgoing, Transport, queue::Queue};
use crate::session::Closing;

/// Where there is so much room in a buffer, a large frame is awaited.
const READ_DIRECT: usize = 4096;

/// The size of one read into the buffer that all connections of a thread share.
const READ: usize = 32 * 1024;

thread_local! {
    /// Connections have no read buffer of their own while they wait: what arrives is copied to one of the right size.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

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
    SCRATCH.with_borrow_mut(|scratch| {
        let mut read = ReadBuf::new(scratch);
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        input.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
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
