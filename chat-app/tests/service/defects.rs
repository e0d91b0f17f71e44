//! What the services before this one did wrong, one test each.

use std::time::{Duration, Instant};

use chat_app::limits::Rate;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn nobody_speaks_for_somebody_else() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.user("kim").await, app.user("eve").await);
    let room = kim.create_room("room").await;
    eve.join(room).await;
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&format!("/topic/room/{room}")).await;
    let forged = json!({
        "roomId": room, "message": "I am kim", "senderId": kim.id, "senderEmail": "kim@example.com", "senderName": "kim",
        "nameTag": "kim", "type": "SYSTEM", "createdAt": "2000-01-01T00:00:00.000Z", "seq": 1_000,
    });
    let mut of_eve = eve.connect().await;
    of_eve.send("/app/chat.sendMessage", &forged).await.unwrap();
    of_eve.send(&format!("/publish/{room}"), &forged).await.unwrap();
    eve.post(&format!("/chat/room/{room}/messages"), &forged).await.ok();
    for seq in 2..=4 {
        let message = of_kim.message().await.body;
        assert_eq!((&message["senderId"], &message["senderName"]), (&json!(eve.id), &json!("eve")));
        assert_eq!((&message["type"], &message["seq"]), (&json!("TALK"), &json!(seq)));
        assert_eq!(message.get("senderEmail"), None);
    }
}

#[tokio::test]
async fn nobody_sends_to_a_room_they_are_not_in() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    let body = json!({ "roomId": room, "message": "x" });
    for destination in
        ["/app/chat.sendMessage", "/pub/chat", &format!("/publish/{room}"), &format!("/app/{room}")]
    {
        let error = eve.connect().await.send(destination, &body).await.unwrap_err();
        assert_eq!(error.headers().get("message"), Some("NOT_PARTICIPANT"), "{destination}");
    }
    eve.post(&format!("/chat/room/{room}/messages"), &body).await.refused(403, "NOT_PARTICIPANT");
    eve.post(&format!("/chat/room/{room}/read"), &json!({})).await.refused(403, "NOT_PARTICIPANT");
    eve.get(&format!("/chat/history/{room}")).await.refused(403, "NOT_PARTICIPANT");
    eve.get(&format!("/chat/room/{room}")).await.refused(403, "NOT_PARTICIPANT");
    assert_eq!(kim.texts(room).await, [""; 0]);
}

#[tokio::test]
async fn a_room_is_left_by_either_path() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    for path in ["/chat/room/group", "/chat/room"] {
        let room = kim.create_room("room").await;
        kim.delete(&format!("{path}/{room}/leave")).await.ok();
        kim.delete(&format!("{path}/{room}/leave")).await.refused(404, "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_private_room_is_asked_for_by_either_name() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    for name in ["isPrivate", "private"] {
        let create = async |body: Value| kim.post("/chat/room/group/create", &body).await;
        let room = create(json!({ "roomName": "room", name: true, "password": "1234" })).await.ok();
        assert_eq!(room["isPrivate"], true, "{name}");
        create(json!({ "roomName": "room", name: true })).await.refused(400, "VALIDATION");
        let room = create(json!({ "roomName": "room", name: false, "password": "" })).await.ok();
        assert_eq!(room["isPrivate"], false, "{name}");
    }
}

#[tokio::test]
async fn a_password_that_was_not_shown_keeps_everyone_out() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let locked = json!({ "roomName": "room", "isPrivate": true, "password": "1234" });
    let room = kim.post("/chat/room/group/create", &locked).await.ok()["roomId"].as_i64().unwrap();
    let join = format!("/chat/room/group/{room}/join");
    let verify = format!("/chat/room/group/{room}/verify-password");
    for body in [json!({}), json!({ "password": "" }), json!({ "password": "4321" })] {
        eve.post(&join, &body).await.refused(403, "WRONG_ROOM_PASSWORD");
    }
    eve.post(&verify, &json!({ "password": "4321" })).await.refused(401, "WRONG_ROOM_PASSWORD");
    let entered = eve.connect().await.send("/app/chat.enter", &json!({ "roomId": room })).await.unwrap_err();
    assert_eq!(entered.headers().get("message"), Some("WRONG_ROOM_PASSWORD"));
    lee.post(&verify, &json!({ "password": "1234" })).await.ok();
    eve.post(&join, &json!({})).await.refused(403, "WRONG_ROOM_PASSWORD");
    lee.post(&join, &json!({})).await.ok();
    lee.post(&join, &json!({})).await.ok();
    let park = app.guest("park").await;
    park.post(&join, &json!({ "password": "1234" })).await.ok();
    assert!(!park.get("/chat/room/group/list").await.text.contains("argon2"));
}

#[tokio::test]
async fn markup_stays_text() {
    let app = TestApp::start().await;
    let kim = app.guest("<b>kim</b>").await;
    let room = kim.create_room("<script>alert(1)</script>").await;
    let text = "<img src=x onerror=alert(1)>";
    kim.say(room, text).await;
    let history = kim.get(&format!("/chat/history/{room}")).await;
    assert_eq!(history.ok()[0]["message"], text, "what was said is kept as it was said");
    assert_eq!(history.header("content-type"), "application/json");
    assert_eq!(history.header("x-content-type-options"), "nosniff");
    assert!(history.header("content-security-policy").starts_with("default-src 'self'"));
}

#[tokio::test]
async fn headers_do_not_say_where_a_request_comes_from_and_nobody_is_told() {
    let app = TestApp::start_with(|config| config.rates.guest = Rate::new(2, 3_600).unwrap()).await;
    let mut last = None;
    for number in 1..=3 {
        let ip = format!("203.0.113.{number}");
        let request = app
            .request(Method::POST, "/auth/guest")
            .header("x-client-ip", &ip)
            .header("x-forwarded-for", &ip);
        last = Some(Answer::of(request).await);
    }
    last.unwrap().refused(429, "RATE_LIMITED");

    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    kim.say(room, "x").await;
    assert!(!kim.get(&format!("/chat/history/{room}")).await.text.contains("127.0"));
}

#[tokio::test]
async fn logging_in_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    app.user("kim").await;
    let attempt = async |email: &str| {
        let begin = Instant::now();
        let login = json!({ "email": email, "password": "battery staple" });
        let mut refused = app.post("/member/doLogin", &login).await.refused(401, "BAD_CREDENTIALS");
        for varying in ["timestamp", "requestId"] {
            refused.as_object_mut().unwrap().remove(varying);
        }
        (refused, begin.elapsed())
    };
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let (wrong_password, time) = attempt("kim@example.com").await;
        known = known.min(time);
        let (no_account, time) = attempt("nobody@example.com").await;
        unknown = unknown.min(time);
        assert_eq!(wrong_password, no_account);
    }
    assert!(unknown > known / 2, "{unknown:?} for nobody, {known:?} for somebody");
}

#[tokio::test]
async fn history_comes_in_pages_and_reading_writes_one_row() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    for _ in 0..60 {
        kim.say(room, "x").await;
    }
    let page = kim.get(&format!("/chat/history/{room}")).await;
    assert_eq!(page.ok().as_array().unwrap().len(), 50);
    assert_eq!(page.header("x-has-more"), "true");
    kim.post(&format!("/chat/room/{room}/read"), &json!({})).await.ok();
    assert_eq!(kim.get(&format!("/chat/room/{room}")).await.ok()["members"][0]["lastReadSeq"], 60);
}

#[tokio::test]
async fn nobody_sees_the_address_of_somebody_else() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.user("kim").await, app.user("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    for path in ["/member/list", &format!("/member/{}", lee.id), &format!("/chat/room/{room}")] {
        let seen: Value = kim.get(path).await.ok();
        assert!(!seen.to_string().contains("@example.com"), "{path}: {seen}");
    }
    assert_eq!(kim.get("/member/me").await.ok()["email"], "kim@example.com");
}

#[tokio::test]
async fn every_installation_signs_with_a_key_of_its_own() {
    let (one, other) = (TestApp::start().await, TestApp::start().await);
    let kim = one.guest("kim").await;
    other.guest("kim").await;
    let key = |app: &TestApp| std::fs::read(app.dir.path().join("jwt.key")).unwrap();
    assert_ne!(key(&one), key(&other));
    let request = other.request(Method::GET, "/member/me").bearer_auth(&kim.token);
    Answer::of(request).await.refused(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn guests_have_names_of_plain_words() {
    let app = TestApp::start().await;
    let guest = app.post("/auth/guest", &json!({ "locale": "en" })).await.ok();
    let name = guest["member"]["name"].as_str().unwrap();
    let words: Vec<_> = name.split(' ').collect();
    assert!(
        matches!(words[..], [adjective, animal] if !adjective.is_empty() && !animal.is_empty()),
        "{name}"
    );
}
