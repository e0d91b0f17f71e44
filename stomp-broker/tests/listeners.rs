//! Ways in beside plain TCP: Unix sockets, proxies that name the client, and how many may come in by HTTP.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use stomp_broker::{
    Authenticator, Config, Credentials, Listener, Open, Principal, Refusal, Server, async_trait,
    testing::Client,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Calls every client by its address.
#[derive(Debug)]
struct ByAddress;

#[async_trait]
impl Authenticator for ByAddress {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let peer = credentials.peer();
        Ok(Principal::new(match peer.address {
            Some(address) => format!("{} {address}", peer.transport),
            None => format!("{} nowhere", peer.transport),
        }))
    }
}

async fn server_with(config: Config) -> Server {
    Server::builder(ByAddress, Open).config(config).topics("/topic").start().await.unwrap()
}

fn impatient() -> Config {
    Config { login_timeout: Duration::from_millis(300), ..Config::default() }
}

/// Serves clients behind a proxy on this host.
async fn behind_a_proxy(config: Config) -> SocketAddr {
    let (server, tcp) = (server_with(config).await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = tcp.local_addr().unwrap();
    let listener = Listener::from(tcp).behind(|peer| peer == IpAddr::from([127, 0, 0, 1]));
    tokio::spawn(async move { server.serve_tcp(listener).await });
    address
}

async fn open(address: SocketAddr, first: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(first).await.unwrap();
    stream
}

/// Version 2 of the protocol, for TCP over IPv4 from 192.0.2.9:4711, with one extension that nobody knows.
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x10\xc0\0\x02\x09\x7f\0\0\x01\x12\x67\0\x50\xe0\0\x01x";

/// What the server calls the client behind that header.
async fn name_behind(header: &[u8]) -> String {
    let mut client = Client::over(open(behind_a_proxy(Config::default()).await, header).await);
    client.connect().await.headers().get("user-name").unwrap().to_owned()
}

async fn assert_closed(mut stream: TcpStream) {
    let end = timeout(PATIENCE, stream.read(&mut [0; 16])).await.expect("the server closes");
    assert_eq!(end.unwrap_or(0), 0, "closed without a word");
}

#[tokio::test]
async fn a_trusted_proxy_names_the_client() {
    assert_eq!(name_behind(V2).await, "tcp 192.0.2.9:4711");
    let v1 = b"PROXY TCP6 2001:db8::9 2001:db8::1 4711 61613\r\n";
    assert_eq!(name_behind(v1).await, "tcp [2001:db8::9]:4711");
}

#[tokio::test]
async fn a_proxy_that_looks_whether_the_server_lives_is_its_own_client() {
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert!(name_behind(local).await.starts_with("tcp 127.0.0.1:"));
}

#[tokio::test]
async fn what_comes_behind_the_header_in_the_same_packet_is_the_client_s() {
    let connect = b"CONNECT\naccept-version:1.2\nhost:localhost\n\n\0";
    let mut stream = open(behind_a_proxy(Config::default()).await, &[V2, connect].concat()).await;
    let mut connected = vec![0; 9];
    timeout(PATIENCE, stream.read_exact(&mut connected)).await.expect("an answer").unwrap();
    assert_eq!(connected, b"CONNECTED");
}

#[tokio::test]
async fn a_trusted_proxy_must_name_the_client() {
    for header in [&b"CONNECT\n\n\0"[..], b"PROXY TCP4 1.2.3.4\r\n", &V2[..20], &[0; 4096]] {
        assert_closed(open(behind_a_proxy(Config::default()).await, header).await).await;
    }
    assert_closed(open(behind_a_proxy(impatient()).await, b"").await).await;
}

#[tokio::test]
async fn nobody_else_may_name_another_address() {
    let (server, tcp) =
        (server_with(Config::default()).await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = tcp.local_addr().unwrap();
    let listener = Listener::from(tcp).behind(|peer| peer == IpAddr::from([192, 0, 2, 7]));
    tokio::spawn(async move { server.serve_tcp(listener).await });
    let mut stream = open(address, V2).await;
    let mut answer = Vec::new();
    // It is no STOMP, and the client says nothing that is.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server closes");
    assert!(!answer.starts_with(b"CONNECTED"));
    assert!(name_of(Client::over(open(address, b"").await)).await.starts_with("tcp 127.0.0.1:"));
}

async fn name_of(mut client: Client) -> String {
    client.connect().await.headers().get("user-name").unwrap().to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn clients_come_in_by_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("stomp");
    let (server, listener) =
        (server_with(Config::default()).await, tokio::net::UnixListener::bind(&path).unwrap());
    tokio::spawn(async move { server.serve_unix(listener).await });
    let mut client = Client::over(tokio::net::UnixStream::connect(&path).await.unwrap());
    assert_eq!(client.connect().await.headers().get("user-name"), Some("unix nowhere"));
    client.subscribe("s", "/topic/a").await;
    client.publish("/topic/a", "hello").await;
    assert_eq!(client.receive().await.unwrap().body(), "hello");
}

#[cfg(feature = "websocket")]
mod http {
    use super::*;

    async fn serve(config: Config, proxies: bool) -> SocketAddr {
        let (server, tcp) = (server_with(config).await, TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (address, router) = (tcp.local_addr().unwrap(), server.websocket_router("/ws"));
        let listener = Listener::from(tcp).behind(move |_| proxies);
        tokio::spawn(async move { server.serve_http(listener, router, std::future::pending()).await });
        address
    }

    async fn first_line(stream: &mut TcpStream) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(timeout(PATIENCE, stream.read_u8()).await.expect("an answer or the end")?);
        }
        Ok(String::from_utf8(line).unwrap())
    }

    #[tokio::test]
    async fn a_proxy_names_the_client_of_a_websocket() {
        let address = serve(Config::default(), true).await;
        let stream = open(address, V2).await;
        let url = format!("ws://{address}/ws");
        let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let connect = "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0";
        futures_util::SinkExt::send(&mut socket, connect.into()).await.unwrap();
        let connected = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
        assert!(connected.to_text().unwrap().contains("user-name:websocket 192.0.2.9:4711\n"), "{connected}");
    }

    #[tokio::test]
    async fn connections_count_before_they_ask_for_anything() {
        let address = serve(Config { connections: 1, ..Config::default() }, false).await;
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let mut only = open(address, request).await;
        assert_eq!(first_line(&mut only).await.unwrap(), "HTTP/1.1 404 Not Found\r\n");
        assert_closed(open(address, b"").await).await;
        drop(only);
        // The server sees the end of the first when it sees it.
        timeout(PATIENCE, async { while first_line(&mut open(address, request).await).await.is_err() {} })
            .await
            .expect("room for another");
    }
}
