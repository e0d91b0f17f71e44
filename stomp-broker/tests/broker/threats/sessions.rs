//! Connections that cost without doing anything, and sessions that break their promises.

use std::time::Duration;

use stomp_broker::{
    Authenticator, Config, Credentials, Open, Principal, Refusal, Server, async_trait,
    proto::{Command, Frame},
    testing::Client,
};
use tokio::time::{Instant, sleep};

use super::{server, server_with};

const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// That an attacker is cut off at the login timeout, give or take the timer's grain.
fn assert_cut_at_login_timeout(start: Instant) {
    let took = start.elapsed();
    assert!((LOGIN_TIMEOUT..LOGIN_TIMEOUT + Duration::from_millis(100)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn t14_a_silent_connection_is_closed_at_the_login_timeout() {
    let server = server().await;
    let start = Instant::now();
    let mut attackers: Vec<_> = (0..100).map(|_| Client::open(&server)).collect();
    for attacker in &mut attackers {
        attacker.expect(Command::Error).await;
    }
    assert_cut_at_login_timeout(start);
    for mut attacker in attackers {
        attacker.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn t14_a_dribbled_connect_is_closed_at_the_login_timeout() {
    let server = server().await;
    for dribble in ["CONNECT\naccept-version:1.2\nheader:with a value that never ends\n", "\n"] {
        let start = Instant::now();
        let mut attacker = Client::open(&server);
        for octet in dribble.bytes().cycle() {
            attacker.send_octets([octet]).await;
            if attacker.receive_within(Duration::from_millis(500)).await.is_some() {
                break;
            }
        }
        attacker.closed().await;
        assert_cut_at_login_timeout(start);
    }
}

#[tokio::test(start_paused = true)]
async fn t14_other_protocols_are_refused_at_their_first_line() {
    let server = server().await;
    for hello in [
        "POST / HTTP/1.1\r\nHost: x\r\n\r\nCONNECT\naccept-version:1.2\n\n\0",
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
        "EHLO example.org\r\n",
        "*1\r\n$4\r\nPING\r\n",
    ] {
        let start = Instant::now();
        let mut attacker = Client::open(&server);
        attacker.send_octets(hello).await;
        attacker.expect(Command::Error).await;
        assert!(start.elapsed() < Duration::from_secs(1), "{hello:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn t14_a_tls_hello_gets_no_session() {
    let server = server().await;
    let start = Instant::now();
    let mut attacker = Client::open(&server);
    attacker.send_octets(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    attacker.expect_error().await;
    assert!(start.elapsed() <= LOGIN_TIMEOUT + Duration::from_secs(1));
}

/// Asks somebody who never answers.
#[derive(Debug)]
struct Hanging;

#[async_trait]
impl Authenticator for Hanging {
    async fn authenticate(&self, _: Credentials<'_>) -> Result<Principal, Refusal> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn t14_an_authenticator_that_hangs_holds_no_connection() {
    let server = Server::builder(Hanging, Open).start().await.expect("a server");
    let start = Instant::now();
    let mut client = Client::open(&server);
    client.send_octets("CONNECT\naccept-version:1.2\n\n\0").await;
    client.expect(Command::Error).await;
    assert_cut_at_login_timeout(start);
    client.closed().await;
    drop(client);
    assert!(server.shutdown(Duration::from_secs(1)).await);
}

#[tokio::test(start_paused = true)]
async fn t14_no_more_connections_than_allowed() {
    let server = server_with(Config { connections: 2, ..Config::default() }).await;
    let (mut first, mut second) = (Client::open(&server), Client::open(&server));
    first.connect().await;
    second.connect().await;
    Client::open(&server).closed().await;
    drop(second);
    // Its place is free when its connection has ended.
    loop {
        let mut third = Client::open(&server);
        third.send(Frame::builder(Command::Connect).header("accept-version", "1.2").build()).await;
        if third.receive().await.is_some() {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    first.publish("/topic/x", "still served").await;
}

#[tokio::test(start_paused = true)]
async fn t16_heart_beats_have_a_floor() {
    let server = server().await;
    let mut greedy = HeartBeats::of(&server, "0,1").await;
    assert!((10..=13).contains(&greedy.count(Duration::from_secs(10)).await));
    let mut modest = HeartBeats::of(&server, "0,4294967296").await;
    assert_eq!(modest.count(Duration::from_secs(100)).await, 0);
}

/// A connection whose heart-beats are counted.
struct HeartBeats(tokio::io::DuplexStream);

impl HeartBeats {
    async fn of(server: &Server, offer: &str) -> Self {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut ours, theirs) = tokio::io::duplex(1024);
        server.serve_stream(theirs, Default::default());
        let connect = format!("CONNECT\naccept-version:1.2\nheart-beat:{offer}\n\n\0");
        ours.write_all(connect.as_bytes()).await.expect("the server reads");
        while ours.read_u8().await.expect("CONNECTED") != 0 {}
        Self(ours)
    }

    async fn count(&mut self, time: Duration) -> usize {
        use tokio::io::AsyncReadExt;
        let (end, mut count) = (Instant::now() + time, 0);
        while let Ok(octet) = tokio::time::timeout_at(end, self.0.read_u8()).await {
            assert_eq!(octet.expect("an open connection"), b'\n');
            count += 1;
        }
        count
    }
}

#[tokio::test(start_paused = true)]
async fn t16_malformed_heart_beats_are_refused() {
    let server = server().await;
    for offer in ["", "1", "a,b", "-1,0", "1,", "1,2,3", "99999999999999999999,0", "1.5,0"] {
        let mut attacker = Client::open(&server);
        attacker.send_octets(format!("CONNECT\naccept-version:1.2\nheart-beat:{offer}\n\n\0")).await;
        attacker.expect_error().await;
    }
}

#[tokio::test(start_paused = true)]
async fn t16_a_broken_promise_is_noticed_within_three_seconds() {
    let server = server().await;
    let mut attacker = Client::open(&server);
    attacker.connect_with(stomp_broker::proto::Version::V1_2, &[("heart-beat", "1000,0")]).await;
    let start = Instant::now();
    attacker.expect(Command::Error).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(1) && took <= Duration::from_secs(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn t17_duplicate_and_unknown_names_are_refused() {
    let server = server().await;
    for frame in [
        "SUBSCRIBE\nid:live\ndestination:/topic/y\nreceipt:r\n\n\0",
        "UNSUBSCRIBE\nid:nope\nreceipt:r\n\n\0",
        "ACK\nid:nope\nreceipt:r\n\n\0",
        "ACK\nid:0\nreceipt:r\n\n\0",
        "NACK\nid:18446744073709551615\nreceipt:r\n\n\0",
        "BEGIN\ntransaction:open\nreceipt:r\n\n\0",
        "COMMIT\ntransaction:nope\nreceipt:r\n\n\0",
        "ABORT\ntransaction:nope\nreceipt:r\n\n\0",
        "SEND\ndestination:/topic/x\ntransaction:nope\nreceipt:r\n\n\0",
    ] {
        let mut attacker = Client::open(&server);
        attacker.connect().await;
        attacker.subscribe("live", "/topic/x").await;
        attacker.confirm(Frame::builder(Command::Begin).header("transaction", "open")).await;
        attacker.send_octets(frame).await;
        let error = attacker.expect_error().await;
        assert_eq!(error.headers().get("receipt-id"), Some("r"), "{frame:?}");
    }
}
