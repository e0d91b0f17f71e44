//! The two ways in which a 1.0 client ends a subscription (STOMP 1.0, "UNSUBSCRIBE").

use std::time::Duration;

use stomp_broker::{
    Open, Server,
    proto::{Command, Frame, Version},
    testing::Client,
};

#[tokio::test]
async fn a_1_0_client_unsubscribes_by_destination_with_and_without_an_id() {
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    for id in [None, Some("s")] {
        let mut client = Client::open(&server);
        client.connect_with(Version::V1_0, &[]).await;
        let subscribe = Frame::builder(Command::Subscribe).header("destination", "/topic/a");
        client.confirm(id.into_iter().fold(subscribe, |subscribe, id| subscribe.header("id", id))).await;
        client.confirm(Frame::builder(Command::Unsubscribe).header("destination", "/topic/a")).await;
        client.publish("/topic/a", "nobody").await;
        client.expect_nothing(Duration::from_millis(100)).await;
    }
}
