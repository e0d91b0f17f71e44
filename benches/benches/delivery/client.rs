//! Subscribers that look for the bodies in whatever they are sent, and a publisher that keeps a pace.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use memchr::memchr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream as Socket,
    task::JoinSet,
    time::timeout,
};

use crate::{
    server::{Kind, Process},
    wire::{self, DIGITS, MARK},
};

/// How long messages are published in a turn.
const TURN: Duration = Duration::from_secs(4);

/// Longer than any message takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of a turn.
pub(crate) struct Turn {
    /// Processor time of the server per delivery.
    pub(crate) cost: Duration,
    /// In order.
    latencies: Vec<Duration>,
}

impl Turn {
    /// The latency that so large a share of the deliveries did not exceed.
    pub(crate) fn late(&self, share: f64) -> Duration {
        self.latencies[((self.latencies.len() - 1) as f64 * share) as usize]
    }
}

/// Publishes to so many subscribers at a steady pace, and waits until each of them has every message.
pub(crate) async fn turn(server: &Process, subscribers: usize, rate: u32) -> Turn {
    let start = Instant::now();
    let messages = (TURN.as_secs_f64() * f64::from(rate)) as usize;
    let mut readers = JoinSet::new();
    for _ in 0..subscribers {
        readers.spawn(read(subscribe(server).await, messages, start));
    }
    let (kind, address) = (server.kind, server.address);
    let before = server.cpu();
    // In a thread of its own, since it sleeps for less than the runtime's timer can.
    let publisher = thread::spawn(move || publish(kind, address, messages, rate, start));
    let all = timeout(TURN + PATIENCE, readers.join_all()).await.expect("every message arrives");
    let cost = (server.cpu() - before) / (messages * subscribers) as u32;
    drop(publisher.join().expect("the server reads"));
    let mut latencies = all.concat();
    latencies.sort_unstable();
    Turn { cost, latencies }
}

/// A connection that has subscribed.
pub(crate) async fn subscribe(server: &Process) -> Socket {
    let mut socket = Socket::connect(server.address).await.expect("the server accepts");
    socket.set_nodelay(true).expect("it is TCP");
    let mut answer = [0; 1024];
    for (request, end) in wire::subscribe(server.kind) {
        socket.write_all(&request).await.expect("the server reads");
        let mut filled = 0;
        while !answer[..filled].ends_with(end) {
            let read = socket.read(&mut answer[filled..]).await.expect("the server answers");
            assert!(read > 0, "{}", String::from_utf8_lossy(&answer[..filled]));
            filled += read;
        }
    }
    socket
}

/// The latencies of so many messages.
async fn read(mut socket: Socket, messages: usize, start: Instant) -> Vec<Duration> {
    let mut latencies = Vec::with_capacity(messages);
    let mut unread = Vec::with_capacity(64 * 1024);
    while latencies.len() < messages {
        assert!(socket.read_buf(&mut unread).await.expect("the server lives") > 0, "the server closed");
        let now = start.elapsed();
        let mut at = 0;
        while let Some(mark) = memchr(MARK, &unread[at..])
            && let Some(digits) = unread.get(at + mark + 1..at + mark + 1 + DIGITS)
        {
            latencies.push(now.saturating_sub(wire::sent(digits)));
            at += mark + 1 + DIGITS;
        }
        unread.drain(..at);
    }
    latencies
}

/// Publishes at a steady pace; the connection is to stay open until all has arrived.
fn publish(kind: Kind, address: SocketAddr, messages: usize, rate: u32, start: Instant) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_nodelay(true).expect("it is TCP");
    for (request, end) in wire::greet(kind) {
        stream.write_all(&request).expect("the server reads");
        let mut answer = Vec::new();
        while !answer.ends_with(end) {
            let mut octet = [0];
            stream.read_exact(&mut octet).expect("the server answers");
            answer.extend(octet);
        }
    }
    let begun = Instant::now();
    for message in 0..messages {
        let due = begun + Duration::from_secs(1) * message as u32 / rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(&wire::publish(kind, start.elapsed())).expect("the server reads");
    }
    stream
}
