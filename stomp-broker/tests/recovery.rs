//! Histories that are longer than what may wait for a client.

use std::time::Duration;

use stomp_broker::{
    Config, Destination, DestinationPolicy, Open, Policies, Publish, Server,
    proto::{Command, Frame},
    testing::Client,
};

const TOPIC: &str = "/topic/kept/a";

/// A server whose outboxes take 256 messages, and whose topics keep so many.
async fn server(kept: usize) -> Server {
    let kept = DestinationPolicy::new("/topic/kept/**").unwrap().history(kept, Duration::from_secs(600));
    let config = Config { outbox_frames: 256, ..Config::default() };
    Server::builder(Open, Open)
        .config(config)
        .policies(Policies::new([kept]))
        .topics("/topic")
        .start()
        .await
        .unwrap()
}

async fn publish(server: &Server, count: usize, body: usize) {
    let (handle, topic) = (server.handle(), Destination::new(TOPIC).unwrap());
    for _ in 0..count {
        handle.publish(Publish::new(topic.clone(), vec![b'x'; body])).await.unwrap();
    }
}

/// A client that has asked for the whole history and read the RECEIPT.
async fn recovering(server: &Server, id: &str, ack: &str) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    subscribe(&mut client, id, ack).await;
    client
}

async fn subscribe(client: &mut Client, id: &str, ack: &str) {
    let frame = Frame::builder(Command::Subscribe).header("id", id).header("destination", TOPIC);
    let frame = frame.header("ack", ack).header("x-offset", "first").header("receipt", id);
    client.send(frame.build()).await;
    let receipt = client.expect(Command::Receipt).await;
    assert_eq!(receipt.headers().get("x-recovered"), Some("true"));
}

fn offset(message: &Frame) -> usize {
    message.headers().get("x-offset").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_history_beyond_the_outbox_reaches_a_slow_reader_whole_and_before_what_is_new() {
    let server = server(20_000).await;
    publish(&server, 10_000, 100).await;
    let mut reader = recovering(&server, "s", "auto").await;
    // More than may be held back for it, while it reads nothing.
    publish(&server, 1_000, 100).await;
    for expected in 1..=11_000 {
        assert_eq!(offset(&reader.expect(Command::Message).await), expected);
    }
    publish(&server, 1, 100).await;
    assert_eq!(offset(&reader.expect(Command::Message).await), 11_001);
}

#[tokio::test]
async fn a_history_waits_for_acknowledgements() {
    let server = server(2_000).await;
    publish(&server, 1_000, 10).await;
    let mut reader = recovering(&server, "s", "client").await;
    for expected in 1..=1_000 {
        let message = reader.expect(Command::Message).await;
        assert_eq!(offset(&message), expected);
        if expected % 200 == 0 {
            let ack = message.headers().get("ack").unwrap();
            reader.send(Frame::builder(Command::Ack).header("id", ack).build()).await;
        }
    }
}

#[tokio::test]
async fn two_histories_of_one_session_share_the_way() {
    let server = server(2_000).await;
    publish(&server, 1_000, 10).await;
    let mut reader = recovering(&server, "one", "auto").await;
    let frame = Frame::builder(Command::Subscribe).header("id", "two").header("destination", TOPIC);
    reader.send(frame.header("x-offset", "first").build()).await;
    publish(&server, 10, 10).await;
    let mut next = [1, 1];
    for _ in 0..2 * 1_010 {
        let message = reader.expect(Command::Message).await;
        let of = usize::from(message.headers().get("subscription") == Some("two"));
        assert_eq!(offset(&message), next[of]);
        next[of] += 1;
    }
    assert_eq!(next, [1_011, 1_011]);
}

#[tokio::test]
async fn a_reader_that_the_history_moves_past_is_cut_off() {
    let server = server(500).await;
    publish(&server, 500, 4096).await;
    let mut reader = recovering(&server, "s", "auto").await;
    publish(&server, 1_000, 4096).await;
    let mut expected = 1;
    loop {
        let frame = reader.receive().await.expect("an ERROR");
        if frame.command() == &Command::Error {
            assert_eq!(frame.headers().get("message"), Some("slow-consumer"));
            break;
        }
        assert_eq!(offset(&frame), expected);
        expected += 1;
    }
    assert!(expected < 1_000);
}

#[tokio::test]
async fn a_subscription_that_ends_gets_no_more_of_its_history() {
    let server = server(10_000).await;
    publish(&server, 5_000, 100).await;
    let mut reader = recovering(&server, "s", "auto").await;
    reader.confirm(Frame::builder(Command::Unsubscribe).header("id", "s")).await;
    reader.subscribe("t", "/topic/end").await;
    reader.publish("/topic/end", "").await;
    let mut before = 0;
    while reader.expect(Command::Message).await.headers().get("subscription") == Some("s") {
        before += 1;
    }
    assert!(before < 5_000, "{before}");
}
