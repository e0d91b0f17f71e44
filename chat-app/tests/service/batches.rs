//! Messages that are stored together, because they come at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Asked for at once; which of them are stored together differs from run to run, and makes no difference.
const MESSAGES: usize = 60;

#[tokio::test]
async fn a_refused_message_takes_no_other_of_its_batch_along() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let mut rooms = Vec::new();
    for name in ["one", "two", "three", "four"] {
        rooms.push(kim.create_room(name).await);
        lee.join(rooms[rooms.len() - 1]).await;
    }
    let answers = join_all((0..MESSAGES).map(async |number| {
        let (sender, room) = ([&kim, &lee, &eve][number % 3], rooms[number % rooms.len()]);
        let body = json!({ "message": number.to_string() });
        (number, room, sender.post(&format!("/chat/room/{room}/messages"), &body).await)
    }))
    .await;

    let mut stored = BTreeSet::new();
    for (number, room, answer) in answers {
        if number % 3 == 2 {
            answer.refused(403, "NOT_PARTICIPANT");
        } else {
            stored.insert((room, answer.ok()["seq"].as_i64().unwrap(), number.to_string()));
        }
    }
    let mut read = BTreeSet::new();
    for room in rooms {
        let history = kim.get(&format!("/chat/history/{room}?limit=200")).await.ok();
        let lines = history.as_array().unwrap();
        let seqs: Vec<_> = lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect();
        assert!(seqs.iter().copied().eq(1..=lines.len() as i64), "numbers have no holes: {seqs:?}");
        let said = lines.iter().filter(|line| line["type"] == "TALK");
        read.extend(
            said.map(|line| {
                (room, line["seq"].as_i64().unwrap(), line["message"].as_str().unwrap().to_owned())
            }),
        );
    }
    assert_eq!(read, stored, "what was acknowledged is there once, under its number");
}

#[tokio::test]
async fn of_many_messages_at_once_each_that_names_somebody_is_told() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let mut of_lee = lee.connect().await;
    of_lee.subscribe("/user/queue/notifications").await;
    let texts = (0..MESSAGES).map(|number| if number % 2 == 0 { "@lee" } else { "nobody" });
    let sent = join_all(texts.map(|text| kim.say(room, text))).await;
    let mut naming: Vec<Value> = sent
        .iter()
        .filter(|message| message["message"] == "@lee")
        .map(|message| message["id"].clone())
        .collect();
    while !naming.is_empty() {
        let told = of_lee.message_of("/user/queue/notifications").await;
        let place = naming.iter().position(|id| *id == told["messageId"]);
        naming.swap_remove(place.expect("each is told once, and no other"));
    }
}
