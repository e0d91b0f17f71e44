//! What clients make the server hold, and that it lets go of it, counted by the allocator.
//!
//! What the allocator has from the system is another number, which does not fall at once when memory is freed.

use std::{
    future::{self, Future},
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use benches::counting::{self, Counting};
use stomp_broker::{Config, Destination, Open, Peer, Publish, Server};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime,
    task::yield_now,
    time::{Instant, timeout},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs a test alone, from its first task to the end of its last one: it counts what the whole process holds.
fn alone(test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test);
    drop(runtime);
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// The octets of messages that wait for one client, at most, by default.
const OUTBOX: usize = 1 << 20;

/// About the octets of messages published at a time.
const BURST: usize = 256 * 1024;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that listens on a free port for HTTP.
struct Fixture {
    server: Server,
    http: SocketAddr,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// How a client connects that subscribes to `/topic/a` and then reads nothing any more.
#[derive(Debug, Clone, Copy)]
enum Way {
    Stream,
    WebSocket,
    SockJs,
}

const SUBSCRIBE: &str =
    "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\0";

impl Fixture {
    async fn new() -> Self {
        // Of a SockJS client that has gone while nothing could be written, no more than this is heard.
        let config = Config { write_timeout: Duration::from_secs(2), ..Config::default() };
        let server = Server::builder(Open, Open).config(config).topics("/topic").queues("/queue");
        let server = server.start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = listener.local_addr().unwrap();
        let router = server.websocket_router("/ws").merge(server.sockjs_router("/sockjs"));
        let serving = server.clone();
        tokio::spawn(async move { serving.serve_http(listener, router, future::pending()).await });
        Self { server, http }
    }

    /// A connection with little room for what the server sends.
    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(self.http).await.unwrap()
    }

    async fn websocket(&self) -> TcpStream {
        let mut socket = self.connect().await;
        let request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        socket.write_all(request.as_bytes()).await.unwrap();
        read_until(&mut socket, "\r\n\r\n").await;
        socket
    }

    async fn post(&self, path: &str, body: &str) -> TcpStream {
        let mut socket = self.connect().await;
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}");
        socket.write_all(head.as_bytes()).await.unwrap();
        socket
    }

    /// A client that reads nothing; it is subscribed when this returns.
    async fn stuck(&self, way: Way) -> Box<dyn Stream> {
        let client: Box<dyn Stream> = match way {
            Way::Stream => {
                let (mut ours, theirs) = duplex(1024);
                self.server.serve_stream(theirs, Peer::default());
                ours.write_all(SUBSCRIBE.as_bytes()).await.unwrap();
                Box::new(ours)
            }
            Way::WebSocket => {
                let mut socket = self.websocket().await;
                socket.write_all(&frame(0x81, SUBSCRIBE.as_bytes())).await.unwrap();
                Box::new(socket)
            }
            Way::SockJs => {
                let mut receiver = self.post("/sockjs/0/s/xhr_streaming", "").await;
                read_until(&mut receiver, "o\n").await;
                let subscribe = SUBSCRIBE.replace('\n', "\\n").replace('\0', "\\u0000");
                let mut sender = self.post("/sockjs/0/s/xhr_send", &format!("[\"{subscribe}\"]")).await;
                read_until(&mut sender, "\r\n\r\n").await;
                Box::new(receiver)
            }
        };
        eventually(|| self.server.handle().subscriptions().len() == 1).await;
        client
    }

    /// Publishes messages until the client that does not read is cut off; says what was held at most.
    async fn flood(&self, headers: usize, body: usize) -> u64 {
        let (handle, topic) = (self.server.handle(), Destination::new("/topic/a").unwrap());
        let message = || {
            let publish = Publish::new(topic.clone(), vec![b'x'; body]);
            (0..headers).fold(publish, |publish, number| publish.header(&number.to_string(), "x"))
        };
        let (before, mut most) = (counting::live(), 0);
        let mut waited = 0;
        loop {
            handle.publish_all((0..1 + BURST / (1024 + body)).map(|_| message()).collect()).await.unwrap();
            for _ in 0..10 {
                yield_now().await;
            }
            most = most.max(counting::live().saturating_sub(before));
            let waits = handle.sessions().iter().map(|session| session.queued_bytes).sum();
            if waits == 0 && waited > OUTBOX / 2 || handle.subscriptions().is_empty() {
                return most;
            }
            waited = waits;
        }
    }
}

/// A masked frame; the key is 0.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        length @ 0..=125 => vec![0x80 | length as u8],
        length => [&[0xFE][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

async fn read_until(socket: &mut TcpStream, end: &str) {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        read.push(timeout(PATIENCE, socket.read_u8()).await.expect("an answer").unwrap());
    }
}

async fn eventually(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it does not come to hold");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn t13_who_does_not_read_holds_an_outbox_and_a_batch_until_it_goes() {
    alone(async {
        let shapes = [(0, 16), (60, 16), (0, 300), (0, 3000), (0, 16 * 1024), (0, 100 * 1024)];
        let others = [(Way::WebSocket, 0, 300), (Way::WebSocket, 0, 100 * 1024), (Way::SockJs, 0, 300)];
        for (way, headers, body) in
            shapes.map(|(headers, body)| (Way::Stream, headers, body)).into_iter().chain(others)
        {
            let fixture = Fixture::new().await;
            let before = counting::live();
            let client = fixture.stuck(way).await;
            let most = fixture.flood(headers, body).await / KIB;
            let shape = format!("{way:?}, {headers} headers, a body of {body}");
            assert!(most < 1280, "{most} KiB are held: {shape}");
            drop(client);
            eventually(|| fixture.server.handle().sessions().is_empty()).await;
            eventually(|| counting::live() < before + 64 * KIB).await;
        }
    });
}

#[test]
fn a_websocket_keeps_nothing_of_the_largest_message_it_sent() {
    alone(async {
        let fixture = Fixture::new().await;
        let mut client = fixture.websocket().await;
        client.write_all(&frame(0x81, b"CONNECT\naccept-version:1.2\nhost:localhost\n\n\0")).await.unwrap();
        read_until(&mut client, "\n\n\0").await;
        let send = |size: usize| format!("SEND\ndestination:/topic/a\nreceipt:r\n\n{}\0", "x".repeat(size));
        let mut held = Vec::new();
        for size in [1, 60_000, 1] {
            client.write_all(&frame(0x81, send(size).as_bytes())).await.unwrap();
            read_until(&mut client, "\n\n\0").await;
            held.push(counting::live());
        }
        assert!(held[2] < held[0] + 4 * KIB, "{held:?} octets are held after each message");
    });
}

#[test]
fn t23_pings_of_a_client_that_does_not_read_are_not_collected() {
    alone(async {
        let fixture = Fixture::new().await;
        let mut client = fixture.websocket().await;
        client.write_all(&frame(0x81, SUBSCRIBE.as_bytes())).await.unwrap();
        eventually(|| fixture.server.handle().subscriptions().len() == 1).await;
        let pings = frame(0x89, &[b'x'; 125]).repeat(500);
        let before = counting::live();
        let mut sent = 0;
        while sent < 16 * MIB
            && timeout(PATIENCE, client.write_all(&pings)).await.is_ok_and(|sent| sent.is_ok())
        {
            sent += pings.len() as u64;
            let held = counting::live().saturating_sub(before);
            assert!(held < MIB, "{} KiB are held after {} KiB of pings", held / KIB, sent / KIB);
        }
    });
}
