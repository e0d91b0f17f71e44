//! Who is connected, and who writes.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_room_hears_who_is_connected() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let presence = format!("/topic/room/{room}/presence");
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&presence).await;
    let alone = json!({ "online": [kim.id], "away": [], "onlineCount": 1, "memberCount": 2 });
    assert_eq!(of_kim.message_of(&presence).await, alone, "the first word comes without a change");
    let of_lee = lee.connect().await;
    let both = json!({ "online": [kim.id, lee.id], "away": [], "onlineCount": 2, "memberCount": 2 });
    assert_eq!(of_kim.message_of(&presence).await, both);
    drop(of_lee);
    let _again = lee.connect().await;
    let shown = kim.get(&format!("/member/{}", lee.id)).await.ok();
    assert_eq!(shown["online"], true, "loading a page anew does not show");
}

#[tokio::test]
async fn who_looks_elsewhere_is_away_until_a_page_of_it_is_to_be_seen() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let presence = format!("/topic/room/{room}/presence");
    let (mut one, mut other) = (lee.connect().await, lee.connect().await);
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&presence).await;
    let visible = |visible: bool| json!({ "visible": visible });
    one.send("/app/session.visible", &visible(false)).await.unwrap();
    one.send("/app/session.visible", &visible(false)).await.unwrap();
    other.send("/app/session.visible", &visible(false)).await.unwrap();
    while of_kim.message_of(&presence).await["away"] != json!([lee.id]) {}
    other.send("/app/session.visible", &visible(true)).await.unwrap();
    while of_kim.message_of(&presence).await["away"] != json!([]) {}
    // With the page that was to be seen, what is left is hidden.
    drop(other);
    while of_kim.message_of(&presence).await["away"] != json!([lee.id]) {}
    let refused = one.send("/app/session.visible", &json!({ "visible": "yes" })).await.unwrap_err();
    assert_eq!(refused.headers().get("message"), Some("VALIDATION"));
}

#[tokio::test]
async fn connected_members_are_counted_by_both_names() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let (mut of_kim, _two) = (kim.connect().await, kim.connect().await);
    for name in ["/topic/presence/count", "/sub/channel/entry"] {
        of_kim.subscribe(name).await;
        assert_eq!(of_kim.message_of(name).await, 1, "two tabs are one member");
    }
    let _of_lee = lee.connect().await;
    while of_kim.message_of("/sub/channel/entry").await != 2 {}
}

#[tokio::test]
async fn a_room_hears_who_writes_until_it_is_said() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let typing = format!("/topic/room/{room}/typing");
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&typing).await;
    let mut of_lee = lee.connect().await;
    let on = json!({ "roomId": room, "on": true });
    of_lee.send("/app/chat.typing", &on).await.unwrap();
    of_lee.send("/app/chat.typing", &on).await.unwrap();
    let writing = json!({ "members": [{ "id": lee.id, "name": "lee" }] });
    assert_eq!(of_kim.message_of(&typing).await, writing);
    lee.say(room, "안녕").await;
    assert_eq!(of_kim.message_of(&typing).await, json!({ "members": [] }), "told once, and ended by sending");
    let refused = eve.connect().await.send("/app/chat.typing", &on).await.unwrap_err();
    assert_eq!(refused.headers().get("message"), Some("NOT_PARTICIPANT"));
}

#[tokio::test]
async fn a_room_hears_how_far_somebody_has_read_once_a_second() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    for _ in 0..30 {
        kim.say(room, "x").await;
    }
    let events = format!("/topic/room/{room}/events");
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&events).await;
    let mut of_lee = lee.connect().await;
    for seq in 2..=31 {
        of_lee.send("/app/chat.read", &json!({ "roomId": room, "seq": seq })).await.unwrap();
    }
    let mut told = Vec::new();
    while told.last() != Some(&31) {
        let event = of_kim.message_of(&events).await;
        assert_eq!((&event["type"], &event["memberId"]), (&json!("READ"), &json!(lee.id)));
        told.push(event["lastReadSeq"].as_i64().unwrap());
    }
    assert!(told.is_sorted() && told.len() < 30, "{told:?}");
}

#[tokio::test]
async fn entering_is_joining_once() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    let mut of_lee = lee.connect().await;
    for destination in ["/app/chat.enter", "/app/chat.exit", "/app/chat.enter"] {
        of_lee.send(destination, &json!({ "roomId": room })).await.unwrap();
    }
    let history = kim.get(&format!("/chat/history/{room}")).await.ok();
    assert_eq!(history.as_array().unwrap().len(), 1, "one line that lee came");
}
