//! Subscribers that cost next to nothing themselves: streams that say their part and count the frames they are sent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use stomp_broker::{Peer, Server};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::yield_now,
};

/// Frames written to all subscribers of a server. No body may hold a NUL.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    frames: Arc<AtomicU64>,
}

impl Audience {
    /// Opens a connection to `server` that subscribes to the destinations, and waits until it has.
    pub async fn subscribe(&self, server: &Server, destinations: impl IntoIterator<Item = String>) {
        let mut input = "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0".to_owned();
        for (id, destination) in destinations.into_iter().enumerate() {
            input.push_str(&format!("SUBSCRIBE\nid:{id}\ndestination:{destination}\n\n\0"));
        }
        // Its receipt is the last thing written before the messages that count.
        input.push_str("SEND\ndestination:/topic/nobody\nreceipt:subscribed\n\n\0");
        let is_ready = Arc::new(AtomicBool::new(false));
        let stream = Stream {
            input: input.into_bytes(),
            read: 0,
            frames: Arc::clone(&self.frames),
            is_ready: Arc::clone(&is_ready),
        };
        server.serve_stream(stream, Peer::default());
        while !is_ready.load(Ordering::Acquire) {
            yield_now().await;
        }
    }

    /// Waits until so many frames have been written that nobody waited for yet.
    pub async fn hear(&self, frames: u64) {
        while self.frames.load(Ordering::Acquire) < frames {
            yield_now().await;
        }
        self.frames.fetch_sub(frames, Ordering::AcqRel);
    }
}

struct Stream {
    input: Vec<u8>,
    read: usize,
    frames: Arc<AtomicU64>,
    /// Set when the RECEIPT has been written.
    is_ready: Arc<AtomicBool>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read == self.input.len() {
            // Nobody wakes it: it says nothing more, and is not over.
            return Poll::Pending;
        }
        let end = self.input.len().min(self.read + buffer.remaining());
        buffer.put_slice(&self.input[self.read..end]);
        self.read = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        if !self.is_ready.load(Ordering::Relaxed) {
            let is_ready = octets.ends_with(b"receipt-id:subscribed\n\n\0");
            self.is_ready.store(is_ready, Ordering::Release);
        } else {
            self.frames.fetch_add(memchr::memchr_iter(0, octets).count() as u64, Ordering::Release);
        }
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
