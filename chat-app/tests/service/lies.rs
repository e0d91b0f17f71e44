//! STOMP clients that lie: other people's destinations, rooms and messages, forged headers, ids that cannot be.

use serde_json::{Value, json};
use stomp_broker::proto::Command;

use crate::support::{TestApp, User};

/// The code of the ERROR that answers a SEND.
async fn refusal(user: &User<'_>, destination: &str, body: &Value) -> String {
    let sent = user.connect().await.send(destination, body).await;
    let error = sent.expect_err(&format!("{destination} with {body} is refused"));
    let report: Value = serde_json::from_slice(error.body()).unwrap();
    assert_eq!(report["code"].as_str(), error.headers().get("message"), "{destination} with {body}");
    report["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_listens_to_destinations_of_others_or_of_the_server() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    let own = |id: i64, queue: &str| format!("/user/{id}/queue/{queue}");
    for destination in [
        own(kim.id, "acks"),
        own(kim.id, "session"),
        own(eve.id, "acks"),
        format!("/queue/acks-user{}", kim.id),
        format!("/topic/room/{room}/../{room}"),
        format!("/topic/room/{room}/nodes"),
        format!("/topic//room/{room}"),
        format!("/sub/channel/{room}/typing"),
        "/topic/nodes".to_owned(),
        "/topic/**".to_owned(),
        "/topic/room/*".to_owned(),
        "/topic/room/>".to_owned(),
        "/user/queue/*".to_owned(),
        "/sub/channel/#".to_owned(),
        "/queue/acks".to_owned(),
        "/$SYS/sessions".to_owned(),
        "/reply-queue/1".to_owned(),
        "/app/chat.sendMessage".to_owned(),
    ] {
        let mut stomp = eve.connect().await;
        stomp.subscribe("/user/queue/errors").await;
        stomp.try_subscribe(&destination).await;
        let refused = stomp.message_of("/user/queue/errors").await;
        let code = refused["code"].as_str().unwrap();
        assert!(["NOT_FOUND", "FORBIDDEN"].contains(&code), "{destination}: {refused}");
    }
}

#[tokio::test]
async fn nothing_is_done_in_rooms_and_to_messages_of_others() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let locked = json!({ "roomName": "room", "password": "1234" });
    let room = kim.post("/chat/room/group/create", &locked).await.ok()["roomId"].as_i64().unwrap();
    let message = kim.say(room, "of kim").await["id"].as_i64().unwrap();
    for (destination, body, expected) in [
        ("/app/chat.sendMessage", json!({ "roomId": room, "message": "x" }), "NOT_PARTICIPANT"),
        (
            "/app/chat.editMessage",
            json!({ "messageId": message, "message": "x", "version": 1 }),
            "MESSAGE_NOT_FOUND",
        ),
        ("/app/chat.deleteMessage", json!({ "messageId": message }), "MESSAGE_NOT_FOUND"),
        ("/app/chat.react", json!({ "messageId": message, "emoji": "👍", "on": true }), "MESSAGE_NOT_FOUND"),
        ("/app/chat.typing", json!({ "roomId": room, "on": true }), "NOT_PARTICIPANT"),
        ("/app/chat.read", json!({ "roomId": room, "seq": 1 }), "NOT_PARTICIPANT"),
        ("/app/chat.enter", json!({ "roomId": room }), "WRONG_ROOM_PASSWORD"),
        ("/app/session.renew", json!({ "token": kim.token }), "FORBIDDEN"),
    ] {
        assert_eq!(refusal(&eve, destination, &body).await, expected, "{destination}");
    }
    eve.join(kim.create_room("open").await).await;
    assert_eq!(kim.texts(room).await, ["of kim"]);
}

#[tokio::test]
async fn ids_that_cannot_be_are_refused_and_break_nothing() {
    let app = TestApp::start().await;
    let eve = app.guest("eve").await;
    let ids = [
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(1.5),
        json!("9223372036854775808"),
        json!("1; DROP TABLE room"),
        json!(null),
        json!([1]),
        json!({ "id": 1 }),
    ];
    for id in &ids {
        for (destination, body) in [
            ("/app/chat.sendMessage", json!({ "roomId": id, "message": "x" })),
            ("/app/chat.editMessage", json!({ "messageId": id, "message": "x", "version": id })),
            ("/app/chat.deleteMessage", json!({ "messageId": id })),
            ("/app/chat.react", json!({ "messageId": id, "emoji": "👍", "on": true })),
            ("/app/chat.read", json!({ "roomId": id, "seq": id })),
            ("/app/chat.enter", json!({ "roomId": id })),
        ] {
            let code = refusal(&eve, destination, &body).await;
            let expected = ["VALIDATION", "ROOM_NOT_FOUND", "MESSAGE_NOT_FOUND"];
            assert!(expected.contains(&&*code), "{destination} with {body}: {code}");
        }
    }
    assert_eq!(refusal(&eve, "/app/chat.sendMessage", &json!([1, "x"])).await, "VALIDATION");
    for room in ["0", "-1", "9223372036854775808", "1e3", "%31", "*"] {
        let code = refusal(&eve, &format!("/publish/{room}"), &json!({ "message": "x" })).await;
        assert!(["NOT_FOUND", "FORBIDDEN"].contains(&&*code), "{room}: {code}");
    }
}

#[tokio::test]
async fn headers_of_a_sender_reach_nobody() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    eve.join(room).await;
    let topic = format!("/topic/room/{room}");
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&topic).await;
    let forged = [
        ("seq", "1000"),
        ("user", "1"),
        ("user-name", "kim"),
        ("session", "0"),
        ("sender", "kim"),
        ("message-id", "forged"),
        ("subscription", "forged"),
        ("ack", "forged"),
        ("x-lost", "true"),
        ("x-user", "kim"),
        ("x-offset", "first"),
        ("destination", "/topic/room/99"),
        ("reply-to", "/topic/room/99"),
        ("role", "ADMIN\nadmin:true"),
    ];
    let body = json!({ "roomId": room, "message": "x" });
    let mut of_eve = eve.connect().await;
    of_eve.post_with("/app/chat.sendMessage", &forged, &body).await;
    let frame = of_kim.frame().await.unwrap();
    assert_eq!(frame.command(), &Command::Message);
    let header = |name: &str| frame.headers().get(name);
    assert_eq!((header("seq"), header("destination")), (Some("2"), Some(&*topic)));
    assert_eq!(header("subscription"), Some(&*topic), "the id that kim gave it");
    for (name, value) in forged {
        assert_ne!(header(name), Some(value), "{name}");
    }
    let own = ["seq", "destination", "subscription", "message-id", "content-type", "content-length"];
    for (name, value) in frame.headers().iter() {
        assert!(own.contains(&name), "{name}:{value}");
    }
}
