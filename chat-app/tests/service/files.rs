//! Files: brought, sent, served, and gone.

use std::time::Duration;

use chat_app::{Config, maintenance::back_up};
use image::ImageFormat;
use reqwest::{
    Method,
    header::{HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::support::{Answer, PLACE, TestApp, User, bomb, encoded, turned_photo};

fn form(name: &str, octets: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(octets).file_name(name.to_owned()))
}

/// Brings a file to a room.
async fn bring(app: &TestApp, user: &User<'_>, room: i64, name: &str, octets: impl Into<Vec<u8>>) -> Answer {
    let form = Form::new()
        .text("roomId", room.to_string())
        .part("file", Part::bytes(octets.into()).file_name(name.to_owned()));
    Answer::of(app.request(Method::POST, "/file").bearer_auth(&user.token).multipart(form)).await
}

/// Brings a file that is taken.
async fn brought(app: &TestApp, user: &User<'_>, room: i64, name: &str, octets: impl Into<Vec<u8>>) -> Value {
    let answer = bring(app, user, room, name, octets).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

async fn send(user: &User<'_>, room: i64, files: &[&Value]) -> Answer {
    let ids: Vec<_> = files.iter().map(|file| &file["id"]).collect();
    user.post(&format!("/chat/room/{room}/messages"), &json!({ "fileIds": ids })).await
}

/// What a URL gives, octet by octet.
async fn get(app: &TestApp, user: &User<'_>, url: &str, headers: HeaderMap) -> (u16, HeaderMap, Vec<u8>) {
    let request = app.request(Method::GET, url).bearer_auth(&user.token).headers(headers);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().into())
}

fn url(file: &Value) -> &str {
    file["url"].as_str().unwrap()
}

fn header(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
}

#[tokio::test]
async fn a_file_is_read_by_who_is_in_the_room_of_its_message_and_nobody_else() {
    let app = TestApp::start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    bring(&app, &park, room, "a.txt", "hello").await.refused(403, "NOT_PARTICIPANT");

    let file = brought(&app, &kim, room, "계획.txt", "안녕").await;
    assert_eq!((&file["name"], &file["size"]), (&json!("계획.txt"), &json!(6)));
    assert_eq!(
        (&file["contentType"], &file["thumbUrl"]),
        (&json!("text/plain; charset=utf-8"), &Value::Null)
    );
    lee.get(url(&file)).await.refused(403, "NOT_PARTICIPANT");
    send(&lee, room, &[&file]).await.refused(400, "VALIDATION");

    let mut stomp = lee.connect().await;
    let topic = format!("/topic/room/{room}");
    stomp.subscribe(&topic).await;
    let message = send(&kim, room, &[&file]).await.ok();
    assert_eq!((&message["message"], &message["files"]), (&json!(""), &json!([file])));
    assert_eq!(stomp.message_of(&topic).await["files"], json!([file]));
    assert_eq!(lee.get(url(&file)).await.text, "안녕");
    park.get(url(&file)).await.refused(403, "NOT_PARTICIPANT");
    app.get(url(&file)).await.refused(401, "NO_TOKEN");
    kim.get("/file/AAAAAAAAAAAAAAAAAAAAAA").await.refused(404, "NOT_FOUND");

    lee.leave(room).await;
    lee.get(url(&file)).await.refused(403, "NOT_PARTICIPANT");
    kim.delete(&format!("/chat/message/{}", message["id"])).await;
    kim.get(url(&file)).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn pages_get_files_by_a_cookie_that_does_nothing_else() {
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    let room = kim.create_room("room").await;
    let file = brought(&app, &kim, room, "a.txt", "hello").await;
    let login = json!({ "email": "kim@example.com", "password": "correct horse" });
    let login = app.post("/member/doLogin", &login).await;
    let cookie = login.cookie("file_auth").unwrap();
    let of = |method, path: &str| Answer::of(app.request(method, path).header("cookie", &cookie));
    assert_eq!(of(Method::GET, url(&file)).await.text, "hello");
    of(Method::GET, "/member/me").await.refused(401, "NO_TOKEN");
    of(Method::POST, "/file").await.refused(401, "NO_TOKEN");
    let cookies = login.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let set = cookies.filter(|cookie| cookie.starts_with("file_auth=")).collect::<Vec<_>>();
    assert!(
        matches!(*set, [one] if one.contains("; Path=/file; ") && one.contains("; HttpOnly; SameSite=Strict"))
    );

    let token = login.json()["token"].as_str().unwrap().to_owned();
    let logout = Answer::of(app.request(Method::POST, "/auth/logout").bearer_auth(&token)).await;
    assert_eq!((logout.status, logout.cookie("file_auth")), (204, None));
    of(Method::GET, url(&file)).await.refused(401, "SESSION_REVOKED");
}

#[tokio::test]
async fn what_is_no_picture_is_saved_and_never_a_page() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let svg =
        "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let html = "<!DOCTYPE html><script>alert(1)</script>";
    for (name, octets) in [("a.svg", svg), ("page.png", html), ("../../x.html", html)] {
        let file = brought(&app, &kim, room, name, octets).await;
        let (status, headers, body) = get(&app, &kim, url(&file), HeaderMap::new()).await;
        assert_eq!((status, body.as_slice()), (200, octets.as_bytes()));
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment; "), "{name}");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["cache-control"].to_str().unwrap().starts_with("private"));
        assert_eq!(file["thumbUrl"], Value::Null);
        assert!(!file["name"].as_str().unwrap().contains('/'));
    }
}

#[tokio::test]
async fn a_picture_is_made_anew_and_keeps_only_its_pixels() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let mut photo = turned_photo(64, 32);
    assert!(photo.windows(PLACE.len()).any(|part| part == PLACE));
    photo.extend_from_slice(b"<script>alert(1)</script>");
    let file = brought(&app, &kim, room, "photo.jpg", photo).await;
    assert_eq!((&file["width"], &file["height"]), (&json!(32), &json!(64)), "the right way up");
    for path in ["url", "thumbUrl"] {
        let (_, headers, octets) = get(&app, &kim, file[path].as_str().unwrap(), HeaderMap::new()).await;
        assert_eq!(headers["content-type"], "image/jpeg");
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("inline; "));
        assert!(!octets.windows(PLACE.len()).any(|part| part == PLACE || part.starts_with(b"<script>")));
        let image = image::load_from_memory(&octets).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (32, 64));
        assert!(image[(28, 4)][0] > 200 && image[(4, 4)][0] < 60, "turned to the right");
    }
}

#[tokio::test]
async fn pictures_of_every_kind_get_small_ones() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    for (format, name, now) in [
        (ImageFormat::Jpeg, "a.jpeg", "image/jpeg"),
        (ImageFormat::Png, "a.png", "image/png"),
        (ImageFormat::Gif, "a.gif", "image/gif"),
        (ImageFormat::WebP, "a.jpg", "image/jpeg"),
    ] {
        let original = format!("a.{}", format.extensions_str().last().unwrap());
        let file = brought(&app, &kim, room, &original, encoded(1_600, 400, format)).await;
        assert_eq!((&file["name"], &file["contentType"]), (&json!(name), &json!(now)));
        assert_eq!((&file["width"], &file["height"]), (&json!(1_600), &json!(400)));
        let (_, headers, octets) = get(&app, &kim, url(&file), HeaderMap::new()).await;
        assert_eq!(headers["content-type"], now);
        assert_eq!(file["size"], octets.len());
        let (_, _, thumb) = get(&app, &kim, file["thumbUrl"].as_str().unwrap(), HeaderMap::new()).await;
        let thumb = image::load_from_memory(&thumb).unwrap();
        assert_eq!((thumb.width(), thumb.height()), (1_200, 300));
    }
}

#[tokio::test]
async fn pictures_that_cannot_be_read_or_are_too_large_are_refused() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let mut broken = encoded(64, 64, ImageFormat::Png);
    broken.truncate(60);
    for octets in [bomb(50_000, 50_000), bomb(16_000, 16_000), broken] {
        bring(&app, &kim, room, "a.png", octets).await.refused(415, "BAD_IMAGE");
    }
}

#[tokio::test]
async fn parts_of_a_file_are_had_and_known_ones_are_not_sent_again() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let file = brought(&app, &kim, room, "a.txt", "0123456789").await;
    let (status, headers, body) = get(&app, &kim, url(&file), header("range", "bytes=2-4")).await;
    assert_eq!((status, body.as_slice()), (206, &b"234"[..]));
    assert_eq!(headers["content-range"], "bytes 2-4/10");
    let (status, headers, _) = get(&app, &kim, url(&file), header("range", "bytes=10-")).await;
    assert_eq!((status, &headers["content-range"]), (416, &HeaderValue::from_static("bytes */10")));
    let (_, headers, body) = get(&app, &kim, url(&file), HeaderMap::new()).await;
    assert_eq!((headers["content-length"].as_bytes(), body.as_slice()), (&b"10"[..], &b"0123456789"[..]));
    let known = HeaderMap::from_iter([("if-none-match".parse().unwrap(), headers["etag"].clone())]);
    let (status, _, body) = get(&app, &kim, url(&file), known).await;
    assert_eq!((status, body.len()), (304, 0));
}

#[tokio::test]
async fn size_number_and_space_are_limited() {
    let app = TestApp::start_with(|config| {
        config.files.max_size = 1_000;
        config.files.quota = 2_500;
    })
    .await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    assert_eq!(app.get("/info").await.ok()["limits"]["fileBytes"], 1_000);
    bring(&app, &kim, room, "a", vec![b'a'; 1_001]).await.refused(413, "PAYLOAD_TOO_LARGE");
    bring(&app, &kim, room, "a", vec![b'a'; 4 * 1024 * 1024]).await.refused(413, "PAYLOAD_TOO_LARGE");
    let first = brought(&app, &kim, room, "a", vec![b'a'; 1_000]).await;
    brought(&app, &kim, room, "a", vec![b'a'; 1_000]).await;
    bring(&app, &kim, room, "a", vec![b'a'; 1_000]).await.refused(403, "QUOTA_EXCEEDED");
    let lee = app.guest("lee").await;
    lee.join(room).await;
    brought(&app, &lee, room, "a", vec![b'a'; 1_000]).await;

    send(&kim, room, &[&first, &first]).await.refused(400, "VALIDATION");
    send(&kim, room, &[&first; 11]).await.refused(400, "VALIDATION");
    send(&kim, room, &[]).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn files_brought_at_once_do_not_take_more_than_there_is() {
    let app = TestApp::start_with(|config| config.files.quota = 2_500).await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let bring = || bring(&app, &kim, room, "a", vec![b'a'; 1_000]);
    let (a, b, c, d) = tokio::join!(bring(), bring(), bring(), bring());
    let (kept, refused): (Vec<_>, Vec<_>) = [a, b, c, d].into_iter().partition(|answer| answer.status == 201);
    assert_eq!(kept.len(), 2);
    for answer in refused {
        answer.refused(403, "QUOTA_EXCEEDED");
    }
}

#[tokio::test]
async fn files_are_limited_for_each_member() {
    let app = TestApp::start_with(|config| {
        config.rates.upload = chat_app::limits::Rate::new(1, 3_600).unwrap();
    })
    .await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    brought(&app, &kim, room, "a", "hello").await;
    bring(&app, &kim, room, "a", "hello").await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn what_is_no_form_with_a_file_is_refused() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    kim.post("/file", &json!({})).await.refused(415, "UNSUPPORTED_MEDIA");
    let ask = |form| Answer::of(app.request(Method::POST, "/file").bearer_auth(&kim.token).multipart(form));
    ask(Form::new().text("roomId", "1")).await.refused(404, "ROOM_NOT_FOUND");
    ask(Form::new().text("roomId", "a".repeat(1_000))).await.refused(413, "PAYLOAD_TOO_LARGE");
    let refused = ask(form("a", b"hello".to_vec())).await;
    assert_eq!(refused.refused(400, "VALIDATION")["details"]["fields"][0]["field"], "roomId");
    let torn = app.request(Method::POST, "/file").bearer_auth(&kim.token);
    let torn = torn.header("content-type", "multipart/form-data; boundary=x").body("--x\r\nContent-Dis");
    Answer::of(torn).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn a_member_has_a_square_picture_that_everyone_sees() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let put = |octets| {
        let request = app.request(Method::PUT, "/member/me/avatar").bearer_auth(&kim.token);
        Answer::of(request.multipart(form("me", octets)))
    };
    let me = put(turned_photo(640, 320)).await.ok();
    let first = me["avatarUrl"].as_str().unwrap().to_owned();
    let (_, _, octets) = get(&app, &lee, &first, HeaderMap::new()).await;
    let image = image::load_from_memory(&octets).unwrap();
    assert_eq!((image.width(), image.height()), (256, 256));
    assert_eq!(lee.get(&format!("/member/{}", kim.id)).await.ok()["avatarUrl"], first);
    lee.post(&format!("/chat/room/private/create?otherMemberId={}", kim.id), &json!({})).await.ok();
    assert_eq!(lee.get("/chat/my/rooms").await.ok()[0]["avatarUrl"], first);
    assert_eq!(kim.get("/chat/my/rooms").await.ok()[0]["avatarUrl"], Value::Null);
    let group = kim.create_room("room").await;
    lee.join(group).await;
    let events = format!("/topic/room/{group}/events");
    let (mut in_room, mut at_list) = (lee.connect().await, lee.connect().await);
    in_room.subscribe(&events).await;
    at_list.subscribe("/user/queue/rooms").await;
    put(b"hello".to_vec()).await.refused(415, "BAD_IMAGE");
    put(vec![0; 5 * 1024 * 1024]).await.refused(413, "PAYLOAD_TOO_LARGE");

    let second = put(encoded(300, 300, ImageFormat::Png)).await.ok()["avatarUrl"].clone();
    assert_ne!(second, first);
    lee.get(&first).await.refused(404, "NOT_FOUND");
    let is_told = |event: Value| event["type"] == "MEMBER_UPDATED" && event["member"]["avatarUrl"] == second;
    while !is_told(in_room.message_of(&events).await) {}
    while at_list.message_of("/user/queue/rooms").await["room"]["avatarUrl"] != second {}
    assert_eq!(kim.delete("/member/me/avatar").await.ok()["avatarUrl"], Value::Null);
    lee.get(second.as_str().unwrap()).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn content_goes_with_its_room_and_with_its_owner() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.user("kim").await, app.guest("lee").await);
    let (alone, shared) = (kim.create_room("alone").await, lee.create_room("shared").await);
    kim.join(shared).await;
    for room in [alone, shared] {
        let file = brought(&app, &kim, room, "a.png", encoded(8, 8, ImageFormat::Png)).await;
        send(&kim, room, &[&file]).await.ok();
    }
    let kept = brought(&app, &lee, shared, "a.txt", "hello").await;
    let token = kept["token"].as_str().unwrap().to_owned();
    kim.leave(alone).await;
    let gone = kim.ask(Method::DELETE, "/member/me", Some(&json!({ "password": "correct horse" }))).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    drop(lee);

    // It is swept when the service starts, and from time to time.
    let app = TestApp::start_in(app.stop().await, |_| {}).await;
    let files = app.dir.path().join("files");
    let names = || -> Vec<_> {
        std::fs::read_dir(&files)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let swept = async {
        while names() != [token.as_str()] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), swept).await.unwrap_or_else(|_| panic!("{:?}", names()));
}

#[tokio::test]
async fn a_backup_has_the_files() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    let file = brought(&app, &kim, room, "a.txt", "hello").await;
    send(&kim, room, &[&file]).await.ok();
    let config = Config { data_dir: app.dir.path().to_owned(), ..Config::default() };
    let saved = tempfile::tempdir().unwrap();
    back_up(&config, &saved.path().join("copy")).await.unwrap();
    let again = TestApp::start_in(saved, |config| config.data_dir.push("copy")).await;
    assert_eq!(get(&again, &kim, url(&file), HeaderMap::new()).await.2, b"hello");
}
