//! T42: what the log says, and what it never does.

use std::{cell::RefCell, io, sync::OnceLock};

use reqwest::Method;
use serde_json::json;
use tracing_subscriber::{filter::dynamic_filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::support::{Answer, TestApp};

thread_local! {
    /// What this thread has logged, if it is recorded. A test is one thread, with the service that it starts.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Records what this thread logs, at any level.
fn record() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let is_recorded = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
        let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Recorder);
        tracing_subscriber::registry().with(is_recorded).with(log).init();
    });
    LOG.set(Some(Vec::new()));
}

fn recorded() -> String {
    String::from_utf8(LOG.take().unwrap_or_default()).unwrap()
}

struct Recorder;

impl io::Write for Recorder {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.as_mut().map_or(Ok(octets.len()), |log| log.write(octets)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_and_no_text_is_logged_at_any_level() {
    record();
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    let wrong = json!({ "email": "kim@example.com", "password": "a wrong guess" });
    app.post("/member/doLogin", &wrong).await.refused(401, "BAD_CREDENTIALS");
    app.post("/auth/refresh", &json!({ "refreshToken": kim.refresh_token })).await.ok();
    let next = json!({ "current": "correct horse", "next": "tr0ub4dor and 3" });
    assert_eq!(kim.ask(Method::PUT, "/member/me/password", Some(&next)).await.status, 204);

    let room = json!({ "roomName": "room", "password": "open sesame" });
    let room = kim.post("/chat/room/group/create", &room).await.ok()["roomId"].as_i64().unwrap();
    let lee = app.guest("lee").await;
    let path = |what: &str| format!("/chat/room/group/{room}/{what}");
    lee.post(&path("join"), &json!({ "password": "close sesame" })).await.refused(403, "WRONG_ROOM_PASSWORD");
    lee.post(&path("join"), &json!({ "password": "open sesame" })).await.ok();
    let invite = kim.post(&format!("/chat/room/{room}/invites"), &json!({})).await.ok();
    let code = invite["code"].as_str().unwrap().to_owned();
    app.get(&format!("/chat/invite/{code}")).await;

    let mut stomp = kim.connect().await;
    stomp.subscribe(&format!("/topic/room/{room}")).await;
    let body = json!({ "roomId": room, "message": "meet me at midnight", "clientMessageId": "m-1" });
    stomp.send("/app/chat.sendMessage", &body).await.unwrap();
    let id = stomp.message_of(&format!("/topic/room/{room}")).await["id"].as_i64().unwrap();
    let edit = json!({ "messageId": id, "message": "meet me at noon", "version": 1 });
    stomp.send("/app/chat.editMessage", &edit).await.unwrap();
    kim.get("/chat/search?q=midnight").await.ok();
    stomp.post("/app/chat.sendMessage", &json!({ "roomId": "midnight" })).await;
    kim.post("/nowhere?token=in-the-query", &json!("in the body")).await.refused(404, "NOT_FOUND");
    Answer::of(app.request(Method::GET, "/auth/oauth/google/callback?code=oauth-code&state=oauth-state"))
        .await;

    let log = recorded();
    assert!(log.contains("DEBUG") && log.contains("answered"), "the log is there: {log}");
    for secret in [
        "correct horse",
        "a wrong guess",
        "tr0ub4dor",
        "sesame",
        "midnight",
        "at noon",
        "in-the-query",
        "in the body",
        "oauth-code",
        "oauth-state",
        "kim@example.com",
        &code,
        &kim.token,
        &kim.refresh_token,
        &lee.token,
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret}: {line:?}");
    }
}

#[tokio::test]
async fn every_line_of_a_request_has_its_name_and_nobody_forges_one() {
    record();
    let app = TestApp::start().await;
    let forged = "/info%0a2026-01-01T00:00:00Z%20INFO%20forged?a=\u{1b}%1b[31m";
    let request = app.request(Method::GET, forged).header("x-request-id", "mine");
    Answer::of(request.header("user-agent", "\u{9b}31m forged")).await;
    Answer::of(app.request(Method::GET, "/member/me").header("x-request-id", "mine")).await;
    let log = recorded();
    assert!(!log.contains("forged") && !log.contains(['\u{1b}', '\u{9b}']), "{log}");
    let mut answered = log.lines().filter(|line| line.contains("answered"));
    assert!(answered.clone().count() == 2 && answered.all(|line| line.contains("request_id=mine")), "{log}");
    assert!(log.contains("route=\"/member/me\" status=401") || log.contains("status=401"), "{log}");
}
