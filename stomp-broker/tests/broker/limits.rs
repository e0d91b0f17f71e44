//! What a client may make wait, and for how long.

use std::time::Duration;

use stomp_broker::{
    App, Config, Destination, DestinationPolicy, Open, Overflow, Policies, Publish, Server, ServerBuilder,
    proto::{Command, Frame},
    testing::Client,
};
use tokio::time::Instant;

const QUIET: Duration = Duration::from_millis(300);

fn builder(config: Config) -> ServerBuilder {
    Server::builder(Open, Open).config(config).topics("/topic").queues("/queue")
}

async fn server(config: Config) -> Server {
    builder(config).start().await.expect("a server")
}

async fn subscriber(server: &Server, login: &str, ack: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/x");
    client.confirm(subscribe.header("ack", ack)).await;
    client
}

async fn publish(server: &Server, body: impl Into<bytes::Bytes>) {
    let to = Destination::new("/topic/x").expect("a destination");
    server.handle().publish(Publish::new(to, body)).await.expect("a live back-end");
}

fn summary(error: &Frame) -> &str {
    error.headers().get("message").expect("an ERROR says what was wrong")
}

#[tokio::test(start_paused = true)]
async fn messages_to_acknowledge_are_bounded_and_not_waited_for_without_end() {
    let server = server(Config { unacknowledged: 3, ..Config::default() }).await;
    let mut client = subscriber(&server, "a", "client").await;
    for body in 0..5 {
        publish(&server, body.to_string()).await;
    }
    let mut last = None;
    for body in 0..3 {
        let message = client.expect(Command::Message).await;
        assert_eq!(message.body(), body.to_string().as_bytes());
        last = message.headers().get("ack").map(str::to_owned);
    }
    client.expect_nothing(50 * Duration::from_secs(1)).await;
    let ack = last.expect("a name to acknowledge by");
    client.confirm(Frame::builder(Command::Ack).header("id", &ack)).await;
    client.expect(Command::Message).await;
    client.expect(Command::Message).await;
    publish(&server, "the third").await;
    client.expect(Command::Message).await;
    let paused = Instant::now();
    let error = loop {
        match client.receive_within(Duration::from_secs(10)).await {
            Some(frame) => break frame,
            None => assert!(paused.elapsed() < Duration::from_secs(70)),
        }
    };
    assert_eq!(summary(&error), "nothing acknowledged within 60 seconds");
    assert!(paused.elapsed() >= Duration::from_secs(60));
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_too_long_is_not_delivered() {
    let config = Config {
        unacknowledged: 1,
        outbox_age: Some(Duration::from_secs(5)),
        ack_timeout: Duration::from_secs(600),
        ..Config::default()
    };
    let server = server(config).await;
    let mut client = subscriber(&server, "a", "client").await;
    for body in ["first", "stale"] {
        publish(&server, body).await;
    }
    let first = client.expect(Command::Message).await;
    client.expect_nothing(Duration::from_secs(4)).await;
    publish(&server, "fresh").await;
    client.expect_nothing(Duration::from_secs(2)).await;
    let ack = first.headers().get("ack").expect("a name to acknowledge by");
    client.confirm(Frame::builder(Command::Ack).header("id", ack)).await;
    assert_eq!(client.expect(Command::Message).await.body(), "fresh");
}

#[tokio::test(start_paused = true)]
async fn the_largest_outboxes_go_first_when_all_together_are_too_large() {
    let config = Config { outbox_memory: 2 << 20, ..Config::default() };
    let policy = DestinationPolicy::new("/topic/**").unwrap().overflow(Overflow::DropOldest);
    let server = builder(config).policies(Policies::new([policy])).start().await.expect("a server");
    // Neither reads; their pipes take 64 KiB each.
    let mut small = subscriber(&server, "small", "auto").await;
    let mut large = Vec::new();
    for name in ["b", "c", "d"] {
        let mut client = Client::open(&server);
        client.log_in(name, "").await;
        client.subscribe("s", &format!("/topic/{name}")).await;
        large.push(client);
    }
    for _ in 0..12 {
        publish(&server, vec![b'x'; 16 << 10]).await;
        for name in ["b", "c", "d"] {
            let to = Destination::new(format!("/topic/{name}")).expect("a destination");
            let publish = Publish::new(to, vec![b'x'; 80 << 10]);
            server.handle().publish(publish).await.expect("a live back-end");
            tokio::task::yield_now().await;
        }
    }
    for _ in 0..12 {
        assert_eq!(small.expect(Command::Message).await.body().len(), 16 << 10);
    }
    let mut told = 0;
    for client in &mut large {
        while let Some(frame) = client.receive_within(QUIET).await {
            told += usize::from(frame.command() == &Command::Error && summary(&frame) == "slow-consumer");
        }
    }
    assert!((1..3).contains(&told), "{told} of 3 were cut off");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_dribbles_in_is_not_waited_for_without_end() {
    let server = server(Config::default()).await;
    let mut attacker = Client::open(&server);
    attacker.connect_with(stomp_broker::proto::Version::V1_2, &[("heart-beat", "1000,0")]).await;
    let start = Instant::now();
    attacker.send_octets("SEND\ndestination:/topic/x\n\n").await;
    let error = loop {
        attacker.send_octets("x").await;
        if let Some(frame) = attacker.receive_within(Duration::from_millis(500)).await {
            break frame;
        }
    };
    assert_eq!(summary(&error), "a frame was not finished within 60 seconds");
    assert!(start.elapsed() < Duration::from_secs(61));
    attacker.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_given_up() {
    let app = App::new(()).send("/app/hang", std::future::pending::<()>);
    let server = builder(Config::default()).app(app).start().await.expect("a server");
    let mut client = Client::open(&server);
    client.connect().await;
    let start = Instant::now();
    client.send_octets("SEND\ndestination:/app/hang\nreceipt:r\n\n\0").await;
    let error = loop {
        match client.receive_within(Duration::from_secs(10)).await {
            Some(frame) => break frame,
            None => assert!(start.elapsed() < Duration::from_secs(60)),
        }
    };
    assert_eq!(
        (summary(&error), error.headers().get("receipt-id")),
        ("not done within 30 seconds", Some("r"))
    );
    client.closed().await;
    drop(client);
    assert!(server.shutdown(Duration::from_secs(1)).await, "nothing is left of it");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_while_a_handler_hangs_is_gone() {
    let app = App::new(()).send("/app/hang", std::future::pending::<()>);
    let server = builder(Config::default()).app(app).start().await.expect("a server");
    let mut client = Client::open(&server);
    client.log_in("a", "").await;
    client.send(Client::message("/app/hang", "")).await;
    client.expect_nothing(QUIET).await;
    drop(client);
    let start = Instant::now();
    while server.handle().sessions_of("a") > 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() < Duration::from_secs(40));
    }
}
