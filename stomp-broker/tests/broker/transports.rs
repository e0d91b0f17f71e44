//! The ways to reach a server in tests: in memory, TCP, WebSocket.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt, future};
use stomp_broker::{Peer, Server};
use tokio::{
    io::{AsyncRead, AsyncWrite, duplex, join},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{ClientRequestBuilder, Message},
};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

pub(crate) type Stream = Box<dyn Duplex>;

/// Where a server is to be found.
#[derive(Clone)]
pub(crate) enum Address {
    Memory(Server),
    Tcp(SocketAddr),
    WebSocket(SocketAddr),
}

impl Address {
    /// Serves TCP on a free port.
    pub(crate) async fn tcp(server: &Server) -> Self {
        Self::Tcp(serve_tcp(server).await)
    }

    /// Serves WebSocket on a free port.
    pub(crate) async fn websocket(server: &Server) -> Self {
        Self::WebSocket(serve_http(server).await)
    }

    pub(crate) async fn open(&self) -> Stream {
        match self {
            Self::Memory(server) => {
                let (ours, theirs) = duplex(64 * 1024);
                server.serve_stream(theirs, Peer::default());
                Box::new(ours)
            }
            Self::Tcp(address) => Box::new(connect(*address).await),
            Self::WebSocket(address) => Box::new(octets(open_websocket(*address).await)),
        }
    }
}

pub(crate) async fn serve_tcp(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (server, address) = (server.clone(), listener.local_addr().expect("an address"));
    tokio::spawn(async move { server.serve_tcp(listener).await });
    address
}

/// Serves the WebSocket endpoint `/ws`.
pub(crate) async fn serve_http(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (router, address) = (server.websocket_router("/ws"), listener.local_addr().expect("an address"));
    let server = server.clone();
    tokio::spawn(async move { server.serve_http(listener, router, future::pending()).await });
    address
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a live socket");
    stream
}

pub(crate) type WebSocket = WebSocketStream<TcpStream>;

/// Opens a WebSocket as a browser does.
pub(crate) async fn open_websocket(address: SocketAddr) -> WebSocket {
    let request = ClientRequestBuilder::new(format!("ws://{address}/ws").parse().expect("a URL"))
        .with_sub_protocol("v10.stomp")
        .with_sub_protocol("v11.stomp")
        .with_sub_protocol("v12.stomp");
    client_async(request, connect(address).await).await.expect("a WebSocket").0
}

/// A WebSocket as a stream of octets: each write is one message, text where it can be.
pub(crate) fn octets(socket: WebSocket) -> impl Duplex {
    let (sink, stream) = socket.split();
    let payloads = stream.map_err(io::Error::other).try_filter_map(|message| {
        future::ready(Ok(
            matches!(message, Message::Text(_) | Message::Binary(_)).then(|| message.into_data())
        ))
    });
    let sink = sink.sink_map_err(io::Error::other).with(|payload: Bytes| {
        future::ready(io::Result::Ok(match String::from_utf8(payload.to_vec()) {
            Ok(text) => Message::text(text),
            Err(_) => Message::Binary(payload),
        }))
    });
    join(StreamReader::new(payloads), SinkWriter::new(CopyToBytes::new(sink)))
}
