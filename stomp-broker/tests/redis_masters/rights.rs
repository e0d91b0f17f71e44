//! What a user of Redis has to be allowed: what the documentation says, and nothing beyond.

use stomp_broker::{
    Open, Server,
    proto::Command,
    redis::{RedisRelay, RedisSettings},
    testing::Client,
};

use crate::{
    redis_server::{RedisServer, settings},
    redis_shards::RedisShards,
};

/// As in the documentation of `stomp_broker::redis`.
const RIGHTS: &str = "ACL SETUSER node on >secret ~stomp:* &stomp:* -@all +@connection +@pubsub +@scripting +@stream \
    +@hash +@set +@sortedset +@read +@keyspace +@transaction +set +time +role +cluster|info +cluster|slots +asking";

/// Lets in the user with these rights and nobody else.
fn restrict(server: &RedisServer, rights: &str) {
    let mut connection = server.connection();
    for line in [rights, "ACL SETUSER default off"] {
        let mut words = line.split_whitespace();
        let mut command = redis::cmd(words.next().unwrap());
        let () = command.arg(words.collect::<Vec<_>>()).query(&mut connection).unwrap();
    }
}

/// Sends to a topic, to one with a history, to a queue and to a pattern.
async fn use_everything(settings: RedisSettings) {
    let relay = RedisRelay::new(settings).unwrap();
    let server =
        Server::builder(Open, Open).broker(relay).topics("/topic").queues("/queue").start().await.unwrap();
    let mut client = Client::open(&server);
    client.connect().await;
    client.subscribe("p", "/topic/some/*").await;
    for (id, destination) in [("s", "/topic/a"), ("k", "/topic/kept/a"), ("q", "/queue/a")] {
        client.subscribe(id, destination).await;
        client.publish(destination, destination).await;
        assert_eq!(&**client.expect(Command::Message).await.body(), destination.as_bytes());
    }
    client.publish("/topic/some/b", "matches").await;
    assert_eq!(&**client.expect(Command::Message).await.body(), b"matches");
    assert!(server.handle().is_ready());
}

#[tokio::test]
async fn of_one_server_where_clients_have_patterns() {
    let redis = RedisServer::start();
    restrict(&redis, &RIGHTS.replace("&stomp:*", "allchannels"));
    use_everything(settings(format!("redis://node:secret@127.0.0.1:{}", redis.port()))).await;
}

#[tokio::test]
async fn of_a_cluster() {
    let shards = RedisShards::start(3, false);
    shards.masters.iter().for_each(|master| restrict(master, RIGHTS));
    use_everything(settings(shards.url().replace("://", "://node:secret@"))).await;
}
