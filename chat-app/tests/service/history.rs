//! Reading what was said.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::{
    postgres_server,
    support::{TestApp, User},
};

#[tokio::test]
async fn history_is_ascending_in_every_direction() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    for number in 1..=5 {
        kim.say(room, &number.to_string()).await;
    }
    let page = async |query: &str| {
        let page = kim.get(&format!("/chat/history/{room}?{query}")).await;
        assert_eq!(page.header("x-last-seq"), "5");
        let seqs: Vec<_> = page.ok().as_array().unwrap().iter().map(|m| m["seq"].as_i64().unwrap()).collect();
        (seqs, page.header("x-has-more") == "true")
    };
    assert_eq!(page("limit=2").await, (vec![4, 5], true));
    assert_eq!(page("before=4&limit=2").await, (vec![2, 3], true));
    assert_eq!(page("before=3&limit=2").await, (vec![1, 2], false));
    assert_eq!(page("after=2&limit=2").await, (vec![3, 4], true));
    assert_eq!(page("after=5").await, (vec![], false));
    assert_eq!(page("around=3&limit=3").await, (vec![2, 3, 4], true));
    for query in ["limit=0", "limit=201", "limit=x", "before=1&after=1"] {
        kim.get(&format!("/chat/history/{room}?{query}")).await.refused(400, "VALIDATION");
    }
}

#[tokio::test]
async fn a_message_says_who_where_and_when() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let body = json!({ "message": "안녕", "clientMessageId": "a-1" });
    let sent = kim.post(&format!("/chat/room/{room}/messages"), &body).await.ok();
    let stored = &kim.get(&format!("/chat/history/{room}")).await.ok()[0];
    assert_eq!(&sent, stored);
    let expected = json!({
        "id": sent["id"], "roomId": room, "seq": 1, "type": "TALK", "message": "안녕", "senderId": kim.id,
        "senderName": "kim", "senderTag": sent["senderTag"], "senderAvatarUrl": null, "createdAt": sent["createdAt"],
        "clientMessageId": "a-1", "replyTo": null, "mentions": [], "files": [], "reactions": [], "version": 1,
        "editedAt": null, "deleted": false,
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn sending_again_stores_nothing() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let body = json!({ "message": "안녕", "clientMessageId": "a-1" });
    let send = async || kim.post(&format!("/chat/room/{room}/messages"), &body).await.ok();
    assert_eq!(send().await, send().await);
    assert_eq!(kim.texts(room).await, ["안녕"]);
}

#[tokio::test]
async fn the_length_of_a_message_is_bounded() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let send = async |text: String| {
        kim.post(&format!("/chat/room/{room}/messages"), &json!({ "message": text })).await
    };
    send("가".repeat(4_000)).await.ok();
    send("가".repeat(4_001)).await.refused(413, "MESSAGE_TOO_LONG");
    send("  ".to_owned()).await.refused(400, "VALIDATION");
    send("a\0b".to_owned()).await.refused(400, "VALIDATION");
    let reply = json!({ "message": "x", "replyTo": 999 });
    kim.post(&format!("/chat/room/{room}/messages"), &reply).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_stops() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    kim.say(room, "안녕").await;
    let (token, refresh_token) = (kim.token, kim.refresh_token);
    let app = TestApp::start_in(app.stop().await, |_| {}).await;
    let login = json!({ "id": 1, "token": token, "refreshToken": refresh_token });
    assert_eq!(User::new(&app, &login).texts(room).await, ["안녕"]);
}

/// F17: the clock of a server was wrong for a while.
#[tokio::test]
async fn order_is_that_of_the_numbers_whatever_the_clock_said() {
    let database = postgres_server::database().await;
    let app = TestApp::start_with(|config| config.database_url = Some(database.clone())).await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    for text in ["one", "two", "three"] {
        kim.say(room, text).await;
    }
    let mut clock = PgConnection::connect(&database).await.unwrap();
    let wrong = "UPDATE message SET created_at = created_at + (2 - seq) * interval '1 hour'";
    sqlx::raw_sql(wrong).execute(&mut clock).await.unwrap();
    clock.close().await.unwrap();
    assert_eq!(kim.texts(room).await, ["", "one", "two", "three"]);
    lee.post(&format!("/chat/room/{room}/read"), &json!({ "seq": 3 })).await.ok();
    let rooms = lee.get("/chat/my/rooms").await.ok();
    assert_eq!((&rooms[0]["lastReadSeq"], &rooms[0]["unReadCount"]), (&json!(3), &json!(1)));
    assert_eq!(kim.say(room, "four").await["seq"], 5);
}
