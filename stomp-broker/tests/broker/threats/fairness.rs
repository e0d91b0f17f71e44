//! Clients that send without a pause, beside one that does not. Nothing is timed: what is counted is how far the one comes
//! before the other has its turn, on the one thread that they share.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use stomp_broker::{
    Peer,
    proto::{Command, Frame},
    testing::Client,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::server;

/// A client whose next octets have always arrived already, up to an end that a test does not reach.
struct Flood {
    login: &'static [u8],
    /// Sent again and again.
    frames: Vec<u8>,
    read: Arc<AtomicUsize>,
}

const END: usize = 64 << 20;

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.login.is_empty() {
            buf.put_slice(self.login);
            self.login = b"";
        } else {
            while self.read.load(Ordering::Relaxed) < END && buf.remaining() >= self.frames.len() {
                buf.put_slice(&self.frames);
                self.read.fetch_add(self.frames.len(), Ordering::Relaxed);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The most octets that a flood of these frames gets rid of while another client is served once.
async fn read_in_one_turn(frames: &[u8]) -> usize {
    let server = server().await;
    let mut healthy = Client::open(&server);
    healthy.connect().await;
    healthy.subscribe("s", "/topic/healthy").await;
    let read = Arc::new(AtomicUsize::new(0));
    let login = b"CONNECT\naccept-version:1.2\nhost:localhost\n\n\0";
    let flood = Flood { login, frames: frames.to_vec(), read: Arc::clone(&read) };
    server.serve_stream(flood, Peer::default());
    let mut most = 0;
    for _ in 0..10 {
        let before = read.load(Ordering::Relaxed);
        let send = Frame::builder(Command::Send).header("destination", "/topic/healthy").body("hi");
        healthy.send(send.build()).await;
        healthy.expect(Command::Message).await;
        most = most.max(read.load(Ordering::Relaxed) - before);
    }
    assert!((1..END).contains(&read.load(Ordering::Relaxed)), "the flood goes on meanwhile");
    most
}

#[tokio::test]
async fn t41_a_flood_of_messages_leaves_others_their_turn() {
    let read = read_in_one_turn(b"SEND\ndestination:/topic/flood\n\nx\0").await;
    assert!(read < 512 * 1024, "{read} octets");
}

#[tokio::test]
async fn t41_a_flood_of_heart_beats_leaves_others_their_turn() {
    let read = read_in_one_turn(b"\n").await;
    assert!(read < 2 << 20, "{read} octets");
}

#[tokio::test]
async fn t41_a_flood_of_transactions_leaves_others_their_turn() {
    let read = read_in_one_turn(
        b"BEGIN\ntransaction:t\n\n\0SEND\ndestination:/topic/flood\ntransaction:t\n\nx\0COMMIT\ntransaction:t\n\n\0",
    );
    let read = read.await;
    assert!(read < 2 << 20, "{read} octets");
}
