//! A STOMP client over WebSocket.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use stomp_broker::proto::{Command, Decoder, Frame, FrameBuilder, Item, Version, encode};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

/// How long the service may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Stomp {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    decoder: Decoder,
    buffer: bytes::BytesMut,
    /// What came while something else was waited for.
    waiting: VecDeque<Frame>,
    receipts: u32,
}

/// A MESSAGE frame.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) destination: String,
    pub(crate) body: Value,
}

impl Stomp {
    /// A WebSocket without a login.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}/ws-connect").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "v12.stomp".parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut decoder = Decoder::new();
        decoder.set_version(Version::V1_2);
        Self { socket, decoder, buffer: bytes::BytesMut::new(), waiting: VecDeque::new(), receipts: 0 }
    }

    /// A session of the bearer of a token.
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Self {
        let mut client = Self::open(address).await;
        let connected = client.log_in(token).await;
        assert_eq!(connected.command(), &Command::Connected, "{connected:?}");
        client
    }

    /// Shows a token; the answer to it.
    pub(crate) async fn log_in(&mut self, token: &str) -> Frame {
        let connect = Frame::builder(Command::Connect).header("accept-version", "1.2").header("host", "test");
        self.write(connect.header("Authorization", &format!("Bearer {token}"))).await;
        self.frame().await.unwrap()
    }

    /// Subscribes, and waits until that is so.
    pub(crate) async fn subscribe(&mut self, destination: &str) {
        self.ask(subscribe(destination)).await.unwrap_or_else(|error| panic!("{destination}: {error:?}"));
    }

    /// Subscribes without asking whether that worked.
    pub(crate) async fn try_subscribe(&mut self, destination: &str) {
        self.write(subscribe(destination)).await;
    }

    /// Sends JSON, and waits until it is done or refused.
    pub(crate) async fn send(&mut self, destination: &str, body: &Value) -> Result<(), Frame> {
        self.ask(send(destination, body)).await
    }

    /// Sends JSON without asking whether that worked.
    pub(crate) async fn post(&mut self, destination: &str, body: &Value) {
        self.write(send(destination, body)).await;
    }

    /// Sends JSON with other headers besides, without asking whether that worked.
    pub(crate) async fn post_with(&mut self, destination: &str, headers: &[(&str, &str)], body: &Value) {
        let frame = send(destination, body);
        self.write(headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value))).await;
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> Received {
        let frame = match self.waiting.pop_front() {
            Some(frame) => frame,
            None => self.frame().await.expect("the connection lasts"),
        };
        assert_eq!(frame.command(), &Command::Message, "{frame:?}");
        let destination = frame.headers().get("destination").unwrap().to_owned();
        Received { destination, body: serde_json::from_slice(frame.body()).unwrap() }
    }

    /// The next message of a destination; those of others before it are passed over.
    pub(crate) async fn message_of(&mut self, destination: &str) -> Value {
        loop {
            let message = self.message().await;
            if message.destination == destination {
                return message.body;
            }
        }
    }

    /// The next frame; `None` when the service closes the connection.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        timeout(PATIENCE, async {
            loop {
                match self.decoder.decode(&mut self.buffer).unwrap() {
                    Some(Item::Frame(frame)) => return Some(frame),
                    Some(_) => continue,
                    None => {}
                }
                match self.socket.next().await {
                    Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(message)) => self.buffer.extend_from_slice(&message.into_data()),
                }
            }
        })
        .await
        .expect("an answer in time")
    }

    async fn ask(&mut self, frame: FrameBuilder) -> Result<(), Frame> {
        self.receipts += 1;
        let receipt = self.receipts.to_string();
        self.write(frame.header("receipt", &receipt)).await;
        loop {
            let frame = self.frame().await.expect("the connection lasts");
            match frame.command() {
                Command::Receipt => {
                    assert_eq!(frame.headers().get("receipt-id"), Some(&*receipt));
                    return Ok(());
                }
                Command::Error => return Err(frame),
                _ => self.waiting.push_back(frame),
            }
        }
    }

    async fn write(&mut self, frame: FrameBuilder) {
        let mut octets = bytes::BytesMut::new();
        encode(&frame.build(), Version::V1_2, &mut octets).unwrap();
        let text = String::from_utf8(octets.to_vec()).unwrap();
        self.socket.send(tungstenite::Message::text(text)).await.unwrap();
    }
}

fn subscribe(destination: &str) -> FrameBuilder {
    Frame::builder(Command::Subscribe).header("id", destination).header("destination", destination)
}

fn send(destination: &str, body: &Value) -> FrameBuilder {
    let frame = Frame::builder(Command::Send).header("destination", destination);
    frame.header("content-type", "application/json").body(body.to_string())
}
