//! Taking one's own data away.

use std::io::{Cursor, Read};

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::TestApp;

type Archive = ZipArchive<Cursor<Vec<u8>>>;

fn read(archive: &mut Archive, name: &str) -> String {
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn an_archive_has_all_that_is_the_members_own_and_nothing_else() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.user("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    kim.say(room, "mine").await;
    lee.say(room, "not mine").await;
    let form = Form::new().text("roomId", room.to_string());
    let form = form.part("file", Part::bytes(b"hello".to_vec()).file_name("노트.txt"));
    let file = app.request(Method::POST, "/file").bearer_auth(&kim.token).multipart(form);
    let file: Value = file.send().await.unwrap().json().await.unwrap();

    let get = || app.request(Method::GET, "/member/me/export").bearer_auth(&kim.token).send();
    let answer = get().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/zip".parse().unwrap())
    );
    let mut archive = Archive::new(Cursor::new(answer.bytes().await.unwrap().to_vec())).unwrap();
    let me: Value = serde_json::from_str(&read(&mut archive, "me.json")).unwrap();
    assert_eq!((&me["id"], &me["email"]), (&json!(kim.id), &json!("kim@example.com")));
    let messages = read(&mut archive, "messages.jsonl");
    let messages: Vec<Value> = messages.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(matches!(&*messages, [one] if one["message"] == "mine"), "{messages:?}");
    assert_eq!(read(&mut archive, &format!("files/{}-노트.txt", file["id"])), "hello");
    let rooms: Value = serde_json::from_str(&read(&mut archive, "rooms.json")).unwrap();
    assert_eq!(rooms[0]["roomId"], room);

    for _ in 0..2 {
        assert_eq!(get().await.unwrap().status(), 200);
    }
    kim.get("/member/me/export").await.refused(429, "RATE_LIMITED");
}
