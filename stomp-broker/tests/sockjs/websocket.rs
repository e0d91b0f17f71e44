//! SockJS over WebSocket (SJ-07, SJ-09, SJ-19), and the WebSocket without SockJS framing beside it (SJ-16).

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use stomp_broker::Config;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::client::Response,
        protocol::frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

use crate::client::{CONNECT, PATIENCE, messages, serve, server_with};

type Socket = WebSocketStream<TcpStream>;

async fn open(path: &str, protocols: &'static str) -> (Socket, Response) {
    open_of(Config::default(), path, protocols).await
}

async fn open_of(config: Config, path: &str, protocols: &'static str) -> (Socket, Response) {
    let address = serve(&server_with(config).await).await;
    let mut request = format!("ws://{address}/sockjs{path}").into_client_request().unwrap();
    if !protocols.is_empty() {
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
    }
    client_async(request, TcpStream::connect(address).await.unwrap()).await.expect("an upgrade")
}

async fn next(socket: &mut Socket) -> Option<Message> {
    timeout(PATIENCE, socket.next()).await.expect("a message or the end").and_then(Result::ok)
}

async fn frame(socket: &mut Socket) -> String {
    match next(socket).await {
        Some(Message::Text(text)) => text.to_string(),
        other => panic!("expected a text message, got {other:?}"),
    }
}

async fn send(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.expect("an open socket");
}

#[tokio::test]
async fn sj09_a_dialogue() {
    let (mut socket, _) = open("/0/s/websocket", "").await;
    assert_eq!(frame(&mut socket).await, "o");
    for nothing in ["", "[]", "[\"\"]"] {
        send(&mut socket, nothing).await;
    }
    send(&mut socket, CONNECT).await;
    assert!(messages(&frame(&mut socket).await)[0].starts_with("CONNECTED\n"));
    let subscribe =
        r#"["SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\u0000SEND\ndestina","tion:/topic/a\n\n\u2028\u0000"]"#;
    send(&mut socket, subscribe).await;
    let message = frame(&mut socket).await;
    assert!(message.ends_with(r#"\n\n\u2028\u0000"]"#), "{message}");
    assert_eq!(messages(&message).len(), 1);
    send(&mut socket, r#""DISCONNECT\nreceipt:bye\n\n\u0000""#).await;
    assert_eq!(messages(&frame(&mut socket).await), ["RECEIPT\nreceipt-id:bye\n\n\0"]);
    assert_eq!(frame(&mut socket).await, r#"c[1000,"Goodbye"]"#);
    assert!(
        matches!(next(&mut socket).await, Some(Message::Close(Some(close))) if u16::from(close.code) == 1000)
    );
}

#[tokio::test]
async fn t14_an_array_must_be_finished_in_time() {
    let (mut socket, _) = open("/0/s/websocket", "").await;
    assert_eq!(frame(&mut socket).await, "o");
    send(&mut socket, CONNECT).await;
    assert!(frame(&mut socket).await.contains("CONNECTED"));
    let begin = Frame::message("[\"SEND", OpCode::Data(Data::Text), false);
    socket.send(Message::Frame(begin)).await.expect("an open socket");
    // Everything is said: from here on only the clock moves, and heart-beats come.
    tokio::time::pause();
    loop {
        match frame(&mut socket).await.as_str() {
            "h" => {}
            error => return assert!(error.contains("not finished"), "{error}"),
        }
    }
}

#[tokio::test]
async fn sj09_broken_json_drops_the_connection() {
    for broken in ["[\"x", "{}", "[1]", "x"] {
        let (mut socket, _) = open("/0/s/websocket", "").await;
        assert_eq!(frame(&mut socket).await, "o");
        send(&mut socket, broken).await;
        assert!(next(&mut socket).await.is_none(), "{broken}");
    }
}

#[tokio::test]
async fn a_fault_of_websocket_is_told_by_its_own_close_code_alone() {
    let (mut socket, _) = open("/0/s/websocket", "").await;
    assert_eq!(frame(&mut socket).await, "o");
    socket.get_mut().write_all(b"\x81\x01x").await.expect("an open socket");
    match next(&mut socket).await {
        Some(Message::Close(Some(close))) => assert_eq!(close.code, CloseCode::Protocol),
        other => panic!("expected the close code of an unmasked frame, got {other:?}"),
    }
}

#[tokio::test]
async fn sj09_connections_of_the_same_session_id_are_apart() {
    let server = server_with(Config::default()).await;
    let address = serve(&server).await;
    let url = format!("ws://{address}/sockjs/0/s/websocket");
    let (mut first, _) = client_async(&url, TcpStream::connect(address).await.unwrap()).await.unwrap();
    let (mut second, _) = client_async(&url, TcpStream::connect(address).await.unwrap()).await.unwrap();
    for socket in [&mut first, &mut second] {
        assert_eq!(frame(socket).await, "o");
        send(socket, CONNECT).await;
        assert!(frame(socket).await.contains("CONNECTED"));
    }
}

#[tokio::test]
async fn sj19_an_error_comes_before_the_end() {
    let (mut socket, _) = open("/0/s/websocket", "").await;
    assert_eq!(frame(&mut socket).await, "o");
    send(&mut socket, r#"["SEND\n\n\u0000"]"#).await;
    assert!(messages(&frame(&mut socket).await)[0].starts_with("ERROR\n"));
    assert_eq!(frame(&mut socket).await, r#"c[1002,"An ERROR was sent"]"#);
    assert!(
        matches!(next(&mut socket).await, Some(Message::Close(Some(close))) if u16::from(close.code) == 1002)
    );
}

#[tokio::test]
async fn sj07_an_idle_connection_gets_heart_beats() {
    let (mut socket, _) = open("/0/s/websocket", "").await;
    assert_eq!(frame(&mut socket).await, "o");
    send(&mut socket, CONNECT).await;
    assert!(frame(&mut socket).await.contains("CONNECTED"));
    // Everything is said: from here on only the clock moves.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    for beat in 1..=2 {
        assert_eq!(frame(&mut socket).await, "h");
        assert!(start.elapsed() >= Duration::from_secs(25 * beat) - Duration::from_secs(1));
    }
}

#[tokio::test]
async fn sj16_a_websocket_without_framing() {
    for path in ["", "/websocket"] {
        let (mut socket, answer) = open(path, "v10.stomp, v11.stomp, v12.stomp").await;
        assert_eq!(answer.headers()["sec-websocket-protocol"], "v12.stomp");
        send(&mut socket, "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0").await;
        assert!(frame(&mut socket).await.starts_with("CONNECTED\n"));
    }
}
