//! A STOMP client that only sends and waits for receipts.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

use crate::database::TEXT;

/// A member that is connected.
pub(crate) struct Client {
    socket: BufStream<TcpStream>,
    answer: Vec<u8>,
}

/// Makes a guest; its token.
pub(crate) async fn guest(http: SocketAddr) -> String {
    let answer = post(http, "/auth/guest?transport=body", None, &json!({})).await;
    answer["token"].as_str().expect("a token").to_owned()
}

/// Asks for something by HTTP.
pub(crate) async fn post(http: SocketAddr, path: &str, token: Option<&str>, body: &Value) -> Value {
    let mut request = reqwest::Client::new().post(format!("http://{http}{path}")).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.expect("an answer").json().await.expect("JSON")
}

impl Client {
    pub(crate) async fn connect(stomp: SocketAddr, token: &str) -> Self {
        let socket = TcpStream::connect(stomp).await.expect("it listens");
        socket.set_nodelay(true).expect("a socket");
        let mut client = Self { socket: BufStream::new(socket), answer: Vec::new() };
        client.ask(&format!("CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {token}\n\n\0")).await;
        client
    }

    /// Says something and waits until it is stored.
    pub(crate) async fn say(&mut self, room: i64) {
        let length = TEXT.len() + r#"{"message":""}"#.len();
        let send = format!(
            "SEND\ndestination:/app/{room}\nreceipt:1\ncontent-type:application/json\ncontent-length:{length}\n\n{{\"message\":\"{TEXT}\"}}\0"
        );
        self.ask(&send).await;
    }

    async fn ask(&mut self, frame: &str) {
        self.socket.write_all(frame.as_bytes()).await.expect("it reads");
        self.socket.flush().await.expect("it reads");
        self.answer.clear();
        self.socket.read_until(0, &mut self.answer).await.expect("it answers");
        let answer = self.answer.trim_ascii_start();
        let is_done = answer.starts_with(b"RECEIPT") || answer.starts_with(b"CONNECTED");
        assert!(is_done, "{}", String::from_utf8_lossy(answer));
    }
}
