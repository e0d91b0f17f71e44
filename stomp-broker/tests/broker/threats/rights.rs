//! Those who want what is not theirs.

use std::{collections::HashSet, time::Duration};

use stomp_broker::{
    Action, Authorizer, Credentials, Decision, Destination, Open, Principal, Refusal, Server, async_trait,
    proto::{Command, Frame, Version},
    testing::Client,
};

use super::server;

const QUIET: Duration = Duration::from_millis(300);

/// Lets everyone read `/topic/public`, and nobody do anything else. It says nothing about patterns.
#[derive(Debug)]
struct ReadersOfOne;

#[async_trait]
impl Authorizer for ReadersOfOne {
    async fn authorize(&self, _: &Principal, action: Action, destination: &Destination) -> Decision {
        match (action, &**destination) {
            (Action::Subscribe, "/topic/public") => Decision::Allow,
            _ => Decision::Deny(Refusal::new("access denied")),
        }
    }
}

async fn guarded() -> Server {
    let server = Server::builder(Open, ReadersOfOne).topics("/topic").queues("/queue");
    server.start().await.expect("a server")
}

async fn client(server: &Server, login: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    client
}

fn summary(error: &Frame) -> &str {
    error.headers().get("message").expect("an ERROR says what was wrong")
}

#[tokio::test(start_paused = true)]
async fn t08_no_header_names_what_another_session_has() {
    let server = server().await;
    let mut victim = client(&server, "victim").await;
    victim.subscribe("s", "/queue/jobs").await;
    let resource = "x-queue-name:/queue/jobs\nqueue:/queue/jobs\ndestination:/queue/jobs\nsubscription:s\n";
    for frame in ["UNSUBSCRIBE\nid:s\n", "ACK\nid:0\n", "NACK\nid:0\n", "DISCONNECT\n"] {
        let mut attacker = client(&server, "attacker").await;
        attacker.send_octets(format!("{frame}{resource}receipt:r\n\n\0")).await;
        let answer = attacker.receive().await.expect("an answer");
        assert_eq!(answer.command() == &Command::Receipt, frame.starts_with("DISCONNECT"), "{answer:?}");
    }
    client(&server, "sender").await.publish("/queue/jobs", "still there").await;
    assert_eq!(victim.expect(Command::Message).await.body(), "still there");
}

#[tokio::test(start_paused = true)]
async fn t09_who_may_not_send_to_a_topic_reaches_nobody() {
    let server = guarded().await;
    let mut reader = client(&server, "reader").await;
    reader.subscribe("s", "/topic/public").await;
    for frame in [
        "SEND\ndestination:/topic/public\n\n{\"sender\":\"admin\"}\0",
        "BEGIN\ntransaction:t\n\n\0SEND\ndestination:/topic/public\ntransaction:t\n\nx\0COMMIT\ntransaction:t\n\n\0",
    ] {
        let mut attacker = client(&server, "attacker").await;
        attacker.send_octets(frame).await;
        assert_eq!(summary(&attacker.expect_error().await), "access denied");
    }
    reader.expect_nothing(QUIET).await;
}

#[tokio::test(start_paused = true)]
async fn t10_destinations_of_others_and_patterns_are_refused() {
    let server = guarded().await;
    for destination in [
        "/topic/private",
        "/topic/*",
        "/topic/**",
        "/**",
        "*",
        ">",
        "#",
        "/topic/#",
        "/topic/>",
        "/queue/*",
        "/queue/x-user4711",
        "/user/**",
        "/reply-queue/4711",
        "/temp-queue/a",
        "/topic/../queue/a",
        "//topic/public",
        "/topic/public/",
        "/TOPIC/public",
    ] {
        let mut attacker = client(&server, "attacker").await;
        let subscribe =
            Frame::builder(Command::Subscribe).header("id", "s").header("destination", destination);
        attacker.send(subscribe.build()).await;
        attacker.expect(Command::Error).await;
    }
    client(&server, "reader").await.subscribe("s", "/topic/public").await;
}

#[tokio::test(start_paused = true)]
async fn t10_session_ids_cannot_be_foreseen() {
    let server = server().await;
    let mut ids = HashSet::new();
    for _ in 0..20 {
        let connected = Client::open(&server).connect().await;
        let id = connected.headers().get("session").expect("an id").to_owned();
        assert!(id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        // Neither half repeats, as a counter or a clock would.
        assert!(ids.insert(id[..16].to_owned()) && ids.insert(id[16..].to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn t11_a_selector_is_not_an_expression() {
    let server = server().await;
    let mut publisher = client(&server, "publisher").await;
    for selector in ["T(java.lang.Runtime).getRuntime().exec('id')", "(a+)+$", "1 = 0", "'"] {
        let mut subscriber = client(&server, "subscriber").await;
        let subscribe =
            Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/x");
        subscriber.confirm(subscribe.header("selector", selector)).await;
        publisher.publish("/topic/x", "a".repeat(64)).await;
        subscriber.expect(Command::Message).await;
    }
}

#[tokio::test(start_paused = true)]
async fn t12_names_of_all_kinds_are_bounded() {
    let server = server().await;
    let long = "n".repeat(256);
    for (count, frame, limit) in [
        (257, "SUBSCRIBE\nid:{n}\ndestination:/topic/x\n\n\0".to_owned(), "256 subscriptions"),
        (17, "BEGIN\ntransaction:{n}\n\n\0".to_owned(), "16 open transactions"),
        (257, "SEND\ndestination:/topic/x\ntransaction:t\n\nx\0".to_owned(), "256 frames"),
        (1, format!("SUBSCRIBE\nid:{long}\ndestination:/topic/x\n\n\0"), "255 bytes"),
        (1, format!("SUBSCRIBE\nid:s\ndestination:/topic/{long}{long}\n\n\0"), "512 bytes"),
        (1, format!("BEGIN\ntransaction:{long}\n\n\0"), "255 bytes"),
        (1, format!("SEND\ndestination:/topic/x\nreceipt:{long}\n\n\0"), "255 bytes"),
    ] {
        let mut attacker = client(&server, "attacker").await;
        if frame.contains("transaction:t\n") {
            attacker.send_octets("BEGIN\ntransaction:t\n\n\0").await;
        }
        for n in 0..count {
            attacker.send_octets(frame.replace("{n}", &n.to_string())).await;
        }
        let error = attacker.expect_error().await;
        assert!(summary(&error).contains(limit), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn t12_destinations_that_come_and_go_leave_nothing_behind() {
    let server = server().await;
    let mut attacker = client(&server, "attacker").await;
    for n in 0..2000 {
        let id = format!("SUBSCRIBE\nid:s\ndestination:/topic/{n}\n\n\0UNSUBSCRIBE\nid:s\n\n\0");
        attacker.send_octets(id).await;
    }
    attacker.publish("/topic/x", "").await;
    assert!(server.handle().destinations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn t42_names_that_would_forge_log_lines_are_refused() {
    let server = server().await;
    for name in ["/topic/a\\n2026-01-01 INFO admin", "/topic/\u{1b}[31m", "/topic/a\\r", "/topic/\u{9b}2J"] {
        for command in ["SUBSCRIBE\nid:s", "SEND"] {
            let mut attacker = client(&server, "attacker").await;
            attacker.send_octets(format!("{command}\ndestination:{name}\n\n\0")).await;
            attacker.expect_error().await;
        }
    }
}

/// Writes what it is shown as a careless program would.
#[derive(Debug)]
struct Careless;

#[async_trait]
impl stomp_broker::Authenticator for Careless {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        Err(Refusal::new("shown").text(format!("{credentials:?}")))
    }
}

#[tokio::test(start_paused = true)]
async fn t42_secrets_do_not_get_into_logs_by_debug_output() {
    let server = Server::builder(Careless, Open).start().await.expect("a server");
    let mut client = Client::open(&server);
    let secrets = [("passcode", "planted-1"), ("Authorization", "Bearer planted-2"), ("cookie", "planted-3")];
    let connect = Frame::builder(Command::Connect).header("accept-version", Version::V1_2.as_str());
    let connect = connect.header("login", "alice");
    let connect = secrets.iter().fold(connect, |connect, (name, value)| connect.header(name, value));
    client.send(connect.build()).await;
    let error = client.expect_error().await;
    let shown = String::from_utf8_lossy(error.body()).into_owned();
    assert!(shown.contains("alice") && !shown.contains("planted"), "{shown}");
}
