//! Subscriptions to patterns of topics.

use async_trait::async_trait;
use stomp_broker::{
    Action, Authorizer, Decision, Destination, Open, Principal, Server,
    proto::{Command, Frame},
    testing::Client,
};

/// Allows everything but patterns, as an authorizer does that was written without them in mind.
#[derive(Debug)]
struct Plain;

#[async_trait]
impl Authorizer for Plain {
    async fn authorize(&self, _: &Principal, _: Action, _: &Destination) -> Decision {
        Decision::Allow
    }
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    client
}

async fn refused(server: &Server, destination: &str) -> String {
    let mut client = client(server).await;
    let frame = Frame::builder(Command::Subscribe).header("id", "s").header("destination", destination);
    client.send(frame.build()).await;
    client.expect_error().await.headers().get("message").unwrap().to_owned()
}

#[tokio::test]
async fn a_pattern_gets_the_messages_of_topics_that_it_matches() {
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    let mut client = client(&server).await;
    client.subscribe("one", "/topic/*/b").await;
    client.subscribe("rest", "/topic/a/**").await;
    client.publish("/topic/a/b", "both").await;
    client.publish("/topic/a", "none").await;
    client.publish("/topic/c/b", "one").await;
    let mut got = Vec::new();
    for _ in 0..3 {
        let message = client.expect(Command::Message).await;
        let subscription = message.headers().get("subscription").unwrap().to_owned();
        got.push((subscription, message.headers().get("destination").unwrap().to_owned()));
    }
    got.sort();
    let expected = [("one", "/topic/a/b"), ("one", "/topic/c/b"), ("rest", "/topic/a/b")];
    assert_eq!(got, expected.map(|(subscription, topic)| (subscription.to_owned(), topic.to_owned())));

    client.confirm(Frame::builder(Command::Unsubscribe).header("id", "one")).await;
    client.publish("/topic/c/b", "nobody").await;
    client.publish("/topic/a/z", "rest").await;
    assert_eq!(client.expect(Command::Message).await.body(), "rest");
}

#[tokio::test]
async fn patterns_stay_within_declared_topics() {
    let server = Server::builder(Open, Open).topics("/topic").queues("/queue").start().await.unwrap();
    for destination in ["/**", "/*/a", "/user/**", "/queue/*", "/topicx/*", "/topic/a*", "/topic/**/b"] {
        refused(&server, destination).await;
    }
}

#[tokio::test]
async fn an_authorizer_that_does_not_speak_of_patterns_allows_none() {
    let server = Server::builder(Open, Plain).topics("/topic").start().await.unwrap();
    assert_eq!(refused(&server, "/topic/**").await, "patterns are not allowed");
}

#[tokio::test]
async fn nobody_sends_to_a_pattern() {
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    let mut client = client(&server).await;
    client.send(Client::message("/topic/*", "body")).await;
    client.expect_error().await;
}
