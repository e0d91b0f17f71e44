//! Queues of several nodes, as if they were of one.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use stomp_broker::{
    Open, Server,
    proto::{Command, Frame},
    redis::{RedisRelay, RedisSettings},
    testing::Client,
};

use crate::redis_server::RedisServer;

const QUEUE: &str = "/queue/jobs";

/// Of a stream: the id, and the field with the message.
type Entry = (String, [(String, Vec<u8>); 1]);

async fn node(redis: &RedisServer) -> Server {
    // Short enough for a test to wait for, long enough for a busy machine.
    let settings = RedisSettings { node_timeout: Duration::from_secs(3), ..redis.settings() };
    let relay = RedisRelay::new(settings).unwrap();
    Server::builder(Open, Open).broker(relay).queues("/queue").start().await.unwrap()
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    client
}

async fn consumer(server: &Server) -> Client {
    let mut client = client(server).await;
    let subscribe = Frame::builder(Command::Subscribe).header("id", "s").header("destination", QUEUE);
    client.confirm(subscribe.header("ack", "client-individual")).await;
    client
}

async fn acknowledge(client: &mut Client, message: &Frame) {
    let id = message.headers().get("ack").unwrap();
    client.confirm(Frame::builder(Command::Ack).header("id", id)).await;
}

fn text(message: &Frame) -> String {
    String::from_utf8(message.body().to_vec()).unwrap()
}

#[tokio::test]
async fn consumers_on_all_nodes_share_the_messages() {
    let redis = RedisServer::start();
    let (one, two) = (node(&redis).await, node(&redis).await);
    let mut readers = [consumer(&one).await, consumer(&two).await];
    let mut writer = client(&one).await;
    let mut read = BTreeSet::new();
    for number in 0..20 {
        writer.publish(QUEUE, number.to_string()).await;
    }
    while read.len() < 20 {
        let [one, two] = &mut readers;
        let (message, reader) = tokio::select! {
            message = one.expect(Command::Message) => (message, one),
            message = two.expect(Command::Message) => (message, two),
        };
        assert!(read.insert(text(&message)), "{} came twice", text(&message));
        acknowledge(reader, &message).await;
    }
}

/// A node that dies says nothing to anybody, Redis included.
#[tokio::test]
async fn what_a_dead_node_had_goes_to_others_and_nothing_is_lost() {
    let redis = RedisServer::start();
    let survivor = node(&redis).await;
    let mut writer = client(&survivor).await;
    let dying = std::thread::spawn({
        let settings = RedisSettings { node_timeout: Duration::from_secs(3), ..redis.settings() };
        move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let relay = RedisRelay::new(settings).unwrap();
                let node = Server::builder(Open, Open).broker(relay).queues("/queue").start().await.unwrap();
                let mut reader = consumer(&node).await;
                let got: Vec<_> =
                    [reader.expect(Command::Message).await, reader.expect(Command::Message).await].into();
                acknowledge(&mut reader, &got[0]).await;
                assert_eq!(text(&got[1]), "1");
                // Nothing is closed in order.
                std::mem::forget((reader, node));
            });
            // Its tasks stop where they are.
            runtime.shutdown_background();
        }
    });
    for number in 0..2 {
        writer.publish(QUEUE, number.to_string()).await;
    }
    tokio::task::spawn_blocking(move || dying.join().unwrap()).await.unwrap();

    let mut reader = consumer(&survivor).await;
    let again = reader.expect(Command::Message).await;
    assert_eq!((&*text(&again), again.headers().get("x-delivery-count")), ("1", Some("2")));
    acknowledge(&mut reader, &again).await;
    reader.expect_nothing(Duration::from_millis(200)).await;
}

/// As when the answer to a lease is lost with its connection: Redis believes that the node has the message.
#[tokio::test]
async fn what_a_node_never_heard_of_comes_to_it_after_a_while() {
    let redis = RedisServer::start();
    let node = node(&redis).await;
    let mut reader = consumer(&node).await;
    client(&node).await.publish(QUEUE, "heard of").await;
    let heard_of = reader.expect(Command::Message).await;
    let stray = || {
        let (mut connection, key) = (redis.connection(), format!("stomp:q:{{common}}:{QUEUE}"));
        let consumers: Vec<HashMap<String, redis::Value>> =
            redis::cmd("XINFO").arg("CONSUMERS").arg(&key).arg("g").query(&mut connection)?;
        let name: String = redis::from_redis_value(consumers[0]["name"].clone())?;
        let [(_, [field_and_envelope])]: [Entry; 1] =
            redis::cmd("XRANGE").arg(&key).arg("-").arg("+").query(&mut connection)?;
        let (field, envelope) = field_and_envelope;
        let () = redis::cmd("XADD").arg(&key).arg("0-*").arg(field).arg(envelope).query(&mut connection)?;
        let lease = ["GROUP", "g", &name, "STREAMS", &key, ">"];
        redis::cmd("XREADGROUP").arg(&lease).query::<redis::Value>(&mut connection)
    };
    stray().unwrap();
    let again = reader.expect(Command::Message).await;
    assert_eq!(again.headers().get("x-delivery-count"), None, "it has not been delivered");
    acknowledge(&mut reader, &again).await;
    acknowledge(&mut reader, &heard_of).await;
    reader.expect_nothing(Duration::from_millis(200)).await;
}
