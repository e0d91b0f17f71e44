//! Frames that are too large, malformed, or mean to be taken for something else.

use std::time::Duration;

use stomp_broker::{
    proto::{Command, Frame, Version},
    testing::Client,
};

use super::server;

const QUIET: Duration = Duration::from_millis(500);

/// A client that has sent CONNECT or not, and the same one later.
async fn clients(server: &stomp_broker::Server) -> [Client; 2] {
    let mut logged_in = Client::open(server);
    logged_in.connect().await;
    [Client::open(server), logged_in]
}

fn summary(error: &Frame) -> &str {
    error.headers().get("message").expect("an ERROR says what was wrong")
}

#[tokio::test(start_paused = true)]
async fn t01_nothing_is_carried_out_before_login() {
    let server = server().await;
    let mut subscriber = Client::open(&server);
    subscriber.connect().await;
    subscriber.subscribe("s", "/topic/x").await;
    for frame in [
        "SEND\ndestination:/topic/x\n\nhi\0",
        "SUBSCRIBE\nid:1\ndestination:/topic/x\n\n\0",
        "UNSUBSCRIBE\nid:1\n\n\0",
        "BEGIN\ntransaction:t\n\n\0",
        "ACK\nid:1\n\n\0",
        "DISCONNECT\nreceipt:r\n\n\0",
        "MESSAGE\ndestination:/topic/x\nmessage-id:1\nsubscription:s\n\nhi\0",
        "CONNECTED\nversion:1.2\n\n\0",
    ] {
        let mut attacker = Client::open(&server);
        attacker.send_octets(format!("{frame}CONNECT\naccept-version:1.2\n\n\0")).await;
        attacker.expect_error().await;
    }
    subscriber.expect_nothing(QUIET).await;
}

#[tokio::test(start_paused = true)]
async fn t02_an_endless_line_is_refused_at_its_limit() {
    let server = server().await;
    for line in ["SEND\nbig:", "SEND\n", ""] {
        for (mut attacker, start) in clients(&server).await.into_iter().zip(["CONNECT\n", ""]) {
            // 8 KiB is the limit of a line; twice that is never asked for.
            let line = line.replace("SEND\n", if start.is_empty() { "SEND\n" } else { start });
            attacker.send_octets(line + &"A".repeat(16 * 1024)).await;
            attacker.expect_error().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn t02_header_lines_are_bounded_together() {
    let server = server().await;
    let mut attacker = Client::open(&server);
    attacker.connect().await;
    let line = format!("h:{}\n", "v".repeat(8000));
    attacker.send_octets(format!("SEND\ndestination:/topic/x\n{}", line.repeat(5))).await;
    attacker.expect_error().await;
}

#[tokio::test(start_paused = true)]
async fn t03_the_65th_header_is_refused() {
    let server = server().await;
    let mut client = Client::open(&server);
    client.connect().await;
    let headers = |count: usize| (0..count).map(|n| format!("h{n}:v\n")).collect::<String>();
    let send = |extra| format!("SEND\ndestination:/topic/x\nreceipt:r\n{}", headers(extra));
    client.send_octets(send(62) + "\nbody\0").await;
    client.expect(Command::Receipt).await;
    // It need not be followed by anything.
    client.send_octets(send(63)).await;
    assert!(summary(&client.expect_error().await).contains("64"));
}

#[tokio::test(start_paused = true)]
async fn t04_an_impossible_content_length_is_refused_before_the_body() {
    let server = server().await;
    for length in [
        "-1",
        "18446744073709551616",
        "18446744073709551615",
        "9999999999999",
        "262145",
        "3,3",
        "0x3",
        "+3",
        "",
    ] {
        let mut attacker = Client::open(&server);
        attacker.connect().await;
        attacker.send_octets(format!("SEND\ndestination:/topic/x\ncontent-length:{length}\n\n")).await;
        attacker.expect_error().await;
    }
}

#[tokio::test(start_paused = true)]
async fn t04_connect_has_no_body_to_hide_anything_in() {
    let server = server().await;
    let mut attacker = Client::open(&server);
    attacker.send_octets("CONNECT\naccept-version:1.2\ncontent-length:5000\n\n").await;
    attacker.expect_error().await;
}

#[tokio::test(start_paused = true)]
async fn t05_no_second_frame_is_smuggled() {
    let server = server().await;
    let mut subscriber = Client::open(&server);
    subscriber.connect().await;
    subscriber.subscribe("s", "/topic/x").await;

    for smuggler in [
        "SEND\ndestination:/topic/y\ncontent-length:3\n\nhello\0SEND\ndestination:/topic/x\n\nsmuggled\0",
        "SEND\ndestination:/topic/y\ncontent-length:3\ncontent-length:5\n\nhello\0SEND\ndestination:/topic/x\n\nsmuggled\0",
    ] {
        let mut attacker = Client::open(&server);
        attacker.connect().await;
        attacker.send_octets(smuggler).await;
        attacker.expect_error().await;
    }
    subscriber.expect_nothing(QUIET).await;

    let body = "a\0SEND\ndestination:/topic/x\n\nsmuggled\0b";
    let mut sender = Client::open(&server);
    sender.connect().await;
    sender.publish("/topic/x", body).await;
    assert_eq!(subscriber.expect(Command::Message).await.body(), body);
    subscriber.expect_nothing(QUIET).await;
}

/// Escapes that would be line ends, and raw ones.
const INJECTIONS: [&str; 4] =
    ["a\\nadmin\\ctrue", "a\\radmin\\ctrue", "a\\r\\nadmin\\ctrue", "a\radmin:true"];

#[tokio::test(start_paused = true)]
async fn t06_no_client_makes_header_lines_in_the_frames_of_another() {
    let server = server().await;
    for from in Version::ALL {
        for to in Version::ALL {
            for injection in INJECTIONS {
                let topic = format!("/topic/{from}-{to}");
                let mut subscriber = Client::open(&server);
                subscriber.connect_with(to, &[]).await;
                subscriber.subscribe("s", &topic).await;
                let mut attacker = Client::open(&server);
                attacker.connect_with(from, &[]).await;
                let send = format!("SEND\ndestination:{topic}\nfoo:{injection}\n{injection}:x\n\nhi\0");
                attacker.send_octets(send).await;
                if attacker.receive_within(QUIET).await.is_some() {
                    // Refused, as 1.2 does with a bare CR.
                    attacker.closed().await;
                    subscriber.expect_nothing(QUIET).await;
                    continue;
                }
                let message = subscriber.expect(Command::Message).await;
                assert!(!message.headers().contains("admin"), "{from} to {to}, {injection:?}: {message:?}");
                let bare_cr =
                    message.headers().iter().any(|(name, value)| format!("{name}{value}").contains('\r'));
                assert!(!bare_cr || to == Version::V1_2, "{from} to {to}: {message:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn t06_ids_make_no_header_lines() {
    let server = server().await;
    for version in Version::ALL {
        for injection in INJECTIONS {
            let mut attacker = Client::open(&server);
            attacker.connect_with(version, &[]).await;
            attacker
                .send_octets(format!(
                    "SUBSCRIBE\nid:{injection}\nreceipt:{injection}\ndestination:/topic/x\n\n\0\
                     SEND\ndestination:/topic/x\n\nhi\0UNSUBSCRIBE\nid:none\nreceipt:{injection}\n\n\0"
                ))
                .await;
            while let Some(frame) = attacker.receive().await {
                assert!(!frame.headers().contains("admin"), "{version}, {injection:?}: {frame:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn t07_headers_of_the_server_cannot_be_forged() {
    let server = server().await;
    let mut subscriber = Client::open(&server);
    subscriber.connect().await;
    for destination in ["/topic/x", "/queue/x"] {
        subscriber.subscribe(destination, destination).await;
        let forged = ["message-id", "subscription", "ack", "user-name", "redelivered", "x-delivery-count"];
        let mut attacker = Client::open(&server);
        attacker.connect().await;
        let send = Frame::builder(Command::Send).header("destination", destination);
        let send = forged.iter().fold(send, |send, name| send.header(name, "forged"));
        attacker.confirm(send.body("hi")).await;

        let message = subscriber.expect(Command::Message).await;
        for name in forged.iter().chain(&["destination", "content-length"]) {
            let values: Vec<_> = message.headers().iter().filter(|(other, _)| other == name).collect();
            assert!(values.len() <= 1, "{values:?}");
            assert!(values.iter().all(|(_, value)| *value != "forged"), "{values:?}");
        }
        assert_eq!(message.headers().get("subscription"), Some(destination));
    }
}

#[tokio::test(start_paused = true)]
async fn t15_a_frame_may_come_in_crumbs() {
    let server = server().await;
    let mut client = Client::open(&server);
    client.connect().await;
    client.subscribe("s", "/topic/x").await;
    let body = "b".repeat(64 * 1024);
    // With and without a length in front.
    for length in [format!("content-length:{}\n", body.len()), String::new()] {
        let frame = format!("SEND\ndestination:/topic/x\n{length}\n{body}\0");
        for crumb in frame.as_bytes().chunks(4) {
            client.send_octets(crumb).await;
        }
        assert_eq!(client.expect(Command::Message).await.body(), &body);
    }
}
