//! Queues: one consumer for each message, and nothing lost on the way.

use std::collections::BTreeSet;

use stomp_broker::{
    Config, Open, QueuePolicy, QueueSettings, Server, SimpleBroker,
    proto::{Command, Frame},
    testing::Client,
};

const QUEUE: &str = "/queue/jobs";

async fn server(limits: impl Into<QueueSettings>) -> Server {
    let broker = SimpleBroker::with(limits, Default::default());
    let config = Config { prefetch: 4, ..Config::default() };
    Server::builder(Open, Open).config(config).broker(broker).queues("/queue").start().await.unwrap()
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    client
}

/// A client that consumes from the queue and acknowledges each message by itself.
async fn consumer(server: &Server) -> Client {
    let mut client = client(server).await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", QUEUE);
    client.confirm(subscribe.header("ack", "client-individual")).await;
    client
}

async fn fill(client: &mut Client, messages: usize) {
    for number in 0..messages {
        client.publish(QUEUE, number.to_string()).await;
    }
}

fn text(message: &Frame) -> String {
    String::from_utf8(message.body().to_vec()).unwrap()
}

async fn settle(client: &mut Client, command: Command, message: &Frame) {
    let id = message.headers().get("ack").unwrap().to_owned();
    client.confirm(Frame::builder(command).header("id", &id)).await;
}

#[tokio::test]
async fn a_consumer_that_acknowledges_nothing_gets_more_than_it_may_have_at_a_time() {
    let server = server(QueuePolicy::default()).await;
    let (mut producer, mut reader) = (client(&server).await, client(&server).await);
    fill(&mut producer, 50).await;
    reader.subscribe("s", QUEUE).await;
    for number in 0..50 {
        assert_eq!(text(&reader.expect(Command::Message).await), number.to_string());
    }
}

#[tokio::test]
async fn no_more_messages_are_out_than_the_prefetch() {
    let server = server(QueuePolicy::default()).await;
    let mut reader = consumer(&server).await;
    let mut producer = client(&server).await;
    fill(&mut producer, 6).await;
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(reader.expect(Command::Message).await);
    }
    reader.expect_nothing(std::time::Duration::from_millis(200)).await;
    settle(&mut reader, Command::Ack, &got[2]).await;
    assert_eq!(text(&reader.expect(Command::Message).await), "4");
}

#[tokio::test]
async fn consumers_share_the_messages() {
    let server = server(QueuePolicy::default()).await;
    let (mut one, mut two) = (consumer(&server).await, consumer(&server).await);
    let mut producer = client(&server).await;
    fill(&mut producer, 8).await;
    let mut got = BTreeSet::new();
    for reader in [&mut one, &mut two] {
        for _ in 0..4 {
            got.insert(text(&reader.expect(Command::Message).await));
        }
    }
    assert_eq!(got.len(), 8);
}

#[tokio::test]
async fn what_a_consumer_leaves_behind_goes_to_the_next_one_with_a_count() {
    let server = server(QueuePolicy::default()).await;
    let mut first = consumer(&server).await;
    let mut producer = client(&server).await;
    fill(&mut producer, 2).await;
    let message = first.expect(Command::Message).await;
    assert_eq!(message.headers().get("x-delivery-count"), None);
    settle(&mut first, Command::Ack, &message).await;
    first.expect(Command::Message).await;
    drop(first);

    let mut second = consumer(&server).await;
    let again = second.expect(Command::Message).await;
    assert_eq!((&*text(&again), again.headers().get("x-delivery-count")), ("1", Some("2")));
    settle(&mut second, Command::Ack, &again).await;
    drop(second);
    consumer(&server).await.expect_nothing(std::time::Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_message_that_is_refused_too_often_becomes_a_dead_letter() {
    let server = server(QueuePolicy { deliveries: 3, ..QueuePolicy::default() }).await;
    let mut reader = consumer(&server).await;
    let mut producer = client(&server).await;
    fill(&mut producer, 1).await;
    for _ in 0..3 {
        let message = reader.expect(Command::Message).await;
        settle(&mut reader, Command::Nack, &message).await;
    }
    reader.subscribe("dead", "/queue/dead-letters").await;
    let dead = reader.expect(Command::Message).await;
    assert_eq!(dead.headers().get("x-dead-letter-from"), Some(QUEUE));
    assert_eq!(text(&dead), "0");
}

#[tokio::test]
async fn a_full_queue_refuses_a_transaction_whole() {
    let server = server(QueuePolicy { messages: 2, ..QueuePolicy::default() }).await;
    let mut producer = client(&server).await;
    fill(&mut producer, 2).await;
    producer.confirm(Frame::builder(Command::Begin).header("transaction", "t")).await;
    for queue in ["/queue/other", QUEUE] {
        let send = Frame::builder(Command::Send).header("destination", queue).header("transaction", "t");
        producer.confirm(send.body("in a transaction")).await;
    }
    producer.send(Frame::builder(Command::Commit).header("transaction", "t").build()).await;
    let error = producer.expect_error().await;
    assert_eq!(error.headers().get("message"), Some("the queue /queue/jobs is full"));

    let mut reader = client(&server).await;
    reader.subscribe("s", "/queue/other").await;
    reader.expect_nothing(std::time::Duration::from_millis(200)).await;
}

#[tokio::test]
async fn queues_are_bounded_in_number_and_an_empty_one_does_not_count() {
    let server = server(QueueSettings { queues: 2, ..QueueSettings::default() }).await;
    let mut producer = client(&server).await;
    producer.publish("/queue/one", "1").await;
    producer.publish("/queue/two", "2").await;
    let mut other = client(&server).await;
    other.send(Client::message("/queue/three", "3")).await;
    let error = other.expect_error().await;
    assert_eq!(error.headers().get("message"), Some("more than 2 queues hold messages"));

    producer.subscribe("s", "/queue/one").await;
    producer.expect(Command::Message).await;
    // What has been written is settled; the next frame of the same client comes behind that.
    producer.publish("/queue/two", "2").await;
    producer.publish("/queue/three", "3").await;
}

#[tokio::test]
async fn all_queues_together_are_bounded_in_octets() {
    let server = server(QueueSettings { bytes: 10_000, ..QueueSettings::default() }).await;
    let mut producer = client(&server).await;
    for queue in ["/queue/one", "/queue/two"] {
        producer.publish(queue, vec![b'x'; 6000]).await;
    }
    let mut other = client(&server).await;
    other.send(Client::message("/queue/three", "3")).await;
    let error = other.expect_error().await;
    assert_eq!(error.headers().get("message"), Some("the queues hold more than 10000 bytes"));

    producer.subscribe("s", "/queue/one").await;
    producer.expect(Command::Message).await;
    // What has been written is settled; the next frame of the same client comes behind that.
    producer.publish("/queue/three", "3").await;
}
