//! Attacks by frames of RFC 6455 behind a good handshake.

use std::{future::pending, time::Duration};

use futures_util::{SinkExt, StreamExt};
use stomp_broker::{Config, testing::Client};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    time::{Instant, interval, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use super::{handshake::upgrade, server, server_with};
use crate::transports::{open_websocket, serve_http};

const PATIENCE: Duration = Duration::from_secs(5);

/// A raw frame of the client's: the first octet, and a masked payload (all-zero key).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        length @ 0..=125 => vec![0x80 | length as u8],
        length @ 126..=0xFFFF => [&[0xFE][..], &(length as u16).to_be_bytes()].concat(),
        length => [&[0xFF][..], &(length as u64).to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

/// What the server says when it closes; it must do so soon, and without a crash.
async fn close_code(socket: &mut (impl AsyncRead + Unpin)) -> Option<u16> {
    timeout(PATIENCE, async {
        loop {
            let [first, length] = [socket.read_u8().await.ok()?, socket.read_u8().await.ok()?];
            let length =
                if length == 126 { socket.read_u16().await.ok()?.into() } else { usize::from(length) };
            let mut payload = vec![0; length];
            socket.read_exact(&mut payload).await.ok()?;
            if first == 0x88 {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
    })
    .await
    .expect("the server closes")
}

async fn assert_closed_with(code: u16, attack: &[u8]) {
    let address = serve_http(&server().await).await;
    let mut socket = upgrade(address).await;
    socket.write_all(attack).await.expect("an open socket");
    assert_eq!(close_code(&mut socket).await, Some(code), "{:02x?}", &attack[..attack.len().min(16)]);
    // Nobody else is harmed.
    open_websocket(address).await;
}

#[tokio::test]
async fn t22_impossible_lengths_are_refused_at_once() {
    for length in [u64::MAX, u64::MAX >> 1, 1 << 40] {
        assert_closed_with(1009, &[&[0x82, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat()).await;
    }
}

#[tokio::test]
async fn t22_compressed_frames_are_refused() {
    // Nothing was agreed that could make 260 kB 256 MiB: the bit that says "compressed" is a fault.
    assert_closed_with(1002, &frame(0xC2, &[0; 100])).await;
}

#[tokio::test]
async fn t22_a_message_of_many_fragments_is_bounded() {
    let mut attack = frame(0x02, b"CONNECT\n");
    for _ in 0..400 {
        attack.extend(frame(0x00, &[b'\n'; 1024]));
    }
    let address = serve_http(&server().await).await;
    let mut socket = upgrade(address).await;
    // The server need not read all of it.
    let _ = socket.write_all(&attack).await;
    assert!(matches!(close_code(&mut socket).await, Some(1009) | None));
}

#[tokio::test]
async fn t14_a_message_that_is_dribbled_in_fragments_ends_like_an_unfinished_frame() {
    let config = Config { frame_timeout: Duration::from_millis(300), ..Config::default() };
    let mut socket = upgrade(serve_http(&server_with(config).await).await).await;
    let begin =
        [frame(0x81, b"CONNECT\naccept-version:1.2\n\n\0"), frame(0x01, b"SEND\ndestination:/topic/x\n\n")];
    socket.write_all(&begin.concat()).await.expect("an open socket");
    let (mut reader, mut writer) = socket.split();
    let dribble = async {
        let mut pace = interval(Duration::from_millis(20));
        while writer.write_all(&[frame(0x00, b"x"), frame(0x89, b"")].concat()).await.is_ok() {
            pace.tick().await;
        }
        pending::<()>().await;
    };
    tokio::select! {
        biased;
        code = close_code(&mut reader) => assert_eq!(code, Some(1002)),
        () = dribble => {}
    }
}

#[tokio::test]
async fn t23_violations_of_rfc_6455_are_answered_by_its_codes() {
    for (code, attack) in [
        // Unmasked.
        (1002, vec![0x81, 0x01, b'x']),
        // Reserved bits, and reserved operations.
        (1002, frame(0x91, b"x")),
        (1002, frame(0x83, b"x")),
        (1002, frame(0x8B, b"x")),
        // A control frame that is too long, and one in fragments.
        (1002, frame(0x89, &[0; 126])),
        (1002, frame(0x09, b"x")),
        // A continuation of nothing, and a second beginning.
        (1002, frame(0x80, b"x")),
        (1002, [frame(0x01, b"x"), frame(0x81, b"x")].concat()),
        // Text that is none.
        (1007, frame(0x81, b"\xff\xfe")),
    ] {
        assert_closed_with(code, &attack).await;
    }
}

#[tokio::test]
async fn t23_half_a_close_handshake_keeps_no_connection() {
    let address = serve_http(&server().await).await;
    // One says goodbye and leaves the socket open, the other never answers the server's.
    for begin in [frame(0x88, &1000_u16.to_be_bytes()), frame(0x81, b"NONSENSE\n\n\0")] {
        let mut socket = upgrade(address).await;
        socket.write_all(&begin).await.expect("an open socket");
        let mut rest = Vec::new();
        timeout(PATIENCE, socket.read_to_end(&mut rest)).await.expect("the server closes").expect("no reset");
        assert!(rest.windows(2).any(|octets| octets[0] == 0x88), "{rest:02x?}");
    }
}

#[tokio::test]
async fn t23_pongs_and_messages_do_not_mix() {
    const MESSAGES: usize = 40;
    let server = server().await;
    let (mut sink, mut stream) = open_websocket(serve_http(&server).await).await.split();
    let frames = "CONNECT\naccept-version:1.2\n\n\0SUBSCRIBE\nid:s\ndestination:/topic/x\nreceipt:r\n\n\0";
    sink.send(Message::text(frames)).await.expect("an open socket");
    let mut next = async || stream.next().await.expect("a message").expect("a good frame");
    while !next().await.to_text().is_ok_and(|text| text.starts_with("RECEIPT")) {}
    let pings = async { while sink.send(Message::Ping("x".into())).await.is_ok() {} };
    let messages = async {
        let mut sender = Client::open(&server);
        sender.connect().await;
        let (mut pongs, body) = (0, "x".repeat(20_000));
        for _ in 0..3 {
            for _ in 0..MESSAGES {
                sender.publish("/topic/x", body.clone()).await;
            }
            let mut whole = 0;
            while whole < MESSAGES {
                match next().await {
                    Message::Pong(_) => pongs += 1,
                    message => {
                        assert!(message.to_text().is_ok_and(|text| text.ends_with(&format!("{body}\0"))));
                        whole += 1;
                    }
                }
            }
        }
        assert!(pongs > 0, "no ping was answered between");
    };
    tokio::select! {
        () = pings => panic!("closed"),
        result = timeout(6 * PATIENCE, messages) => result.expect("all messages"),
    }
}

fn impatient() -> Config {
    Config { login_timeout: Duration::from_millis(300), ..Config::default() }
}

#[tokio::test]
async fn t24_a_websocket_without_connect_is_closed_at_the_login_timeout() {
    let address = serve_http(&server_with(impatient()).await).await;
    let mut silent = upgrade(address).await;
    assert_eq!(close_code(&mut silent).await, Some(1002));
}

#[tokio::test]
async fn t24_pings_do_not_extend_the_time_to_log_in() {
    let address = serve_http(&server_with(impatient()).await).await;
    let (mut sink, mut stream) = open_websocket(address).await.split();
    let start = Instant::now();
    let flood = async {
        let mut pace = interval(Duration::from_millis(20));
        while sink.send(Message::Ping("x".into())).await.is_ok() {
            pace.tick().await;
        }
    };
    let closed = async { while let Some(Ok(_)) = stream.next().await {} };
    timeout(PATIENCE, async { tokio::join!(flood, closed) }).await.expect("the server closes");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn t24_what_comes_before_login_is_bounded() {
    let address = serve_http(&server().await).await;
    let mut socket = upgrade(address).await;
    // 64 KiB of a message that claims to be within the limits of a session.
    let claim = [&[0x82, 0xFF][..], &200_000_u64.to_be_bytes(), &[0; 4], &[b'\n'; 64 * 1024]].concat();
    let start = Instant::now();
    let _ = socket.write_all(&claim).await;
    close_code(&mut socket).await;
    assert!(start.elapsed() < PATIENCE, "not by the login timeout");
}

#[tokio::test]
async fn pings_do_not_stand_in_for_heart_beats() {
    let address = serve_http(&server().await).await;
    let (mut sink, mut stream) = open_websocket(address).await.split();
    let connect = "CONNECT\naccept-version:1.2\nheart-beat:0,1000\n\n\0";
    sink.send(Message::text(connect)).await.expect("an open socket");
    let pings = async {
        let mut pace = interval(Duration::from_millis(200));
        while sink.send(Message::Ping("x".into())).await.is_ok() {
            pace.tick().await;
        }
    };
    let heart_beat = async {
        let mut answered = false;
        while let Some(Ok(message)) = stream.next().await {
            if message == Message::text("\n") {
                return assert!(answered, "pings are answered");
            }
            answered |= message.is_pong();
        }
        panic!("closed without a heart-beat");
    };
    let heart_beat = timeout(PATIENCE, heart_beat);
    tokio::select! {
        () = pings => panic!("closed"),
        result = heart_beat => result.expect("clients look for STOMP data alone"),
    }
}

#[tokio::test]
async fn t19_text_that_is_none_goes_to_websockets_as_octets() {
    let server = server().await;
    let mut browser = open_websocket(serve_http(&server).await).await;
    let frames = "CONNECT\naccept-version:1.2\n\n\0SUBSCRIBE\nid:s\ndestination:/topic/x\nreceipt:r\n\n\0";
    browser.send(Message::text(frames)).await.expect("an open socket");
    for answer in ["CONNECTED", "RECEIPT"] {
        let message = browser.next().await.expect("an answer").expect("an open socket");
        assert!(message.to_text().expect("text").starts_with(answer), "{message:?}");
    }
    let mut sender = Client::open(&server);
    sender.connect().await;
    for body in [&b"\xff\xfe\x00\x80"[..], b"plain"] {
        sender.publish("/topic/x", body).await;
        let message = browser.next().await.expect("a message").expect("an open socket");
        assert_eq!(message.is_text(), body == b"plain", "{message:?}");
        assert!(message.into_data().windows(body.len()).any(|octets| octets == body));
    }
    sender.send_octets(b"SEND\ndestination:/topic/x\nnick:\xff\n\nx\0").await;
    sender.expect_error().await;
}
