//! What subscribers can rely on, and what the application can do to them.

use std::time::{Duration, SystemTime};

use stomp_broker::{
    Authenticator, Config, Credentials, Destination, Open, Peer, Principal, Publish, Refusal, Server,
    async_trait,
    proto::{Command, Frame},
    testing::Client,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep},
};

const QUIET: Duration = Duration::from_millis(300);

async fn server() -> Server {
    Server::builder(Open, Open).topics("/topic").start().await.expect("a server")
}

async fn client(server: &Server, login: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    client
}

async fn subscriber(server: &Server, login: &str) -> Client {
    let mut client = client(server, login).await;
    client.subscribe("s", "/topic/x").await;
    client
}

fn topic() -> Destination {
    Destination::new("/topic/x").expect("a destination")
}

fn body(message: &Frame) -> String {
    String::from_utf8(message.body().to_vec()).expect("text")
}

async fn bodies(client: &mut Client, count: usize) -> Vec<String> {
    let mut bodies = Vec::with_capacity(count);
    for _ in 0..count {
        bodies.push(body(&client.expect(Command::Message).await));
    }
    bodies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_subscribers_see_two_publishers_in_one_order() {
    const EACH: usize = 1000;
    let server = server().await;
    let mut subscribers =
        [subscriber(&server, "a").await, subscriber(&server, "b").await, subscriber(&server, "c").await];
    let publishers = ["p", "q"].map(|name| {
        let server = server.clone();
        tokio::spawn(async move {
            let mut publisher = client(&server, name).await;
            for n in 0..EACH {
                publisher.send(Client::message("/topic/x", format!("{name}{n}"))).await;
            }
            // Nothing is lost when a connection closes behind what it sent.
        })
    });
    let orders = {
        let [a, b, c] = &mut subscribers;
        let (a, b, c) = tokio::join!(bodies(a, 2 * EACH), bodies(b, 2 * EACH), bodies(c, 2 * EACH));
        [a, b, c]
    };
    for publisher in publishers {
        publisher.await.expect("a publisher");
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0], orders[2]);
    for name in ["p", "q"] {
        let own: Vec<_> = orders[0].iter().filter(|body| body.starts_with(name)).collect();
        assert!(own.iter().enumerate().all(|(n, body)| **body == format!("{name}{n}")), "{own:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_behind_the_receipt_of_unsubscribe() {
    let server = server().await;
    let mut subscriber = subscriber(&server, "a").await;
    let mut publisher = client(&server, "p").await;
    let flood = tokio::spawn(async move {
        for _ in 0..2000 {
            publisher.send(Client::message("/topic/x", "flood")).await;
        }
        publisher.publish("/topic/x", "last").await;
    });
    subscriber.expect(Command::Message).await;
    subscriber
        .send(Frame::builder(Command::Unsubscribe).header("id", "s").header("receipt", "r").build())
        .await;
    while subscriber.receive().await.expect("an open connection").command() != &Command::Receipt {}
    flood.await.expect("a publisher");
    subscriber.expect_nothing(QUIET).await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_subscription_gets_nothing_more() {
    let server = server().await;
    let (mut alice, mut bob) = (subscriber(&server, "alice").await, subscriber(&server, "bob").await);
    server.handle().revoke("alice", &topic()).await;
    server.handle().publish(Publish::new(topic(), "secret")).await.expect("a live back-end");
    assert_eq!(body(&bob.expect(Command::Message).await), "secret");
    alice.expect_nothing(QUIET).await;
    alice.publish("/topic/x", "alice is still there").await;
    assert_eq!(body(&bob.expect(Command::Message).await), "alice is still there");
}

#[tokio::test(start_paused = true)]
async fn a_disconnected_user_is_told_why_on_every_session() {
    let server = server().await;
    let mut alices = [subscriber(&server, "alice").await, client(&server, "alice").await];
    let mut bob = subscriber(&server, "bob").await;
    assert_eq!(server.handle().sessions_of("alice"), 2);
    server.handle().disconnect("alice", &Refusal::new("banned").text("For a day.\n"));
    for alice in &mut alices {
        let error = alice.expect_error().await;
        assert_eq!(error.headers().get("message"), Some("banned"));
        assert_eq!(error.body(), "For a day.\n");
    }
    assert_eq!(server.handle().sessions_of("alice"), 0);
    bob.publish("/topic/x", "hi").await;
    bob.expect(Command::Message).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_gets_messages_on_each_session_and_nobody_else_does() {
    let server = server().await;
    let mut alices = [client(&server, "alice").await, client(&server, "alice").await];
    let mut mallory = client(&server, "mallory").await;
    for alice in &mut alices {
        alice.subscribe("s", "/user/queue/replies").await;
    }
    for guess in ["/user/queue/replies", "/user/alice/queue/replies", "/topic/user/queue/replies"] {
        mallory.subscribe(guess, guess).await;
    }
    let to = Destination::new("/user/queue/replies").expect("a destination");
    assert!(server.handle().send_to_user("alice", Publish::new(to, "hi")));
    assert!(!server.handle().send_to_user("alice", Publish::new(topic(), "no user destination")));
    for alice in &mut alices {
        let message = alice.expect(Command::Message).await;
        assert_eq!(message.headers().get("destination"), Some("/user/queue/replies"));
    }
    mallory.expect_nothing(QUIET).await;
    mallory.send(Client::message("/user/queue/replies", "forged")).await;
    mallory.expect_error().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_cut_off_and_told() {
    let config = Config { outbox_frames: 10, ..Config::default() };
    let server = Server::builder(Open, Open).config(config).topics("/topic").start().await.expect("a server");
    let (mut slow, mut fast) = (subscriber(&server, "slow").await, subscriber(&server, "fast").await);
    for n in 0..100 {
        server.handle().publish(Publish::new(topic(), "x".repeat(16 * 1024))).await.expect("a live back-end");
        fast.expect(Command::Message).await;
        assert!(n < 99 || server.handle().sessions_of("slow") == 1, "it has not heard of its end yet");
    }
    let error = loop {
        let frame = slow.receive().await.expect("an ERROR before the end");
        if frame.command() == &Command::Error {
            break frame;
        }
    };
    assert_eq!(error.headers().get("message"), Some("slow-consumer"));
    slow.closed().await;
}

/// Subscribes over a pipe that holds no more than 64 octets on their way.
async fn narrow_subscriber(server: &Server) -> DuplexStream {
    let (mut pipe, theirs) = duplex(64);
    server.serve_stream(theirs, Peer::default());
    for frame in [
        "CONNECT\naccept-version:1.2\nlogin:narrow\n\n\0",
        "SUBSCRIBE\nid:s\ndestination:/topic/x\nreceipt:r\n\n\0",
    ] {
        pipe.write_all(frame.as_bytes()).await.expect("an open connection");
        while pipe.read_u8().await.expect("an answer") != 0 {}
    }
    pipe
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_all_as_long_as_it_reads() {
    let server = server().await;
    let mut slow = narrow_subscriber(&server).await;
    let sent = vec![b'x'; 64 * 1024];
    server.handle().publish(Publish::new(topic(), sent.clone())).await.expect("a live back-end");
    let mut received = Vec::new();
    while !received.ends_with(b"\0") {
        // For 17 minutes in all, with never more than a second without progress.
        sleep(Duration::from_secs(1)).await;
        let read = slow.read_buf(&mut received).await.expect("an open connection");
        assert_ne!(read, 0, "cut off after {} octets", received.len());
    }
    assert!(received.windows(sent.len()).any(|body| body == sent));
}

#[tokio::test(start_paused = true)]
async fn who_dribbles_the_last_frame_does_not_keep_its_place() {
    let server = server().await;
    let mut dribbler = narrow_subscriber(&server).await;
    for _ in 0..10 {
        let publish = Publish::new(topic(), "x".repeat(200 * 1024));
        server.handle().publish(publish).await.expect("a live back-end");
    }
    let start = Instant::now();
    while server.handle().sessions_of("narrow") > 0 {
        sleep(Duration::from_secs(1)).await;
        let _ = dribbler.read_u8().await;
        assert!(start.elapsed() < Duration::from_secs(20), "it holds its place as long as it likes");
    }
}

/// Lets everyone in for a minute.
#[derive(Debug)]
struct ForAMinute;

#[async_trait]
impl Authenticator for ForAMinute {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let principal = Principal::new(credentials.login().unwrap_or("guest"));
        Ok(principal.expires_at(SystemTime::now() + Duration::from_secs(60)))
    }
}

#[tokio::test(start_paused = true)]
async fn delivery_ends_with_the_login() {
    let server = Server::builder(ForAMinute, Open).topics("/topic").start().await.expect("a server");
    let mut subscriber = subscriber(&server, "a").await;
    let start = Instant::now();
    let handle = server.handle();
    let publisher = tokio::spawn(async move {
        loop {
            handle.publish(Publish::new(topic(), "tick")).await.expect("a live back-end");
            sleep(Duration::from_secs(1)).await;
        }
    });
    let error = loop {
        let frame = subscriber.receive().await.expect("an ERROR before the end");
        if frame.command() != &Command::Message {
            break frame;
        }
    };
    assert_eq!(error.command(), &Command::Error);
    assert!(error.headers().get("message").is_some_and(|message| message.contains("expired")));
    subscriber.closed().await;
    let took = start.elapsed();
    assert!(took > Duration::from_secs(55) && took < Duration::from_secs(65), "{took:?}");
    publisher.abort();
}

#[tokio::test(start_paused = true)]
async fn clients_are_told_of_the_end_of_the_server() {
    let server = server().await;
    let mut logged_in = subscriber(&server, "a").await;
    let mut not_yet = Client::open(&server);
    not_yet.send_octets("CONN").await;
    let stopping = server.clone();
    let end = tokio::spawn(async move { stopping.shutdown(Duration::from_secs(5)).await });
    for client in [&mut logged_in, &mut not_yet] {
        let error = client.expect(Command::Error).await;
        assert_eq!(error.headers().get("message"), Some("shutdown"));
        client.closed().await;
    }
    drop((logged_in, not_yet));
    assert!(end.await.expect("a shutdown"), "all connections have ended in time");
    let mut late = Client::open(&server);
    assert_eq!(late.expect_error().await.headers().get("message"), Some("shutdown"));
}
