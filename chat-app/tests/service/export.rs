//! Taking data away: one's own, and all of the service.

use std::{
    fs::File,
    io::{Cursor, Read, Seek},
};

use chat_app::{Config, domain::Role, maintenance::export};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::{
    admin::administrator,
    postgres_server,
    support::{TestApp, User},
};

fn read(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> String {
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn lines(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> Vec<Value> {
    read(archive, name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Brings a file to a room.
async fn bring(app: &TestApp, user: &User<'_>, room: i64) -> Value {
    let form = Form::new().text("roomId", room.to_string());
    let form = form.part("file", Part::bytes(b"hello".to_vec()).file_name("노트.txt"));
    let file = app.request(Method::POST, "/file").bearer_auth(&user.token).multipart(form);
    file.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn an_archive_has_all_that_is_the_members_own_and_nothing_else() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.user("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    kim.say(room, "mine").await;
    lee.say(room, "not mine").await;
    let file = bring(&app, &kim, room).await;

    let get = || app.request(Method::GET, "/member/me/export").bearer_auth(&kim.token).send();
    let answer = get().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/zip".parse().unwrap())
    );
    let mut archive = ZipArchive::new(Cursor::new(answer.bytes().await.unwrap().to_vec())).unwrap();
    let me: Value = serde_json::from_str(&read(&mut archive, "me.json")).unwrap();
    assert_eq!((&me["id"], &me["email"]), (&json!(kim.id), &json!("kim@example.com")));
    let messages = lines(&mut archive, "messages.jsonl");
    assert!(matches!(&*messages, [one] if one["message"] == "mine"), "{messages:?}");
    assert_eq!(read(&mut archive, &format!("files/{}-노트.txt", file["id"])), "hello");
    let rooms: Value = serde_json::from_str(&read(&mut archive, "rooms.json")).unwrap();
    assert_eq!(rooms[0]["roomId"], room);

    for _ in 0..2 {
        assert_eq!(get().await.unwrap().status(), 200);
    }
    kim.get("/member/me/export").await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn an_export_has_the_whole_service_of_sqlite() {
    export_has_everything(None).await;
}

#[tokio::test]
async fn an_export_has_the_whole_service_of_postgres() {
    export_has_everything(Some(postgres_server::database().await)).await;
}

async fn export_has_everything(database_url: Option<String>) {
    let app = TestApp::start_with(|config| config.database_url.clone_from(&database_url)).await;
    let (admin, kim, lee) = (administrator(&app).await, app.user("kim").await, app.guest("lee").await);
    let locked = json!({ "roomName": "room", "password": "open sesame", "memberIds": [lee.id] });
    let room = kim.post("/chat/room/group/create", &locked).await.ok()["roomId"].as_i64().unwrap();
    let said = lee.say(room, "안녕하세요").await;
    let file = bring(&app, &kim, room).await;
    kim.post(&format!("/chat/room/{room}/messages"), &json!({ "fileIds": [file["id"]] })).await.ok();
    let report = json!({ "reason": "spam" });
    assert_eq!(kim.post(&format!("/chat/message/{}/report", said["id"]), &report).await.status, 204);
    assert_eq!(kim.ask(Method::PUT, &format!("/member/{}/block", lee.id), None).await.status, 204);
    let role = json!({ "role": Role::Admin });
    assert_eq!(admin.post(&format!("/admin/api/users/{}/role", kim.id), &role).await.status, 204);

    let config = Config { data_dir: app.dir.path().to_owned(), database_url, ..Config::default() };
    let path = app.dir.path().join("export.zip");
    export(&config, File::create(&path).unwrap()).await.unwrap();
    let mut archive = ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let settings: Value = serde_json::from_str(&read(&mut archive, "settings.json")).unwrap();
    assert_eq!(settings["registrationMode"], "open");
    let members = lines(&mut archive, "members.jsonl");
    let ids: Vec<_> = members.iter().map(|member| &member["id"]).collect();
    assert_eq!(ids, [&json!(admin.id), &json!(kim.id), &json!(lee.id)]);
    assert_eq!((&members[1]["email"], &members[1]["role"]), (&json!("kim@example.com"), &json!("ADMIN")));
    assert_eq!(members[1]["blocked"], json!([lee.id]));
    let rooms = lines(&mut archive, "rooms.jsonl");
    assert_eq!((rooms.len(), &rooms[0]["roomId"], &rooms[0]["isPrivate"]), (1, &json!(room), &json!(true)));
    assert_eq!(
        (&rooms[0]["members"][0]["id"], &rooms[0]["members"][1]["id"]),
        (&json!(kim.id), &json!(lee.id))
    );
    let messages = lines(&mut archive, "messages.jsonl");
    let found = messages.iter().find(|message| message["id"] == said["id"]).unwrap();
    assert_eq!((&found["message"], &found["senderId"]), (&json!("안녕하세요"), &json!(lee.id)));
    assert_eq!(lines(&mut archive, "reports.jsonl")[0]["reason"], "spam");
    assert_eq!(lines(&mut archive, "audit.jsonl")[0]["actorId"], admin.id);
    assert_eq!(read(&mut archive, &format!("files/{}-노트.txt", file["id"])), "hello");
    for entry in 0..archive.len() {
        let mut octets = Vec::new();
        archive.by_index(entry).unwrap().read_to_end(&mut octets).unwrap();
        assert!(!String::from_utf8_lossy(&octets).contains("argon2"), "passwords stay");
    }
}

#[tokio::test]
async fn an_export_of_nothing_says_what_to_give() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { data_dir: dir.path().join("none"), ..Config::default() };
    let error = export(&config, std::io::sink()).await.unwrap_err();
    assert!(error.to_string().contains("--data-dir"), "{error}");
    assert!(!config.data_dir.exists(), "nothing was made");
}

#[tokio::test]
async fn a_room_is_exported_for_its_owner_as_json_or_as_text() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    let path = format!("/chat/room/{room}/export");
    assert_eq!(kim.get(&path).await.ok(), json!([]), "there is nothing yet");
    lee.join(room).await;
    lee.say(room, "first\n2026-01-01T00:00:00.000Z kim: forged").await;
    kim.say(room, "second").await;
    lee.get(&path).await.refused(403, "NOT_OWNER");
    eve.get(&path).await.refused(403, "NOT_PARTICIPANT");

    let answer = kim.get(&format!("{path}?format=json")).await;
    assert!(answer.header("content-disposition").ends_with(&format!("filename=\"room-{room}.json\"")));
    let messages = answer.ok();
    assert_eq!(messages, kim.get(&format!("/chat/history/{room}")).await.ok(), "messages as ever");
    let answer = kim.get(&format!("{path}?format=txt")).await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let lines: Vec<_> = answer.text.lines().collect();
    assert!(
        matches!(
            lines[..],
            [join, first, forged, second] if join.ends_with("lee: JOIN") && first.ends_with(" lee: first")
                && forged.starts_with("    ") && second.ends_with(" kim: second")
        ),
        "{lines:?}"
    );
    kim.get(&path).await.refused(429, "RATE_LIMITED");
    kim.get(&format!("{path}?format=exe")).await.refused(400, "VALIDATION");
}
