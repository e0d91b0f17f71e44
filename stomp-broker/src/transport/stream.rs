//! Streams of octets: TCP and anything else that is `AsyncRead + AsyncWrite`.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::{Counted, Outgoing, Transport};
use crate::session::Closing;

/// Frames below this are copied together and written as one; larger ones are written from where they are.
const COPY_BELOW: usize = 4096;

/// The most chunks handed to one vectored write.
const VECTORED: usize = 64;

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
    chunks: VecDeque<Bytes>,
    /// The chunk that small frames are copied to; it comes behind `chunks`.
    open: BytesMut,
}

impl<S> StreamTransport<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: Counted::new(stream), chunks: VecDeque::new(), open: BytesMut::new() }
    }

    fn close_chunk(&mut self) {
        if !self.open.is_empty() {
            self.chunks.push_back(self.open.split().freeze());
        }
    }

    /// Forgets the first `written` octets of the queue.
    fn advance(&mut self, mut written: usize) {
        while let Some(chunk) = self.chunks.front_mut() {
            let part = written.min(chunk.len());
            chunk.advance(part);
            written -= part;
            if !chunk.is_empty() {
                return;
            }
            self.chunks.pop_front();
        }
        // An idle connection keeps no buffers.
        self.chunks = VecDeque::new();
        self.open = BytesMut::new();
    }
}

/// Appends what `stream` has to `input`: straight into it where a large frame has made room, else by the scratch buffer.
fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    input: &mut BytesMut,
) -> Poll<io::Result<usize>> {
    if input.capacity() - input.len() >= COPY_BELOW {
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

    fn push(&mut self, frame: Outgoing) {
        self.open.extend_from_slice(&frame.prefix);
        if frame.rest.len() < COPY_BELOW {
            self.open.extend_from_slice(&frame.rest);
        } else {
            self.close_chunk();
            self.chunks.push_back(frame.rest);
        }
    }

    fn has_output(&self) -> bool {
        !self.open.is_empty() || !self.chunks.is_empty()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close_chunk();
        while !self.chunks.is_empty() {
            let mut slices = [IoSlice::new(&[]); VECTORED];
            let used = self
                .chunks
                .iter()
                .zip(&mut slices)
                .map(|(chunk, slice)| *slice = IoSlice::new(chunk))
                .count();
            let slices = slices.get(..used).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>, _: Closing) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn written(&self) -> u64 {
        self.stream.written()
    }
}
