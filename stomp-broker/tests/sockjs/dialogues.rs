//! A STOMP dialogue over each transport, and sessions over real sockets.

use std::time::Duration;

use stomp_broker::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::client::{
    CONNECT, Client, PATIENCE, Receiver, Transport, messages, no_sessions, serve, server_with,
};

/// What a session receives, by as many responses as that takes.
struct Inbox<'a> {
    client: &'a Client,
    transport: Transport,
    receiver: Option<Receiver>,
    waiting: Vec<String>,
}

impl Inbox<'_> {
    async fn frame(&mut self) -> String {
        loop {
            let receiver = match &mut self.receiver {
                Some(receiver) => receiver,
                None => self.receiver.insert(self.client.receive(self.transport).await),
            };
            match receiver.frame().await {
                Some(frame) => return frame,
                None => self.receiver = None,
            }
        }
    }

    async fn message(&mut self) -> String {
        while self.waiting.is_empty() {
            self.waiting = messages(&self.frame().await);
        }
        self.waiting.remove(0)
    }
}

#[tokio::test(start_paused = true)]
async fn subscribe_send_receive_acknowledge_disconnect() {
    for transport in [Transport::Polling, Transport::Streaming, Transport::EventSource] {
        let client = Client::new().await;
        let mut inbox = Inbox { client: &client, transport, receiver: None, waiting: Vec::new() };
        assert_eq!(inbox.frame().await, "o");
        client.send(CONNECT).await;
        assert!(inbox.message().await.starts_with("CONNECTED\nversion:1.2\n"));

        let subscribe = "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client-individual\nreceipt:r1\n\n\0";
        client.send_frame(subscribe).await;
        assert_eq!(inbox.message().await, "RECEIPT\nreceipt-id:r1\n\n\0");
        let body = "\u{2028} 한글 \"quotes\" \\ \u{1f600}".repeat(10_000);
        client.send_frame(&format!("SEND\ndestination:/queue/a\n\n{body}\0")).await;
        let message = inbox.message().await;
        assert!(message.ends_with(&format!("\n\n{body}\0")), "{transport:?}");
        let ack = message.lines().find_map(|line| line.strip_prefix("ack:")).unwrap();
        client.send_frame(&format!("ACK\nid:{ack}\nreceipt:r2\n\n\0")).await;
        assert_eq!(inbox.message().await, "RECEIPT\nreceipt-id:r2\n\n\0");

        client.send_frame("DISCONNECT\nreceipt:bye\n\n\0").await;
        assert_eq!(inbox.message().await, "RECEIPT\nreceipt-id:bye\n\n\0");
        assert_eq!(inbox.frame().await, r#"c[1000,"Goodbye"]"#, "{transport:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_ends_the_session() {
    let server = server_with(Config::default()).await;
    let address = serve(&server).await;
    let request = |path: &str, body: &str| {
        let length = body.len();
        format!(
            "POST /sockjs/0/s/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let mut receiver = TcpStream::connect(address).await.unwrap();
    receiver.write_all(request("xhr_streaming", "").as_bytes()).await.unwrap();
    read_until(&mut receiver, "o\n").await;
    let mut sender = TcpStream::connect(address).await.unwrap();
    sender.write_all(request("xhr_send", CONNECT).as_bytes()).await.unwrap();
    read_until(&mut sender, "204 No Content").await;
    read_until(&mut receiver, "CONNECTED").await;
    assert_eq!(server.handle().sessions_of("guest"), 1);

    drop(receiver);
    // Sooner than a client without a receiver counts as gone.
    timeout(Duration::from_secs(4), no_sessions(&server)).await.expect("the end of the session");
}

async fn read_until(socket: &mut TcpStream, wanted: &str) {
    let mut octets = Vec::new();
    let read = async {
        while !String::from_utf8_lossy(&octets).contains(wanted) {
            assert_ne!(socket.read_buf(&mut octets).await.unwrap(), 0, "closed");
        }
    };
    timeout(PATIENCE, read).await.expect("an answer");
}
