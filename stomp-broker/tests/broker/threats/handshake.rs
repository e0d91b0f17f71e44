//! Attacks before there is a WebSocket, by requests of HTTP/1.1.

use std::{net::SocketAddr, time::Duration};

use stomp_broker::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{server, server_with};
use crate::transports::{connect, serve_http};

/// hyper's time for a request's headers is the server's, 10 seconds; the rest is slack.
const PATIENCE: Duration = Duration::from_secs(15);

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A good request, with more headers.
fn request(address: SocketAddr, more: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\n{KEY}{more}\r\n"
    )
}

/// The head of the answer.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut socket = connect(address).await;
    // A server that has seen enough need not read the rest.
    let _ = socket.write_all(request.as_bytes()).await;
    head(&mut socket).await
}

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let read = async {
        while !head.ends_with(b"\r\n\r\n") {
            match socket.read_u8().await {
                Ok(octet) => head.push(octet),
                Err(_) => return,
            }
        }
    };
    timeout(PATIENCE, read).await.expect("an answer");
    String::from_utf8(head).expect("HTTP is ASCII here")
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or("closed")
}

/// A raw socket behind a handshake.
pub(super) async fn upgrade(address: SocketAddr) -> TcpStream {
    let mut socket = connect(address).await;
    socket.write_all(request(address, "").as_bytes()).await.expect("an open socket");
    assert_eq!(status(&head(&mut socket).await), "101");
    socket
}

#[tokio::test]
async fn t20_pages_of_other_origins_are_refused() {
    let address = serve_http(&server().await).await;
    for origin in [
        "https://evil.example.com".to_owned(),
        "null".to_owned(),
        String::new(),
        format!("http://{address}.evil.com"),
        format!("http://evil.com/{address}"),
        format!("http://user@{address}"),
        format!("ws://{address}"),
        format!("{address}"),
        format!("http://{address}, https://evil.example.com"),
    ] {
        let answer = ask(address, &request(address, &format!("Origin: {origin}\r\n"))).await;
        assert_eq!(status(&answer), "403", "{origin}");
    }
    for origin in
        [format!("Origin: http://{address}\r\n"), format!("Origin: https://{address}\r\n"), String::new()]
    {
        assert_eq!(status(&ask(address, &request(address, &origin)).await), "101", "{origin}");
    }
}

#[tokio::test]
async fn t20_two_origins_are_no_way_around() {
    let address = serve_http(&server().await).await;
    for pair in [["https://evil.example.com", ""], ["", "https://evil.example.com"]] {
        let own = format!("http://{address}");
        let lines =
            pair.map(|origin| format!("Origin: {}\r\n", if origin.is_empty() { &own } else { origin }));
        assert_eq!(status(&ask(address, &request(address, &lines.concat())).await), "403", "{lines:?}");
    }
}

#[tokio::test]
async fn t20_listed_origins_are_let_in_whole() {
    let allowed_origins = vec!["https://app.example.org".to_owned()];
    let address = serve_http(&server_with(Config { allowed_origins, ..Config::default() }).await).await;
    for (origin, answer) in [
        ("https://app.example.org", "101"),
        ("https://app.example.org.evil.com", "403"),
        ("https://evil.app.example.org", "403"),
        ("http://app.example.org", "403"),
    ] {
        let request = request(address, &format!("Origin: {origin}\r\n"));
        assert_eq!(status(&ask(address, &request).await), answer, "{origin}");
    }
}

#[tokio::test]
async fn t21_bad_handshakes_are_refused() {
    let address = serve_http(&server().await).await;
    let good = request(address, "");
    for (from, to) in [
        ("Connection: Upgrade\r\n", ""),
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket", "Upgrade: websocket2"),
        ("Version: 13", "Version: 8"),
        ("Sec-WebSocket-Version: 13\r\n", ""),
        (KEY, ""),
        (KEY, "Sec-WebSocket-Key: short\r\n"),
        ("GET", "POST"),
        ("/ws", "/"),
        ("Host", "Ho\x01st"),
        ("Host: ", "Content-Length: 3\r\nContent-Length: 5\r\nHost: "),
    ] {
        let answer = ask(address, &good.replace(from, to)).await;
        assert!(status(&answer).starts_with('4'), "{to:?} for {from:?}: {answer}");
    }
    assert_eq!(status(&ask(address, &good).await), "101");
}

#[tokio::test]
async fn t21_large_requests_are_refused() {
    let address = serve_http(&server().await).await;
    let many: String = (0..10_000).map(|n| format!("h{n}: v\r\n")).collect();
    let large = format!("h: {}\r\n", "v".repeat(1 << 20));
    for more in [many, large] {
        let answer = ask(address, &request(address, &more)).await;
        assert!(["431", "400", "closed"].contains(&status(&answer)), "{answer}");
    }
    assert_eq!(status(&ask(address, &request(address, "")).await), "101");
}

#[tokio::test]
async fn t22_compression_is_not_agreed_to() {
    let address = serve_http(&server().await).await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let answer = ask(address, &request(address, offer)).await;
    assert_eq!(status(&answer), "101");
    assert!(!answer.to_lowercase().contains("sec-websocket-extensions"), "{answer}");
}

/// Waits for the end of the connection, which must not come by much later than 10 seconds after `start`.
async fn assert_closed(mut socket: TcpStream, start: Instant) {
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("the server closes");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}: {}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn t25_connections_that_ask_for_nothing_are_closed() {
    let address = serve_http(&server().await).await;
    // All at once: each takes hyper's 10 seconds.
    tokio::join!(is_silent(address), dribbles(address), wants_no_more(address));
}

async fn is_silent(address: SocketAddr) {
    assert_closed(connect(address).await, Instant::now()).await;
}

async fn dribbles(address: SocketAddr) {
    let start = Instant::now();
    let mut socket = connect(address).await;
    for octet in request(address, &"h: v\r\n".repeat(50)).bytes() {
        if socket.write_all(&[octet]).await.is_err() || start.elapsed() > PATIENCE {
            break;
        }
        sleep(Duration::from_millis(250)).await;
    }
    assert_closed(socket, start).await;
}

async fn wants_no_more(address: SocketAddr) {
    let mut socket = connect(address).await;
    let get = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
    socket.write_all(get.as_bytes()).await.expect("an open socket");
    assert_eq!(status(&head(&mut socket).await), "404");
    assert_closed(socket, Instant::now()).await;
}

#[tokio::test]
async fn t25_a_body_that_does_not_come_is_not_waited_for() {
    let start = Instant::now();
    let address = serve_http(&server().await).await;
    let mut socket = connect(address).await;
    let post = format!("POST /ws HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000000\r\n\r\nslow");
    socket.write_all(post.as_bytes()).await.expect("an open socket");
    assert_eq!(status(&head(&mut socket).await), "405");
    assert_closed(socket, start).await;
}

#[tokio::test]
async fn t26_requests_with_two_meanings_are_refused_and_what_follows_is_not_read() {
    let address = serve_http(&server().await).await;
    for ambiguous in [
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length : 5\r\n\r\nhello",
        "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\nhello",
    ] {
        let mut socket = connect(address).await;
        let post = format!("POST /ws HTTP/1.1\r\nHost: {address}\r\n{ambiguous}");
        let smuggled = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        socket.write_all((post + &smuggled).as_bytes()).await.expect("an open socket");
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("the server closes");
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{ambiguous:?}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{ambiguous:?}: {answer}");
    }
}
