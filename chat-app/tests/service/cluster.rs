//! Several servers on one database, joined by Redis.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::{
    postgres_server,
    support::{RedisServer, TestApp, User},
};

/// Two servers.
async fn cluster(redis: &RedisServer) -> (TestApp, TestApp) {
    let database = postgres_server::database().await;
    let start = async || {
        TestApp::start_with(|config| {
            config.database_url = Some(database.clone());
            config.redis_url = Some(redis.url());
        })
        .await
    };
    tokio::join!(start(), start())
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
async fn a_session_that_is_revoked_ends_on_every_server_within_a_second() {
    let redis = RedisServer::start().await;
    let (one, other) = cluster(&redis).await;
    let kim = one.user("kim").await;
    let room = kim.create_room("room").await;
    let mut elsewhere = at(&other, &kim).connect().await;
    elsewhere.subscribe(&format!("/topic/room/{room}")).await;
    assert_eq!(kim.post("/auth/logout", &json!({})).await.status, 204);
    let end = timeout(Duration::from_secs(1), elsewhere.frame()).await.expect("told in time");
    assert_eq!(end.unwrap().headers().get("message"), Some("SESSION_REVOKED"));
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
