//! Subscribers that ask for what they missed.

use std::time::Duration;

use stomp_broker::{
    DestinationPolicy, Open, Policies, Server,
    proto::{Command, Frame},
    testing::Client,
};

async fn server(messages: usize) -> Server {
    let kept = DestinationPolicy::new("/topic/kept/**").unwrap().history(messages, Duration::from_secs(60));
    Server::builder(Open, Open).policies(Policies::new([kept])).topics("/topic").start().await.unwrap()
}

/// Subscribes with these headers; gives back the RECEIPT, and the MESSAGE frames that had come by then.
async fn subscribe(client: &mut Client, destination: &str, headers: &[(&str, &str)]) -> Frame {
    let frame = Frame::builder(Command::Subscribe).header("id", "s").header("destination", destination);
    let frame = headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
    client.send(frame.header("receipt", "subscribed").build()).await;
    client.expect(Command::Receipt).await
}

async fn bodies(client: &mut Client, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let message = client.expect(Command::Message).await;
        bodies.push(String::from_utf8(message.body().to_vec()).unwrap());
    }
    bodies
}

#[tokio::test]
async fn a_subscriber_gets_what_it_missed_before_what_is_new() {
    let server = server(10).await;
    let (mut publisher, mut reader) = (Client::open(&server), Client::open(&server));
    publisher.connect().await;
    reader.connect().await;
    for body in ["one", "two", "three"] {
        publisher.publish("/topic/kept/a", body).await;
    }
    subscribe(&mut reader, "/topic/kept/a", &[("x-offset", "last:1")]).await;
    let last = reader.expect(Command::Message).await;
    let (offset, epoch) = (last.headers().get("x-offset").unwrap(), last.headers().get("x-epoch").unwrap());
    assert_eq!((offset, &last.body()[..]), ("3", &b"three"[..]));

    let mut late = Client::open(&server);
    late.connect().await;
    let receipt = subscribe(&mut late, "/topic/kept/a", &[("x-offset", "1"), ("x-epoch", epoch)]).await;
    assert_eq!(receipt.headers().get("x-recovered"), Some("true"));
    publisher.publish("/topic/kept/a", "four").await;
    assert_eq!(bodies(&mut late, 3).await, ["two", "three", "four"]);
}

#[tokio::test]
async fn what_is_lost_is_said_to_be_lost() {
    let server = server(2).await;
    let mut client = Client::open(&server);
    client.connect().await;
    for body in ["one", "two", "three", "four"] {
        client.publish("/topic/kept/a", body).await;
    }
    let receipt = subscribe(&mut client, "/topic/kept/a", &[("x-offset", "1")]).await;
    assert_eq!(receipt.headers().get("x-recovered"), Some("false"));
    assert_eq!(bodies(&mut client, 2).await, ["three", "four"]);
}

#[tokio::test]
async fn a_topic_without_history_recovers_nothing_and_says_so() {
    let server = server(2).await;
    let mut client = Client::open(&server);
    client.connect().await;
    client.publish("/topic/other", "gone").await;
    let receipt = subscribe(&mut client, "/topic/other", &[("x-offset", "first")]).await;
    assert_eq!(receipt.headers().get("x-recovered"), Some("false"));
    client.publish("/topic/other", "live").await;
    assert_eq!(bodies(&mut client, 1).await, ["live"]);
}

#[tokio::test]
async fn no_message_is_missed_or_doubled_between_history_and_live() {
    let server = server(1_000).await;
    let mut publisher = Client::open(&server);
    publisher.connect().await;
    let publishing = tokio::spawn(async move {
        for number in 1..=500 {
            publisher.publish("/topic/kept/a", number.to_string()).await;
        }
    });
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut reader = Client::open(&server);
        readers.spawn(async move {
            reader.connect().await;
            subscribe(&mut reader, "/topic/kept/a", &[("x-offset", "first")]).await;
            bodies(&mut reader, 500).await
        });
        tokio::task::yield_now().await;
    }
    publishing.await.unwrap();
    let expected: Vec<_> = (1..=500).map(|number: u32| number.to_string()).collect();
    while let Some(bodies) = readers.join_next().await {
        assert_eq!(bodies.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let server = server(2).await;
    for headers in [
        [("x-offset", "-1"), ("a", "b")],
        [("x-offset", "1"), ("x-epoch", "?")],
        [("x-offset", "last:x"), ("a", "b")],
    ] {
        let mut client = Client::open(&server);
        client.connect().await;
        let frame =
            Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/kept/a");
        let frame = headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
        client.send(frame.build()).await;
        client.expect_error().await;
    }
}
