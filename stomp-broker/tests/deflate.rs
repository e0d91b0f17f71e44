//! permessage-deflate (RFC 7692) over real sockets, with frames made by hand.

#![cfg(feature = "websocket")]

use std::{future::pending, net::SocketAddr, time::Duration};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use stomp_broker::{Config, Open, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const PATIENCE: Duration = Duration::from_secs(30);

const CONNECT: &[u8] = b"CONNECT\naccept-version:1.2\nhost:localhost\n\n\0";

const TEXT: u8 = 0x81;
const COMPRESSED: u8 = 0xC1;

struct Socket(TcpStream);

impl Socket {
    /// Opens a WebSocket with an offer of extensions; gives back the answer's head.
    async fn open(address: SocketAddr, offer: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: {offer}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (Self(stream), String::from_utf8(head).unwrap().to_lowercase())
    }

    async fn send(&mut self, first: u8, payload: &[u8]) {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&[first, 0xFE][..], &length, &[0; 4], payload].concat();
        self.0.write_all(&frame).await.unwrap();
    }

    /// The first octet and the payload of the next frame.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        self.frame_within(PATIENCE).await
    }

    async fn frame_within(&mut self, patience: Duration) -> (u8, Vec<u8>) {
        timeout(patience, async {
            let [first, length] = [self.0.read_u8().await.unwrap(), self.0.read_u8().await.unwrap()];
            let length = match length {
                126 => self.0.read_u16().await.unwrap().into(),
                127 => self.0.read_u64().await.unwrap(),
                length => length.into(),
            };
            let mut payload = vec![0; length.try_into().unwrap()];
            self.0.read_exact(&mut payload).await.unwrap();
            (first, payload)
        })
        .await
        .expect("a frame")
    }

    async fn text(&mut self) -> String {
        self.text_within(PATIENCE).await
    }

    async fn text_within(&mut self, patience: Duration) -> String {
        let (first, payload) = self.frame_within(patience).await;
        assert_eq!(first, TEXT);
        String::from_utf8(payload).unwrap()
    }

    /// Logs in, and subscribes to the topic `/topic/a`.
    async fn log_in(&mut self, id: &str) {
        self.send(COMPRESSED, &deflated(CONNECT)).await;
        assert!(self.text().await.starts_with("CONNECTED\n"));
        let subscribe = format!("SUBSCRIBE\nid:{id}\ndestination:/topic/a\nreceipt:r\n\n\0");
        self.send(COMPRESSED, &deflated(subscribe.as_bytes())).await;
        assert!(self.text().await.starts_with("RECEIPT\n"));
    }

    async fn close_code(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await;
            if first == 0x88 {
                return u16::from_be_bytes(payload[..2].try_into().unwrap());
            }
        }
    }
}

/// As RFC 7692, section 7.2.1, wants it.
fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(octets.len() + 100);
    Compress::new(Compression::best(), false).compress_vec(octets, &mut wire, FlushCompress::Sync).unwrap();
    assert!(wire.ends_with(&[0, 0, 0xFF, 0xFF]));
    wire.truncate(wire.len() - 4);
    wire
}

fn inflated(wire: &[u8]) -> String {
    let mut octets = Vec::with_capacity(1 << 20);
    let wire = [wire, &[0, 0, 0xFF, 0xFF]].concat();
    Decompress::new(false).decompress_vec(&wire, &mut octets, FlushDecompress::Sync).unwrap();
    String::from_utf8(octets).unwrap()
}

async fn serve() -> SocketAddr {
    let config = Config { websocket_deflate: true, ..Config::default() };
    serve_with(config).await
}

async fn serve_with(config: Config) -> SocketAddr {
    let server = Server::builder(Open, Open).config(config).topics("/topic").start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, router) = (listener.local_addr().unwrap(), server.websocket_router("/ws"));
    tokio::spawn(async move { server.serve_http(listener, router, pending()).await });
    address
}

#[tokio::test]
async fn it_is_agreed_on_only_where_the_server_wants_it() {
    let offer = "permessage-deflate; client_max_window_bits";
    let (_, head) = Socket::open(serve().await, offer).await;
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert!(head.contains(&format!("\r\nsec-websocket-extensions: {agreed}\r\n")), "{head}");
    let (_, head) = Socket::open(serve().await, "permessage-deflate; server_max_window_bits=9").await;
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    let (mut socket, head) = Socket::open(serve_with(Config::default()).await, offer).await;
    assert!(!head.contains("sec-websocket-extensions"), "off by default: {head}");
    socket.send(COMPRESSED, &deflated(CONNECT)).await;
    assert_eq!(socket.close_code().await, 1002);
}

#[tokio::test]
async fn all_subscribers_share_one_compressed_message() {
    let address = serve().await;
    let (mut one, _) = Socket::open(address, "permessage-deflate").await;
    let (mut other, _) = Socket::open(address, "permessage-deflate").await;
    let (mut plain, _) = Socket::open(address, "").await;
    one.log_in("a").await;
    other.log_in("another-id").await;
    plain.send(TEXT, CONNECT).await;
    plain.text().await;
    let body = "to be shared ".repeat(500);
    plain.send(TEXT, b"SUBSCRIBE\nid:p\ndestination:/topic/a\n\n\0").await;
    plain.send(TEXT, format!("SEND\ndestination:/topic/a\n\n{body}\0").as_bytes()).await;

    let mut tails = Vec::new();
    for (socket, id) in [(&mut one, "a"), (&mut other, "another-id")] {
        let (first, payload) = socket.frame().await;
        assert_eq!(first, COMPRESSED);
        assert!(payload.len() < body.len() / 10);
        let message = inflated(&payload);
        let prefix = format!("MESSAGE\nsubscription:{id}\nmessage-id:");
        assert!(message.starts_with(&prefix) && message.ends_with(&format!("\n\n{body}\0")), "{message}");
        tails.push(payload[5 + "MESSAGE\nsubscription:\n".len() + id.len()..].to_vec());
    }
    assert_eq!(tails[0], tails[1]);
    assert!(plain.text().await.ends_with(&format!("\n\n{body}\0")));
}

#[tokio::test]
async fn clients_may_send_compressed_and_plain_messages_in_fragments() {
    let (mut socket, _) = Socket::open(serve().await, "permessage-deflate").await;
    socket.log_in("s").await;
    let send = deflated(b"SEND\ndestination:/topic/a\n\none and a half\0SEND\ndestination:/topic/a\n");
    socket.send(0x41, &send[..10]).await;
    socket.send(0x89, b"ping").await;
    socket.send(0x00, &send[10..20]).await;
    socket.send(0x80, &send[20..]).await;
    assert_eq!(socket.frame().await, (0x8A, b"ping".to_vec()));
    assert!(socket.text().await.ends_with("\n\none and a half\0"));
    // Short messages are sent as they are, and may come so.
    socket.send(TEXT, b"\nthe other half\0").await;
    assert!(socket.text().await.ends_with("\n\nthe other half\0"));
}

#[tokio::test]
async fn t14_a_compressed_message_must_be_finished_in_time_and_silence_behind_it_may_last() {
    let (mut socket, _) = Socket::open(serve().await, "permessage-deflate").await;
    socket.log_in("s").await;
    // A heart-beat in two fragments is no frame, and none is awaited when it is there.
    let heart_beat = deflated(b"\n");
    socket.send(0x41, &heart_beat[..1]).await;
    socket.send(0x80, &heart_beat[1..]).await;
    socket.send(0x89, b"").await;
    assert_eq!(socket.frame().await.0, 0x8A);
    let frame_timeout = Config::default().frame_timeout;
    // Everything is said: from here on only the clock moves.
    tokio::time::pause();
    tokio::time::advance(2 * frame_timeout).await;
    socket.send(0x41, &deflated(CONNECT)[..10]).await;
    let start = Instant::now();
    let error = socket.text_within(2 * frame_timeout).await;
    assert!(error.contains("not finished") && start.elapsed() >= frame_timeout, "{error}");
}

#[tokio::test]
async fn t22_a_bomb_is_answered_by_1009_before_and_behind_the_login() {
    let bomb = deflated(&vec![b'\n'; 16 << 20]);
    assert!(bomb.len() < 20_000);
    let address = serve().await;
    let (mut stranger, _) = Socket::open(address, "permessage-deflate").await;
    stranger.send(COMPRESSED, &deflated(&vec![b'\n'; 100_000])).await;
    assert_eq!(stranger.close_code().await, 1009);
    let (mut client, _) = Socket::open(address, "permessage-deflate").await;
    client.log_in("s").await;
    client.send(COMPRESSED, &deflated(&vec![b'\n'; 100_000])).await;
    client.send(COMPRESSED, &bomb).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn t23_violations_are_answered_by_their_codes() {
    let not_text = deflated(b"\xff\xfe");
    type Frames<'a> = &'a [(u8, &'a [u8])];
    let attacks: [(u16, Frames<'_>); 6] = [
        // Not deflated, and no text.
        (1007, &[(COMPRESSED, &[0xFF; 30])]),
        (1007, &[(COMPRESSED, &not_text)]),
        // The bit on a control frame, on a continuation, and the others.
        (1002, &[(0xC9, b"")]),
        (1002, &[(0x41, b""), (0xC0, b"")]),
        (1002, &[(0xA1, b"")]),
        (1002, &[(0x91, b"")]),
    ];
    for (code, attack) in attacks {
        let (mut socket, _) = Socket::open(serve().await, "permessage-deflate").await;
        for (first, payload) in attack {
            socket.send(*first, payload).await;
        }
        assert_eq!(socket.close_code().await, code, "{attack:02x?}");
    }
}
