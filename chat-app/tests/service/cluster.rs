//! Several servers on one database, joined by Redis.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::{
    postgres_server,
    support::{RedisServer, Stomp, TestApp, User},
};

/// Two servers.
async fn cluster(redis: &RedisServer) -> (TestApp, TestApp) {
    let database = postgres_server::database().await;
    tokio::join!(server(redis, &database), server(redis, &database))
}

/// One server of several.
async fn server(redis: &RedisServer, database: &str) -> TestApp {
    TestApp::start_with(|config| {
        config.database_url = Some(database.to_owned());
        config.redis_url = Some(redis.url());
    })
    .await
}

/// Waits until a destination says so.
async fn until(stomp: &mut Stomp, destination: &str, is_so: impl Fn(&Value) -> bool) {
    while !is_so(&stomp.message_of(destination).await) {}
}

/// The same member at another server.
fn at<'a>(app: &'a TestApp, user: &User<'_>) -> User<'a> {
    User::new(app, &json!({ "id": user.id, "token": user.token, "refreshToken": user.refresh_token }))
}

#[tokio::test]
async fn members_of_different_servers_hear_each_other() {
    let redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let (kim, lee) = (one.user("kim").await, other.user("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let mut of_lee = lee.connect().await;
    of_lee.subscribe(&format!("/topic/room/{room}")).await;
    let mut of_kim = kim.connect().await;
    of_kim.subscribe("/user/queue/acks").await;
    for number in 1..=5 {
        let message = json!({ "roomId": room, "message": format!("{number}") });
        of_kim.send("/app/chat.sendMessage", &message).await.unwrap();
    }
    for number in 1..=5 {
        assert_eq!(of_lee.message().await.body["message"], format!("{number}"));
    }
}

#[tokio::test]
async fn a_session_that_is_revoked_ends_on_every_server() {
    let redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let kim = one.user("kim").await;
    let room = kim.create_room("room").await;
    let mut elsewhere = at(&other, &kim).connect().await;
    elsewhere.subscribe(&format!("/topic/room/{room}")).await;
    elsewhere.subscribe("/user/queue/session").await;
    assert_eq!(kim.post("/auth/logout", &json!({})).await.status, 204);
    let told = elsewhere.message_of("/user/queue/session").await;
    assert_eq!(told, json!({ "type": "LOGGED_OUT" }));
    let end = elsewhere.frame().await.unwrap();
    assert_eq!(end.headers().get("message"), Some("SESSION_REVOKED"));
    at(&other, &kim).get("/member/me").await.refused(401, "SESSION_REVOKED");
}

#[tokio::test]
async fn what_ends_while_redis_is_away_ends_on_every_server() {
    let mut redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let (kim, lee) = (one.user("kim").await, one.user("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let topic = format!("/topic/room/{room}");
    let (mut of_kim, mut of_lee) = (at(&other, &kim).connect().await, at(&other, &lee).connect().await);
    of_lee.subscribe("/user/queue/errors").await;
    of_lee.subscribe(&topic).await;
    redis.kill();
    assert_eq!(kim.delete(&format!("/chat/room/{room}/members/{}", lee.id)).await.status, 204);
    assert_eq!(kim.post("/auth/logout", &json!({})).await.status, 204);
    let ended = async {
        assert_eq!(of_lee.message_of("/user/queue/errors").await["code"], "revoked");
        let end = of_kim.frame().await.unwrap();
        assert_eq!(end.headers().get("message"), Some("SESSION_REVOKED"));
    };
    timeout(Duration::from_secs(30), ended).await.expect("told in time");
}

#[tokio::test]
async fn without_redis_each_servers_members_hear_each_other_and_find_the_rest_in_the_history() {
    let mut redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let (kim, lee) = (one.user("kim").await, other.user("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&format!("/topic/room/{room}")).await;
    redis.kill();
    kim.say(room, "here").await;
    assert_eq!(of_kim.message().await.body["message"], "here");
    lee.say(room, "there").await;
    assert_eq!(kim.texts(room).await[1..], ["here", "there"]);
}

#[tokio::test]
async fn three_servers_show_the_same_members_online_and_writing() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&redis, &database);
    let (one, two, three) = tokio::join!(start(), start(), start());
    let (kim, lee, park) = (one.user("kim").await, two.user("lee").await, three.user("park").await);
    let room = kim.create_room("room").await;
    let (presence, typing) = (format!("/topic/room/{room}/presence"), format!("/topic/room/{room}/typing"));
    let mut all = Vec::new();
    for user in [&kim, &lee, &park] {
        if user.id != kim.id {
            user.join(room).await;
        }
        let mut stomp = user.connect().await;
        for destination in [&*presence, &*typing, "/topic/presence/count", "/user/queue/rooms"] {
            stomp.subscribe(destination).await;
        }
        all.push(stomp);
    }
    // A second connection of a member at another server does not count twice.
    let _second = at(&two, &kim).connect().await;
    let everyone =
        json!({ "online": [kim.id, lee.id, park.id], "away": [], "onlineCount": 3, "memberCount": 3 });
    for stomp in &mut all {
        until(stomp, &presence, |online| *online == everyone).await;
    }
    let mut newcomer = at(&three, &lee).connect().await;
    newcomer.subscribe("/topic/presence/count").await;
    until(&mut newcomer, "/topic/presence/count", |count| *count == 3).await;
    assert_eq!(at(&three, &kim).get(&format!("/member/{}", lee.id)).await.ok()["online"], true);

    all[0].send("/app/chat.typing", &json!({ "roomId": room, "on": true })).await.unwrap();
    all[1].send("/app/chat.typing", &json!({ "roomId": room, "on": true })).await.unwrap();
    let ids = |writing: &Value| -> Vec<i64> {
        writing["members"].as_array().unwrap().iter().map(|member| member["id"].as_i64().unwrap()).collect()
    };
    for stomp in &mut all {
        until(stomp, &typing, |writing| ids(writing) == [kim.id, lee.id]).await;
    }
    kim.say(room, "done").await;
    for stomp in &mut all {
        until(stomp, &typing, |writing| ids(writing) == [lee.id]).await;
        until(stomp, "/user/queue/rooms", |change| change["room"]["lastMessage"] == "done").await;
    }
}

#[tokio::test]
async fn what_was_stored_by_a_server_that_died_before_telling_is_told() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let app = server(&redis, &database).await;
    let kim = app.user("kim").await;
    let room = kim.create_room("room").await;
    let (messages, events) = (format!("/topic/room/{room}"), format!("/topic/room/{room}/events"));
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&messages).await;
    // What is missing of both comes in either order: each has a connection of its own.
    let mut changes = kim.connect().await;
    changes.subscribe(&events).await;
    kim.say(room, "one").await;
    assert_eq!(of_kim.message_of(&messages).await["seq"], 1);

    let mut connection = PgConnection::connect(&database).await.unwrap();
    sqlx::raw_sql(
        "BEGIN;
         UPDATE room SET last_seq = 3, last_change_seq = 1;
         INSERT INTO message (room_id, seq, sender_id, type, body, created_at)
         SELECT id, seq, owner_id, 'TALK', 'untold', now() FROM room, generate_series(2, 3) AS seq;
         INSERT INTO message_change (room_id, change_seq, message_id, kind, created_at)
         SELECT room_id, 1, id, 'UPDATED', now() FROM message WHERE seq = 1;
         COMMIT;",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    // Nothing else happens that would show the hole.
    for seq in [2, 3] {
        let message = of_kim.message_of(&messages).await;
        assert_eq!((&message["seq"], &message["message"]), (&json!(seq), &json!("untold")));
    }
    assert_eq!(changes.message_of(&events).await["changeSeq"], 1);
    kim.say(room, "four").await;
    assert_eq!(of_kim.message_of(&messages).await["seq"], 4, "and nothing twice");
}

#[tokio::test]
async fn what_is_said_while_redis_is_away_reaches_the_members_of_all_servers() {
    let mut redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let (kim, lee) = (one.user("kim").await, other.user("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let mut of_lee = lee.connect().await;
    of_lee.subscribe(&format!("/topic/room/{room}")).await;
    redis.kill();
    for number in 2..=6 {
        kim.say(room, "x").await;
        assert_eq!(of_lee.message_of(&format!("/topic/room/{room}")).await["seq"], number);
    }
}
