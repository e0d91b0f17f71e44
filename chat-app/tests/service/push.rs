//! Telling members of messages when they are not connected.

use std::time::Duration;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat_app::Reach;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Device, PushService, TestApp, User};

async fn start() -> (TestApp, PushService) {
    (TestApp::start_with(|config| config.reach = Reach::Anywhere).await, PushService::start().await)
}

async fn subscribe(user: &User<'_>, device: &Device) {
    let answer = user.post("/push/subscription", &device.subscription()).await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

async fn set_notify(user: &User<'_>, room: i64, level: &str) {
    let path = format!("/chat/room/{room}/notify");
    assert_eq!(user.ask(Method::PUT, &path, Some(&json!({ "level": level }))).await.status, 204);
}

/// What push services are told of a server, if the key that it gives to browsers signed it.
async fn verified(app: &TestApp, authorization: &str) -> Value {
    let key = app.get("/push/key").await.ok()["key"].as_str().unwrap().to_owned();
    let parts = authorization.strip_prefix("vapid t=").unwrap();
    let (token, shown) = parts.split_once(", k=").unwrap();
    assert_eq!(shown, key);
    let point = BASE64_URL_SAFE_NO_PAD.decode(key).unwrap();
    assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point");
    let part = |range| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
    let key = DecodingKey::from_ec_components(&part(1..33), &part(33..65)).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_aud = false;
    decode::<Value>(token, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_message_is_pushed_to_who_is_not_connected_and_nobody_else_can_read_it() {
    let (app, mut service) = start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    park.join(room).await;
    let (of_kim, of_lee, of_park) = (service.device("kim"), service.device("lee"), service.device("park"));
    for (user, device) in [(&kim, &of_kim), (&lee, &of_lee), (&park, &of_park)] {
        subscribe(user, device).await;
    }
    let _connected = lee.connect().await;
    let message = kim.say(room, "안녕하세요").await;
    let pushed = service.next().await;
    assert_eq!(pushed.device, "park");
    let expected = json!({
        "kind": "MESSAGE", "roomId": room, "messageId": message["id"], "title": "kim", "body": "안녕하세요"
    });
    assert_eq!(of_park.read(&pushed), expected);
    assert_eq!(pushed.headers["content-encoding"], "aes128gcm");
    assert!(pushed.headers["ttl"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    let claims = verified(&app, pushed.headers["authorization"].to_str().unwrap()).await;
    assert_eq!(claims["aud"], format!("http://{}", service.address));

    kim.say(room, "another").await;
    assert_eq!(service.next().await.device, "park", "nobody else was told meanwhile");
}

#[tokio::test]
async fn a_member_whose_page_is_not_to_be_seen_is_told_as_if_it_were_not_connected() {
    let (app, mut service) = start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let (of_lee, of_park) = (service.device("lee"), service.device("park"));
    subscribe(&lee, &of_lee).await;
    subscribe(&park, &of_park).await;
    let mut page = lee.connect().await;
    page.send("/app/session.visible", &json!({ "visible": false })).await.unwrap();
    kim.say(room, "look here").await;
    assert_eq!(of_lee.read(&service.next().await)["body"], "look here");
    page.send("/app/session.visible", &json!({ "visible": true })).await.unwrap();
    park.join(room).await;
    for text in ["seen", "by lee"] {
        kim.say(room, text).await;
        assert_eq!(of_park.read(&service.next().await)["body"], text, "nobody else was told meanwhile");
    }
}

#[tokio::test]
async fn members_are_told_of_what_they_want_to_hear() {
    let (app, mut service) = start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    park.join(room).await;
    let (of_lee, of_park) = (service.device("lee"), service.device("park"));
    subscribe(&lee, &of_lee).await;
    subscribe(&park, &of_park).await;
    set_notify(&park, room, "NONE").await;
    set_notify(&lee, room, "MENTIONS").await;
    kim.say(room, "all of you").await;
    kim.say(room, "@park and @lee").await;
    let pushed = service.next().await;
    let told = of_lee.read(&pushed);
    assert_eq!((&told["kind"], &told["body"]), (&json!("MENTION"), &json!("@park and @lee")));

    set_notify(&park, room, "ALL").await;
    assert_eq!(park.ask(Method::PUT, &format!("/member/{}/block", kim.id), None).await.status, 204);
    kim.say(room, "@park, do you hear?").await;
    kim.say(room, "@lee, do you?").await;
    assert_eq!(of_lee.read(&service.next().await)["body"], "@lee, do you?");
}

#[tokio::test]
async fn a_device_is_told_until_it_is_taken_away_or_logged_out() {
    let (app, mut service) = start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    park.join(room).await;
    let (of_lee, phone, of_park) = (service.device("lee"), service.device("phone"), service.device("park"));
    for (user, device) in [(&lee, &of_lee), (&lee, &phone), (&park, &of_park)] {
        subscribe(user, device).await;
    }
    let endpoint = json!({ "endpoint": phone.endpoint });
    let taken_away = lee.ask(Method::DELETE, "/push/subscription", Some(&endpoint)).await;
    assert_eq!(taken_away.status, 204);
    kim.say(room, "one").await;
    let mut told = [service.next().await.device, service.next().await.device];
    told.sort();
    assert_eq!(told, ["lee", "park"]);

    assert_eq!(lee.post("/auth/logout", &json!({})).await.status, 204);
    for text in ["two", "three"] {
        kim.say(room, text).await;
        assert_eq!(service.next().await.device, "park");
    }
}

#[tokio::test]
async fn a_subscription_that_is_over_goes_and_a_service_that_is_busy_is_asked_again() {
    let (app, mut service) = start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let of_lee = service.device("lee");
    subscribe(&lee, &of_lee).await;
    service.answer("lee", &[StatusCode::SERVICE_UNAVAILABLE, StatusCode::CREATED, StatusCode::GONE]);
    kim.say(room, "one").await;
    for _ in 0..2 {
        assert_eq!(of_lee.read(&service.next().await)["body"], "one");
    }
    kim.say(room, "two").await;
    assert_eq!(of_lee.read(&service.next().await)["body"], "two");

    // What the service answered is noted a moment later.
    park.join(room).await;
    subscribe(&park, &service.device("park")).await;
    let is_over = async {
        loop {
            kim.say(room, "is anybody there?").await;
            if service.next().await.device == "park" {
                return;
            }
            assert_eq!(service.next().await.device, "park");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_over).await.expect("the subscription goes");
}

#[tokio::test]
async fn only_push_services_of_the_internet_are_asked() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let service = PushService::start().await;
    let subscription = service.device("kim").subscription();
    for endpoint in [
        "http://127.0.0.1:9/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "http://push.example.net/",
        "https://169.254.169.254/latest/meta-data/",
        "ftp://push.example.net/",
        "push.example.net",
        "",
    ] {
        let with = |endpoint: &str| json!({ "endpoint": endpoint, "keys": subscription["keys"] });
        let refused = kim.post("/push/subscription", &with(endpoint)).await;
        let body = refused.refused(400, "VALIDATION");
        assert_eq!(body["details"]["fields"][0]["field"], "endpoint", "{endpoint}");
    }
    let keys = json!({ "p256dh": "AAAA", "auth": "AAAA" });
    let wrong = json!({ "endpoint": "https://push.example.net/x", "keys": keys });
    let refused = kim.post("/push/subscription", &wrong).await.refused(400, "VALIDATION");
    assert_eq!(refused["details"]["fields"].as_array().unwrap().len(), 2);
}
