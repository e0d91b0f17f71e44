//! STOMP: what reaches whom, in which order, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Stomp, TestApp, User};

fn topic(room: i64) -> String {
    format!("/topic/room/{room}")
}

/// Two members in a room, both listening to it, and the room.
async fn two_in_a_room(app: &TestApp) -> (User<'_>, Stomp, User<'_>, Stomp, i64) {
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let (mut of_kim, mut of_lee) = (kim.connect().await, lee.connect().await);
    of_kim.subscribe(&topic(room)).await;
    of_lee.subscribe(&topic(room)).await;
    (kim, of_kim, lee, of_lee, room)
}

/// The code of a refusal that came as an ERROR frame.
fn code(error: &stomp_broker::proto::Frame) -> &str {
    error.headers().get("message").unwrap()
}

#[tokio::test]
async fn a_message_is_stored_told_acknowledged_and_receipted() {
    let app = TestApp::start().await;
    let (kim, mut of_kim, lee, mut of_lee, room) = two_in_a_room(&app).await;
    of_kim.subscribe("/user/queue/acks").await;
    let body = json!({ "roomId": room, "message": "안녕", "clientMessageId": "a-1" });
    of_kim.send("/app/chat.sendMessage", &body).await.unwrap();
    assert_eq!(lee.texts(room).await, ["", "안녕"], "the receipt comes after it is stored");

    let message = of_lee.message_of(&topic(room)).await;
    assert_eq!((&message["message"], &message["senderId"]), (&json!("안녕"), &json!(kim.id)));
    assert_eq!(of_kim.message_of(&topic(room)).await, message);
    let ack = of_kim.message_of("/user/queue/acks").await;
    let expected = json!({
        "clientMessageId": "a-1", "id": message["id"], "roomId": room, "seq": 2,
        "createdAt": message["createdAt"], "duplicate": false,
    });
    assert_eq!(ack, expected);

    of_kim.send("/app/chat.sendMessage", &body).await.unwrap();
    let again = of_kim.message().await;
    assert_eq!((again.destination.as_str(), &again.body["duplicate"]), ("/user/queue/acks", &json!(true)));
    assert_eq!(again.body["id"], ack["id"]);
    kim.say(room, "끝").await;
    assert_eq!(of_lee.message().await.body["message"], "끝", "what was sent again is not told again");
}

#[tokio::test]
async fn everyone_hears_messages_in_the_order_of_their_numbers() {
    let app = TestApp::start().await;
    let (kim, mut of_kim, lee, mut of_lee, room) = two_in_a_room(&app).await;
    let mut sends = Vec::new();
    for _ in 0..20 {
        sends.push(kim.say(room, "from kim"));
        sends.push(lee.say(room, "from lee"));
    }
    futures_util::future::join_all(sends).await;
    for stomp in [&mut of_kim, &mut of_lee] {
        for seq in 2..=41 {
            assert_eq!(stomp.message().await.body["seq"], seq);
        }
    }
}

#[tokio::test]
async fn older_destinations_mean_the_same() {
    let app = TestApp::start().await;
    let (_kim, mut of_kim, lee, _, room) = two_in_a_room(&app).await;
    for destination in
        [format!("/topic/{room}"), format!("/topic/chat-room/{room}"), format!("/sub/channel/{room}")]
    {
        let mut of_lee = lee.connect().await;
        of_lee.subscribe(&destination).await;
        for (to, body) in [
            (format!("/app/{room}"), json!({ "message": "x" })),
            (format!("/publish/{room}"), json!({ "message": "x", "senderEmail": "who@example.com" })),
            ("/pub/chat".to_owned(), json!({ "roomId": room.to_string(), "message": "x" })),
        ] {
            of_kim.send(&to, &body).await.unwrap();
            assert_eq!(of_lee.message_of(&topic(room)).await["message"], "x", "{destination} {to}");
        }
    }
}

#[tokio::test]
async fn nobody_listens_to_what_is_not_theirs() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let eve = app.guest("eve").await;
    let refused = async |destination: String| {
        let mut stomp = eve.connect().await;
        stomp.subscribe("/user/queue/errors").await;
        stomp.try_subscribe(&destination).await;
        let error = stomp.message_of("/user/queue/errors").await;
        (error["code"].as_str().unwrap().to_owned(), error["destination"].as_str().unwrap().to_owned())
    };
    let parts = ["events", "typing", "presence"].map(|part| format!("/topic/room/{room}/{part}"));
    for destination in [topic(room), format!("/topic/{room}")].into_iter().chain(parts) {
        assert_eq!(refused(destination.clone()).await, ("NOT_PARTICIPANT".to_owned(), destination));
    }
    assert_eq!(refused(topic(999)).await.0, "ROOM_NOT_FOUND");
    for destination in ["/topic/rooms", "/topic/room/1/other", "/sub/channel/entrance", "/user/queue/other"] {
        assert_eq!(refused(destination.to_owned()).await.0, "NOT_FOUND", "{destination}");
    }
}

#[tokio::test]
async fn who_waits_for_a_receipt_is_refused_by_an_error() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let eve = app.guest("eve").await;
    let send = async |destination: &str, body: Value| {
        let error = eve.connect().await.send(destination, &body).await.unwrap_err();
        (error.headers().get("message").unwrap().to_owned(), error)
    };
    let (code, error) = send("/app/chat.sendMessage", json!({ "roomId": room, "message": "x" })).await;
    assert_eq!(code, "NOT_PARTICIPANT");
    let body: Value = serde_json::from_slice(error.body()).unwrap();
    assert_eq!(body["status"], 403);
    for destination in [topic(room), "/sub/channel/1".to_owned()] {
        assert_eq!(send(&destination, json!({ "message": "x" })).await.0, "FORBIDDEN", "{destination}");
    }
    for destination in ["/app/nowhere", "/app/07", "/publish/x"] {
        assert_eq!(send(destination, json!({ "message": "x" })).await.0, "NOT_FOUND", "{destination}");
    }
    for (destination, expected) in [
        ("/queue/acks", "NOT_FOUND"),
        ("/app/chat/sendMessage", "NOT_FOUND"),
        ("/elsewhere", "NOT_FOUND"),
        ("/user/queue/acks", "FORBIDDEN"),
        ("/topic/*", "FORBIDDEN"),
    ] {
        let (code, error) = send(destination, json!({})).await;
        let body: Value = serde_json::from_slice(error.body()).unwrap();
        assert_eq!((&*code, &body["code"]), (expected, &json!(expected)), "{destination}");
        assert_eq!((&body["destination"], &body["path"]), (&json!(destination), &json!(destination)));
    }
    assert_eq!(kim.texts(room).await, [""; 0]);
}

#[tokio::test]
async fn bodies_that_are_no_messages_are_refused() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let refused = async |body: Value| {
        let error = kim.connect().await.send("/app/chat.sendMessage", &body).await.unwrap_err();
        code(&error).to_owned()
    };
    assert_eq!(refused(json!({ "message": "x" })).await, "VALIDATION");
    assert_eq!(refused(json!({ "roomId": room })).await, "VALIDATION");
    assert_eq!(refused(json!({ "roomId": room, "message": 5 })).await, "VALIDATION");
    assert_eq!(
        refused(json!({ "roomId": room, "message": "x", "clientMessageId": "a b" })).await,
        "VALIDATION"
    );
    assert_eq!(refused(json!({ "roomId": room, "message": "x".repeat(4_001) })).await, "MESSAGE_TOO_LONG");
    assert_eq!(refused(json!({ "roomId": 999, "message": "x" })).await, "ROOM_NOT_FOUND");
    assert_eq!(refused(json!("x")).await, "VALIDATION");
}

#[tokio::test]
async fn who_leaves_hears_no_more() {
    let app = TestApp::start().await;
    let (kim, mut of_kim, lee, mut of_lee, room) = two_in_a_room(&app).await;
    let other = lee.create_room("other").await;
    of_lee.subscribe(&topic(other)).await;
    of_lee.subscribe("/user/queue/rooms").await;
    of_kim.subscribe(&format!("/topic/room/{room}/events")).await;

    lee.leave(room).await;
    kim.say(room, "not for lee").await;
    lee.say(other, "for lee").await;
    let removed = of_lee.message().await;
    assert_eq!(removed.destination, "/user/queue/rooms");
    assert_eq!(removed.body, json!({ "type": "REMOVE", "room": { "roomId": room } }));
    assert_eq!(of_lee.message_of(&topic(other)).await["message"], "for lee");

    let line = of_kim.message_of(&topic(room)).await;
    assert_eq!((&line["type"], &line["senderId"]), (&json!("LEAVE"), &json!(lee.id)));
    let event = of_kim.message_of(&format!("/topic/room/{room}/events")).await;
    assert_eq!(event, json!({ "type": "MEMBER_REMOVED", "memberId": lee.id, "ownerId": kim.id }));
    let mut again = lee.connect().await;
    again.subscribe("/user/queue/errors").await;
    again.try_subscribe(&topic(room)).await;
    assert_eq!(again.message().await.body["code"], "NOT_PARTICIPANT");
}

#[tokio::test]
async fn a_room_hears_who_comes_and_how_far_they_read() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    let events = format!("/topic/room/{room}/events");
    let mut of_kim = kim.connect().await;
    of_kim.subscribe(&topic(room)).await;
    of_kim.subscribe(&events).await;
    lee.join(room).await;
    assert_eq!(of_kim.message_of(&topic(room)).await["type"], "JOIN");
    let added = of_kim.message_of(&events).await;
    assert_eq!((&added["type"], &added["member"]["id"]), (&json!("MEMBER_ADDED"), &json!(lee.id)));

    lee.ask(Method::PATCH, "/member/me", Some(&json!({ "name": "이새로" }))).await.ok();
    let updated = of_kim.message_of(&events).await;
    assert_eq!((&updated["type"], &updated["member"]["id"]), (&json!("MEMBER_UPDATED"), &json!(lee.id)));
    assert_eq!(updated["member"]["name"], "이새로");

    kim.say(room, "안녕").await;
    let mut of_lee = lee.connect().await;
    of_lee.send("/app/chat.read", &json!({ "roomId": room, "seq": 99 })).await.unwrap();
    let read = of_kim.message_of(&events).await;
    assert_eq!(read, json!({ "type": "READ", "memberId": lee.id, "lastReadSeq": 2 }));
    let refused = of_lee.send("/app/chat.read", &json!({ "roomId": 999 })).await.unwrap_err();
    assert_eq!(code(&refused), "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn lists_of_rooms_follow_what_happens() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let mut of_lee = lee.connect().await;
    of_lee.subscribe("/user/queue/rooms").await;
    let create = format!("/chat/room/private/create?otherMemberId={}", lee.id);
    let room = kim.ask(Method::POST, &create, None).await.ok();
    let change = of_lee.message().await.body;
    assert_eq!((&change["type"], &change["room"]["roomId"]), (&json!("UPSERT"), &room));
    assert_eq!(change["room"]["roomName"], "kim");

    kim.say(room.as_i64().unwrap(), "안녕").await;
    let change = of_lee.message().await.body;
    assert_eq!((&change["room"]["unReadCount"], &change["room"]["lastMessage"]), (&json!(1), &json!("안녕")));
    lee.post(&format!("/chat/room/{room}/read"), &json!({})).await.ok();
    assert_eq!(of_lee.message().await.body["room"]["unReadCount"], 0);
}

#[tokio::test]
async fn a_message_whose_sender_is_gone_is_told_all_the_same() {
    let app = TestApp::start().await;
    let (_kim, mut of_kim, _lee, mut of_lee, room) = two_in_a_room(&app).await;
    of_kim.post("/app/chat.sendMessage", &json!({ "roomId": room, "message": "last words" })).await;
    drop(of_kim);
    assert_eq!(of_lee.message().await.body["message"], "last words");
}
