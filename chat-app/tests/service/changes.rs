//! What happens to messages after they were said, as the room hears of it and as clients that were away catch up.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, User};

/// Two members in a room with a message of the first one; the room and the message's id.
async fn message_of_kim(app: &TestApp) -> (User<'_>, User<'_>, i64, i64) {
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let id = kim.say(room, "안녕").await["id"].as_i64().unwrap();
    (kim, lee, room, id)
}

async fn edit(user: &User<'_>, id: i64, text: &str, version: i64) -> crate::support::Answer {
    let body = json!({ "message": text, "version": version });
    user.ask(Method::PATCH, &format!("/chat/message/{id}"), Some(&body)).await
}

#[tokio::test]
async fn edits_deletions_and_reactions_are_told_and_replayed() {
    let app = TestApp::start().await;
    let (kim, lee, room, id) = message_of_kim(&app).await;
    let events = format!("/topic/room/{room}/events");
    let mut of_lee = lee.connect().await;
    of_lee.subscribe(&events).await;
    let mut of_kim = kim.connect().await;

    let edited = edit(&kim, id, "안녕하세요", 1).await.ok();
    assert_eq!((&edited["message"], &edited["version"]), (&json!("안녕하세요"), &json!(2)));
    of_lee.send("/app/chat.react", &json!({ "messageId": id, "emoji": "👍", "on": true })).await.unwrap();
    of_kim.send("/app/chat.deleteMessage", &json!({ "messageId": id })).await.unwrap();

    let mut told: Vec<Value> = Vec::new();
    for _ in 0..3 {
        told.push(of_lee.message_of(&events).await);
    }
    let kinds: Vec<_> = told.iter().map(|event| (&event["type"], &event["changeSeq"])).collect();
    let expected =
        [("UPDATED", 1), ("REACTION", 2), ("DELETED", 3)].map(|(kind, seq)| (json!(kind), json!(seq)));
    assert_eq!(kinds, expected.each_ref().map(|(kind, seq)| (kind, seq)));
    assert_eq!(told[0]["message"]["message"], "안녕하세요");
    assert_eq!(
        told[1]["message"]["reactions"],
        json!([{ "emoji": "👍", "count": 1, "memberIds": [lee.id] }])
    );
    let gone = &told[2]["message"];
    assert_eq!((&gone["deleted"], &gone["message"]), (&json!(true), &json!("")));

    let changes = lee.get(&format!("/chat/room/{room}/changes?after=1&limit=1")).await;
    assert_eq!(changes.header("x-has-more"), "true");
    let change = &changes.ok()[0];
    assert_eq!((&change["changeSeq"], &change["message"]["deleted"]), (&json!(2), &json!(true)));
    let page = lee.get(&format!("/chat/history/{room}")).await;
    assert_eq!((page.header("x-last-change-seq"), page.header("x-last-seq")), ("3", "2"));
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_told_of_the_other() {
    let app = TestApp::start().await;
    let (kim, lee, _, id) = message_of_kim(&app).await;
    let (one, other) = tokio::join!(edit(&kim, id, "one", 1), edit(&kim, id, "other", 1));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    edit(&kim, id, "late", 1).await.refused(409, "VERSION_CONFLICT");
    edit(&lee, id, "not mine", 2).await.refused(403, "FORBIDDEN");
    edit(&kim, id, &"가".repeat(4_001), 2).await.refused(413, "MESSAGE_TOO_LONG");
    edit(&kim, id, " ", 2).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn messages_of_other_rooms_are_not_there() {
    let app = TestApp::start().await;
    let (_kim, _lee, room, id) = message_of_kim(&app).await;
    let eve = app.guest("eve").await;
    let message = format!("/chat/message/{id}");
    edit(&eve, id, "x", 1).await.refused(404, "MESSAGE_NOT_FOUND");
    eve.delete(&message).await.refused(404, "MESSAGE_NOT_FOUND");
    eve.get(&format!("{message}/readers")).await.refused(404, "MESSAGE_NOT_FOUND");
    let react = format!("{message}/reactions/%F0%9F%91%8D");
    eve.ask(Method::PUT, &react, None).await.refused(404, "MESSAGE_NOT_FOUND");
    eve.get(&format!("/chat/room/{room}/changes")).await.refused(403, "NOT_PARTICIPANT");
    let own = eve.create_room("own").await;
    let answer = json!({ "message": "x", "replyTo": id });
    eve.post(&format!("/chat/room/{own}/messages"), &answer).await.refused(400, "VALIDATION");
    let older = format!("/message/lastMessageId?roomId={own}&lastMessageId={id}");
    eve.get(&older).await.refused(404, "MESSAGE_NOT_FOUND");
    assert_eq!(eve.get("/chat/search?q=%EC%95%88%EB%85%95").await.ok(), json!([]));
}

#[tokio::test]
async fn a_reaction_is_put_and_taken_back() {
    let app = TestApp::start().await;
    let (kim, lee, room, id) = message_of_kim(&app).await;
    let path = |emoji: &str| format!("/chat/message/{id}/reactions/{emoji}");
    for _ in 0..2 {
        assert_eq!(lee.ask(Method::PUT, &path("%F0%9F%91%8D"), None).await.status, 204);
    }
    lee.ask(Method::PUT, &path("abc"), None).await.refused(400, "VALIDATION");
    let reactions = async |user: &User<'_>| {
        let history = user.get(&format!("/chat/history/{room}?limit=1")).await.ok();
        history[0]["reactions"].clone()
    };
    assert_eq!(reactions(&lee).await, json!([{ "emoji": "👍", "count": 1, "mine": true }]));
    assert_eq!(reactions(&kim).await, json!([{ "emoji": "👍", "count": 1, "mine": false }]));
    assert_eq!(lee.delete(&path("%F0%9F%91%8D")).await.status, 204);
    assert_eq!(reactions(&lee).await, json!([]));
}

#[tokio::test]
async fn answers_mentions_and_readers_are_kept() {
    let app = TestApp::start().await;
    let (kim, lee, room, id) = message_of_kim(&app).await;
    let mut of_lee = lee.connect().await;
    of_lee.subscribe("/user/queue/notifications").await;
    let body = json!({ "message": "@lee 봤어?", "replyTo": id });
    let answer = kim.post(&format!("/chat/room/{room}/messages"), &body).await.ok();
    assert_eq!(answer["mentions"], json!([lee.id]));
    let notification = json!({
        "kind": "MENTION", "roomId": room, "messageId": answer["id"], "title": "kim", "body": "@lee 봤어?",
    });
    assert_eq!(of_lee.message_of("/user/queue/notifications").await, notification);
    assert_eq!(answer["replyTo"], json!({ "id": id, "seq": 2, "senderName": "kim", "excerpt": "안녕" }));
    assert_eq!(lee.get("/chat/my/rooms").await.ok()[0]["mentionCount"], 1);
    let readers = async || kim.get(&format!("/chat/message/{id}/readers")).await.ok();
    assert_eq!(readers().await, json!([]));
    lee.post(&format!("/chat/room/{room}/read"), &json!({})).await.ok();
    assert_eq!(readers().await, json!([lee.id]));
    assert_eq!(lee.get("/chat/my/rooms").await.ok()[0]["mentionCount"], 0);
}

#[tokio::test]
async fn what_was_said_is_found_in_any_part_of_a_word() {
    let app = TestApp::start().await;
    let (kim, lee, room, _) = message_of_kim(&app).await;
    kim.say(room, "우리 채팅방에서 만나").await;
    let found = lee.get("/chat/search?q=%EC%B1%84%ED%8C%85").await;
    assert_eq!(found.header("x-has-more"), "false");
    let hit = &found.ok()[0];
    assert_eq!((&hit["roomName"], &hit["highlights"]), (&json!("room"), &json!([[3, 5]])));
    assert_eq!(hit["message"]["message"], "우리 채팅방에서 만나");
    lee.leave(room).await;
    assert_eq!(lee.get("/chat/search?q=%EC%B1%84%ED%8C%85").await.ok(), json!([]));
    for q in ["", "%25", "%5C%5C"] {
        kim.get(&format!("/chat/search?q={q}")).await.refused(400, "VALIDATION");
    }
}

#[tokio::test]
async fn older_paths_of_history_are_newest_first() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    for number in 1..=4 {
        kim.say(room, &number.to_string()).await;
    }
    let texts = |page: &Value| {
        page.as_array().unwrap().iter().map(|m| m["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let newest = kim.get(&format!("/message?roomId={room}&limit=2")).await.ok();
    assert_eq!(texts(&newest), ["4", "3"]);
    let last = &newest[1]["id"];
    let path = format!("/message/lastMessageId?roomId={room}&limit=10&lastMessageId={last}");
    assert_eq!(texts(&kim.get(&path).await.ok()), ["2", "1"]);
}
