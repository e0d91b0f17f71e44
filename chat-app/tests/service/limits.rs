//! How often something may be asked for.

use std::time::Duration;

use chat_app::limits::Rate;
use serde_json::json;

use crate::support::{Stomp, TestApp};

fn two() -> Rate {
    Rate::new(2, 3_600).unwrap()
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let app = TestApp::start_with(|config| config.rates.guest = two()).await;
    app.guest("kim").await;
    app.guest("lee").await;
    let limited = app.post("/auth/guest", &json!({})).await;
    let body = limited.refused(429, "RATE_LIMITED");
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=1_801).contains(&seconds));
    assert_eq!(body["details"]["retryAfter"], seconds);
    assert_eq!(limited.header("x-ratelimit-limit"), "2");
    assert_eq!(limited.header("x-ratelimit-remaining"), "0");
    assert_eq!(limited.header("x-ratelimit-reset"), seconds.to_string());
}

#[tokio::test]
async fn accounts_and_logins_are_limited() {
    let app = TestApp::start_with(|config| {
        config.rates.sign_up = two();
        config.rates.login = two();
    })
    .await;
    for number in 0..3 {
        let account = json!({ "name": "kim", "email": format!("kim{number}@example.com"), "password": "correct horse" });
        let status = app.post("/member/create", &account).await.status;
        assert_eq!(status, if number < 2 { 200 } else { 429 });
    }
    let login = json!({ "email": "kim0@example.com", "password": "battery staple" });
    app.post("/member/doLogin", &login).await.refused(401, "BAD_CREDENTIALS");
    app.post("/member/doLogin", &login).await.refused(401, "BAD_CREDENTIALS");
    app.post("/member/doLogin", &login).await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn messages_are_limited_for_each_room_and_the_refused_one_is_named() {
    let app = TestApp::start_with(|config| config.rates.send = two()).await;
    let kim = app.guest("kim").await;
    let (room, other) = (kim.create_room("room").await, kim.create_room("other").await);
    let mut stomp = kim.connect().await;
    stomp.subscribe("/user/queue/errors").await;
    stomp.subscribe("/user/queue/acks").await;
    for number in 0..3 {
        let body = json!({ "roomId": room, "message": "안녕", "clientMessageId": format!("a-{number}") });
        stomp.post("/app/chat.sendMessage", &body).await;
    }
    for number in 0..2 {
        assert_eq!(stomp.message_of("/user/queue/acks").await["clientMessageId"], format!("a-{number}"));
    }
    let error = stomp.message_of("/user/queue/errors").await;
    assert_eq!((&error["code"], &error["clientMessageId"]), (&json!("RATE_LIMITED"), &json!("a-2")));
    assert_eq!(error["destination"], "/app/chat.sendMessage");
    kim.say(other, "elsewhere").await;
    assert_eq!(kim.texts(room).await.len(), 2);
}

#[tokio::test]
async fn silent_connections_are_closed() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };
    let app = TestApp::start().await;
    let mut dripping = TcpStream::connect(app.address).await.unwrap();
    dripping.write_all(b"GET /ws-connect HTTP/1.1\r\nHost: x\r\nUpgrade: web").await.unwrap();
    let mut silent = TcpStream::connect(app.address).await.unwrap();
    for socket in [&mut dripping, &mut silent] {
        let mut answer = Vec::new();
        tokio::time::timeout(Duration::from_secs(12), socket.read_to_end(&mut answer))
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn what_a_member_sends_over_stomp_is_limited_on_all_its_connections() {
    let app = TestApp::start_with(|config| config.rates.stomp = two()).await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let read = json!({ "roomId": room });
    let (mut one, mut other) = (kim.connect().await, kim.connect().await);
    one.send("/app/chat.read", &read).await.unwrap();
    other.send("/app/chat.read", &read).await.unwrap();
    let refused = one.send("/app/chat.read", &read).await.unwrap_err();
    assert_eq!(refused.headers().get("message"), Some("RATE_LIMITED"));
    let seconds: u64 = refused.headers().get("retry-after").unwrap().parse().unwrap();
    assert!((1..=1_801).contains(&seconds), "{seconds}");
    other.subscribe("/user/queue/errors").await;
    let message = json!({ "roomId": room, "message": "x", "clientMessageId": "a-1" });
    other.post("/app/chat.sendMessage", &message).await;
    let error = other.message_of("/user/queue/errors").await;
    assert_eq!((&error["code"], &error["status"]), (&json!("RATE_LIMITED"), &json!(429)));
    assert_eq!(error["destination"], "/app/chat.sendMessage");
    assert_eq!(error["clientMessageId"], "a-1", "the sender knows which one to send again");
    assert!(error["details"]["retryAfter"].as_u64().unwrap() >= 1);
    lee.connect().await.send("/app/chat.read", &read).await.unwrap();
    kim.say(room, "by HTTP").await;
}

#[tokio::test]
async fn a_frame_is_no_larger_than_a_request() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let send = async |size: usize| {
        let message = json!({ "roomId": room, "message": "x".repeat(size) });
        let refused = kim.connect().await.send("/app/chat.sendMessage", &message).await.unwrap_err();
        refused.headers().get("message").unwrap().to_owned()
    };
    assert_eq!(send(60_000).await, "MESSAGE_TOO_LONG");
    assert_ne!(send(70_000).await, "MESSAGE_TOO_LONG", "it is not read to its end");
}

/// Behind a proxy everybody has one address.
#[tokio::test]
async fn wrong_tokens_of_some_keep_nobody_else_out() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    for _ in 0..30 {
        let refused = Stomp::open(app.address).await.log_in("no token").await;
        assert_eq!(refused.headers().get("message"), Some("INVALID_TOKEN"));
    }
    kim.connect().await;
}
