//! Dialogues about what is settled: acknowledgements of several subscriptions, transactions, and how a session ends.

use stomp_broker::{
    Server,
    proto::{Command, Frame, Version},
    testing::Client,
};

use crate::dialogues::{QUIET, ack_id, client, consumer, left, publish, refused, server, summary};

async fn subscribe(client: &mut Client, id: &str, queue: &str, ack: &str) {
    let subscribe = Frame::builder(Command::Subscribe).header("id", id).header("destination", queue);
    client.confirm(subscribe.header("ack", ack)).await;
}

async fn settle(client: &mut Client, command: Command, message: &Frame) {
    client.confirm(Frame::builder(command).header("id", &ack_id(message))).await;
}

/// What `/queue/b` has for somebody else.
async fn is_left_in_b(server: &Server) -> bool {
    let mut other = client(server, Version::V1_2).await;
    other.subscribe("s", "/queue/b").await;
    other.receive_within(QUIET).await.is_some()
}

/// ACK-02: "cumulative" is within one subscription.
#[tokio::test(start_paused = true)]
async fn a_cumulative_ack_leaves_other_subscriptions_alone() {
    let server = server().await;
    publish(&server, "/queue/b", &["b"]).await;
    let mut client = client(&server, Version::V1_2).await;
    subscribe(&mut client, "b", "/queue/b", "client").await;
    client.expect(Command::Message).await;
    subscribe(&mut client, "a", "/queue/a", "client").await;
    publish(&server, "/queue/a", &["a"]).await;
    let last = client.expect(Command::Message).await;
    settle(&mut client, Command::Ack, &last).await;
    client.confirm(Frame::builder(Command::Disconnect)).await;
    assert!(left(&server).await.is_empty());
    assert!(is_left_in_b(&server).await);
}

/// ACK-02: what came after the message that is named is not meant.
#[tokio::test(start_paused = true)]
async fn a_cumulative_ack_reaches_up_to_its_message() {
    let server = server().await;
    publish(&server, "/queue/a", &["one", "two", "three"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client", 3).await;
    settle(&mut client, Command::Ack, &taken[1]).await;
    client.confirm(Frame::builder(Command::Disconnect)).await;
    assert_eq!(left(&server).await, ["three"]);
}

/// NCK-01: NACK takes the same messages as ACK would; they come again, and say so.
#[tokio::test(start_paused = true)]
async fn a_cumulative_nack_brings_back_what_it_covers() {
    let server = server().await;
    publish(&server, "/queue/a", &["one", "two", "three"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client", 3).await;
    settle(&mut client, Command::Nack, &taken[1]).await;
    for body in ["one", "two"] {
        let again = client.expect(Command::Message).await;
        assert_eq!(&**again.body(), body.as_bytes());
        assert_eq!(again.headers().get("redelivered"), Some("true"));
        assert_eq!(again.headers().get("x-delivery-count"), Some("2"));
    }
    client.expect_nothing(QUIET).await;
}

/// ACK-01: what needs no acknowledgement has no name to acknowledge it by.
#[tokio::test(start_paused = true)]
async fn a_message_of_an_auto_subscription_cannot_be_acknowledged() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "auto", 1).await;
    assert!(!taken[0].headers().contains("ack"));
    let id = taken[0].headers().get("message-id").expect("a message").to_owned();
    assert!(summary(&refused(&mut client, &format!("ACK\nid:{id}")).await).starts_with("unknown message"));
    assert!(left(&server).await.is_empty());
}

/// TXN-04: ABORT of a transaction over two subscriptions leaves both with what they had.
#[tokio::test(start_paused = true)]
async fn an_abort_settles_nothing_on_any_subscription() {
    let server = server().await;
    publish(&server, "/queue/a", &["a"]).await;
    publish(&server, "/queue/b", &["b"]).await;
    let (mut client, mut taken) = consumer(&server, Version::V1_2, "client-individual", 1).await;
    subscribe(&mut client, "b", "/queue/b", "client-individual").await;
    taken.push(client.expect(Command::Message).await);
    client.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    for (command, message) in [(Command::Ack, &taken[0]), (Command::Nack, &taken[1])] {
        let frame = Frame::builder(command).header("id", &ack_id(message)).header("transaction", "t");
        client.confirm(frame).await;
    }
    client.confirm(Frame::builder(Command::Abort).header("transaction", "t")).await;
    client.expect_nothing(QUIET).await;
    // Both are still its own, to be answered once more.
    settle(&mut client, Command::Ack, &taken[1]).await;
    client.confirm(Frame::builder(Command::Disconnect)).await;
    assert_eq!(left(&server).await, ["a"]);
    assert!(!is_left_in_b(&server).await);
}

/// TXN-03: of two transactions that answer the same message the first that commits has it.
#[tokio::test(start_paused = true)]
async fn a_message_is_settled_by_one_of_two_transactions() {
    let server = server().await;
    publish(&server, "/queue/a", &["one"]).await;
    let (mut client, taken) = consumer(&server, Version::V1_2, "client-individual", 1).await;
    for transaction in ["t", "u"] {
        client.confirm(Frame::builder(Command::Begin).header("transaction", transaction)).await;
        let ack = Frame::builder(Command::Ack).header("id", &ack_id(&taken[0]));
        client.confirm(ack.header("transaction", transaction)).await;
    }
    client.confirm(Frame::builder(Command::Commit).header("transaction", "u")).await;
    refused(&mut client, "COMMIT\ntransaction:t").await;
    assert!(left(&server).await.is_empty());
}

/// RCT-03, DSC-02: receipts come in the order of the frames, that of DISCONNECT last; what is behind it is not looked at.
#[tokio::test(start_paused = true)]
async fn receipts_come_in_order_and_nothing_counts_behind_disconnect() {
    let server = server().await;
    let mut listener = client(&server, Version::V1_2).await;
    listener.subscribe("s", "/topic/a").await;
    let mut client = client(&server, Version::V1_2).await;
    let frames = "SEND\ndestination:/topic/a\nreceipt:1\n\nfirst\0BEGIN\ntransaction:t\nreceipt:2\n\n\0\
                  SUBSCRIBE\nid:s\ndestination:/queue/a\nreceipt:3\n\n\0DISCONNECT\nreceipt:4\n\n\0\
                  SEND\ndestination:/topic/a\nreceipt:5\n\nlate\0";
    client.send_octets(frames).await;
    for receipt in ["1", "2", "3", "4"] {
        assert_eq!(client.expect(Command::Receipt).await.headers().get("receipt-id"), Some(receipt));
    }
    client.closed().await;
    assert_eq!(&**listener.expect(Command::Message).await.body(), b"first");
    listener.expect_nothing(QUIET).await;
}

/// UNS-02: one subscription ends, and another one to the same destination goes on.
#[tokio::test(start_paused = true)]
async fn one_of_two_subscriptions_to_a_topic_ends() {
    let server = server().await;
    let mut client = client(&server, Version::V1_2).await;
    client.subscribe("a", "/topic/a").await;
    client.subscribe("b", "/topic/a").await;
    publish(&server, "/topic/a", &["both"]).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let message = client.expect(Command::Message).await;
        ids.push(message.headers().get("subscription").map(str::to_owned));
    }
    ids.sort();
    assert_eq!(ids, [Some("a".to_owned()), Some("b".to_owned())]);
    client.confirm(Frame::builder(Command::Unsubscribe).header("id", "a")).await;
    publish(&server, "/topic/a", &["one"]).await;
    assert_eq!(client.expect(Command::Message).await.headers().get("subscription"), Some("b"));
    client.expect_nothing(QUIET).await;
}
