//! Clients of different nodes, as if they were of one.

use std::time::Duration;

use stomp_broker::{
    Destination, Open, Publish, Refusal, Server,
    proto::{Command, Frame},
    redis::RedisSettings,
    testing::Client,
};

use crate::redis_server::RedisServer;

/// An entry of a stream: its id, and fields with their values.
type Entry = (String, Vec<(String, Vec<u8>)>);

async fn node(settings: RedisSettings) -> Server {
    let relay = stomp_broker::redis::RedisRelay::new(settings).unwrap();
    Server::builder(Open, Open).broker(relay).topics("/topic").start().await.unwrap()
}

async fn two_nodes(redis: &RedisServer) -> [Server; 2] {
    [node(redis.settings()).await, node(redis.settings()).await]
}

async fn client(server: &Server, login: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(login, "").await;
    client
}

#[tokio::test]
async fn a_message_crosses_from_node_to_node() {
    let redis = RedisServer::start();
    let [one, two] = two_nodes(&redis).await;
    let mut reader = client(&one, "ann").await;
    reader.subscribe("s", "/topic/a").await;
    client(&two, "ben").await.publish("/topic/a", "across").await;
    assert_eq!(&**reader.expect(Command::Message).await.body(), b"across");
}

#[tokio::test]
async fn a_client_recovers_on_another_node() {
    let redis = RedisServer::start();
    let [one, two] = two_nodes(&redis).await;
    let mut reader = client(&one, "ann").await;
    reader.subscribe("s", "/topic/kept/a").await;
    let mut writer = client(&two, "ben").await;
    writer.publish("/topic/kept/a", "first").await;
    let first = reader.expect(Command::Message).await;
    let header = |name| first.headers().get(name).unwrap().to_owned();
    let (offset, epoch) = (header("x-offset"), header("x-epoch"));
    drop(reader);
    writer.publish("/topic/kept/a", "missed").await;

    let mut reader = client(&two, "ann").await;
    let subscribe =
        Frame::builder(Command::Subscribe).header("id", "s").header("destination", "/topic/kept/a");
    let subscribe = subscribe.header("x-offset", &offset).header("x-epoch", &epoch).header("receipt", "r");
    reader.send(subscribe.build()).await;
    let receipt = reader.expect(Command::Receipt).await;
    assert_eq!(receipt.headers().get("x-recovered"), Some("true"));
    writer.publish("/topic/kept/a", "live").await;
    for expected in ["missed", "live"] {
        assert_eq!(&**reader.expect(Command::Message).await.body(), expected.as_bytes());
    }
    reader.expect_nothing(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn what_concerns_a_user_reaches_every_node() {
    let redis = RedisServer::start();
    let [one, two] = two_nodes(&redis).await;
    let mut ann = client(&one, "ann").await;
    let mut ben = client(&one, "ben").await;
    for client in [&mut ann, &mut ben] {
        client.subscribe("u", "/user/queue/news").await;
        client.subscribe("t", "/topic/a").await;
    }
    let topic = Destination::new("/topic/a").unwrap();
    let handle = two.handle();
    assert!(handle.send_to_user("ann", Publish::new("/user/queue/news".try_into().unwrap(), "for ann")));
    assert_eq!(&**ann.expect(Command::Message).await.body(), b"for ann");
    ben.expect_nothing(Duration::from_millis(100)).await;

    handle.revoke("ann", &topic).await;
    handle.publish(Publish::new(topic, "for ben")).await.unwrap();
    assert_eq!(&**ben.expect(Command::Message).await.body(), b"for ben");
    ann.expect_nothing(Duration::from_millis(100)).await;

    handle.disconnect("ann", &Refusal::new("gone"));
    assert_eq!(ann.expect_error().await.headers().get("message"), Some("gone"));
}

#[tokio::test]
async fn brokers_with_different_prefixes_do_not_meet() {
    let redis = RedisServer::start();
    let one = node(redis.settings()).await;
    let two = node(RedisSettings { prefix: "other:".to_owned(), ..redis.settings() }).await;
    let mut reader = client(&one, "ann").await;
    reader.subscribe("s", "/topic/a").await;
    client(&two, "ben").await.publish("/topic/a", "elsewhere").await;
    reader.expect_nothing(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_node_needs_no_more_rights_than_those_below_its_prefix() {
    let redis = RedisServer::start();
    let mut connection = redis.connection();
    let rights =
        ["on", ">secret", "~stomp:*", "&stomp:*", "-@all", "+@connection", "+@pubsub", "+@scripting"];
    let commands = [
        "+@stream",
        "+@hash",
        "+@set",
        "+@sortedset",
        "+@read",
        "+@keyspace",
        "+@transaction",
        "+set",
        "+time",
    ];
    let () = redis::cmd("ACL")
        .arg("SETUSER")
        .arg("node")
        .arg(&rights)
        .arg(&commands)
        .query(&mut connection)
        .unwrap();
    let () = redis::cmd("ACL").arg("SETUSER").arg("default").arg("off").query(&mut connection).unwrap();

    let url = redis.settings().url.replace("redis://", "redis://node:secret@");
    let server = node(RedisSettings { url, ..redis.settings() }).await;
    let mut reader = client(&server, "ann").await;
    for (id, topic) in [("s", "/topic/a"), ("k", "/topic/kept/a")] {
        reader.subscribe(id, topic).await;
        reader.publish(topic, "allowed").await;
        assert_eq!(&**reader.expect(Command::Message).await.body(), b"allowed");
    }
    assert!(server.handle().is_ready());
}

/// T43: whoever reaches Redis can push anything.
#[tokio::test]
async fn octets_that_no_node_sent_harm_nobody() {
    let redis = RedisServer::start();
    let [one, two] = two_nodes(&redis).await;
    let mut reader = client(&one, "ann").await;
    reader.subscribe("s", "/topic/a").await;
    reader.subscribe("k", "/topic/kept/a").await;
    let mut connection = redis.connection();
    let channels: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").query(&mut connection).unwrap();
    let channel = |topic| channels.iter().find(|channel| channel.ends_with(topic)).cloned().unwrap();
    let (plain, kept) = (channel("}:/topic/a"), channel("}:/topic/kept/a"));
    let key = kept.replace("stomp:t:", "stomp:h:");
    for octets in [&b""[..], b"\x01", b"1-2:", b"1-18446744073709551616:x", b"{\"json\":1}", &[1; 100]] {
        for channel in [&*plain, &kept, "stomp:o:{common}:all", "stomp:r:{common}:/queue/a"] {
            let heard: usize = redis::cmd("PUBLISH").arg(channel).arg(octets).query(&mut connection).unwrap();
            assert!(heard > 0 || channel.contains("queue"), "{channel}");
        }
    }
    let mut writer = client(&two, "ben").await;
    writer.publish("/topic/kept/a", "genuine").await;
    assert_eq!(&**reader.expect(Command::Message).await.body(), b"genuine");
    // A genuine envelope under positions that were never given out.
    let log: Vec<Entry> = redis::cmd("XRANGE").arg(key).arg("-").arg("+").query(&mut connection).unwrap();
    let (_, fields) = &log[0];
    for position in ["1:0:", "1:18446744073709551615:"] {
        let forged = [position.as_bytes(), &fields[0].1].concat();
        let () = redis::cmd("PUBLISH").arg(&kept).arg(forged).query(&mut connection).unwrap();
    }
    for topic in ["/topic/a", "/topic/kept/a"] {
        writer.publish(topic, "genuine").await;
        assert_eq!(&**reader.expect(Command::Message).await.body(), b"genuine");
    }
}
