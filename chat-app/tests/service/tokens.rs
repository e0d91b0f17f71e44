//! What tokens open, and until when.

use reqwest::Method;
use serde_json::{Value, json};
use stomp_broker::proto::Command;

use crate::support::{Answer, Stomp, TestApp, User};

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/auth/refresh", &json!({ "refreshToken": token })).await
}

fn refresh_token(answer: &Answer) -> String {
    answer.ok()["refreshToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_opens_without_a_token() {
    let app = TestApp::start().await;
    app.get("/member/me").await.refused(401, "NO_TOKEN");
    let with = async |authorization: &str| {
        Answer::of(app.request(Method::GET, "/member/me").header("authorization", authorization)).await
    };
    with("Basic a2ltOmtpbQ==").await.refused(401, "NO_TOKEN");
    let invalid = with("Bearer x.y.z").await;
    invalid.refused(401, "INVALID_TOKEN");
    assert_eq!(invalid.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_second_time_ends_the_session() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let first = refresh(&app, &kim.refresh_token).await;
    let second = refresh(&app, &refresh_token(&first)).await;
    let newest = refresh_token(&second);

    refresh(&app, &kim.refresh_token).await.refused(401, "SESSION_REVOKED");
    refresh(&app, &newest).await.refused(401, "INVALID_TOKEN");
    kim.get("/member/me").await.refused(401, "SESSION_REVOKED");
}

#[tokio::test]
async fn tabs_that_refresh_at_once_get_the_same_token() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let (one, other) = tokio::join!(refresh(&app, &kim.refresh_token), refresh(&app, &kim.refresh_token));
    assert_eq!(refresh_token(&one), refresh_token(&other));
    refresh(&app, &refresh_token(&one)).await.ok();
}

#[tokio::test]
async fn a_session_is_ended_from_another_one_and_alone() {
    let app = TestApp::start().await;
    let phone = app.user("kim").await;
    let login = json!({ "email": "kim@example.com", "password": "correct horse" });
    let laptop = User::new(&app, &app.post("/member/doLogin?transport=body", &login).await.ok());
    let (mut on_phone, mut on_laptop) = (phone.connect().await, laptop.connect().await);

    let sessions = laptop.get("/auth/sessions").await.ok();
    let current: Vec<_> = sessions.as_array().unwrap().iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [true, false]);
    let other = format!("/auth/sessions/{}", sessions[1]["id"]);
    assert_eq!(laptop.delete(&other).await.status, 204);
    laptop.delete(&other).await.refused(404, "NOT_FOUND");

    phone.get("/member/me").await.refused(401, "SESSION_REVOKED");
    assert_eq!(on_phone.frame().await.unwrap().headers().get("message"), Some("SESSION_REVOKED"));
    on_laptop.subscribe("/user/queue/errors").await;
    assert_eq!(laptop.get("/auth/sessions").await.ok().as_array().unwrap().len(), 1);

    let eve = app.user("eve").await;
    eve.delete(&format!("/auth/sessions/{}", sessions[0]["id"])).await.refused(404, "NOT_FOUND");
    assert_eq!(laptop.post("/auth/logout-all", &json!({})).await.status, 204);
    assert_eq!(on_laptop.frame().await.unwrap().headers().get("message"), Some("SESSION_REVOKED"));
}

#[tokio::test]
async fn the_cookie_refreshes_in_the_cookie() {
    let app = TestApp::start().await;
    let login = app.post("/auth/guest", &json!({})).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap();
    let request =
        app.request(Method::POST, "/auth/refresh").header("cookie", format!("theme=dark; {cookie}"));
    let refreshed = Answer::of(request).await;
    assert_eq!(refreshed.ok()["member"]["id"], login.ok()["id"]);
    assert_eq!(refreshed.ok().get("refreshToken"), None);
    assert!(!refreshed.header("set-cookie").starts_with(cookie), "it is another one");
    Answer::of(app.request(Method::POST, "/auth/refresh")).await.refused(401, "NO_TOKEN");
}

#[tokio::test]
async fn logging_out_ends_tokens_and_connections() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let mut stomp = kim.connect().await;
    let answer = kim.ask(Method::POST, "/auth/logout", None).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").starts_with("refresh=;"));
    kim.get("/member/me").await.refused(401, "SESSION_REVOKED");
    refresh(&app, &kim.refresh_token).await.refused(401, "INVALID_TOKEN");
    let error = stomp.frame().await.unwrap();
    assert_eq!((error.command(), error.headers().get("message")), (&Command::Error, Some("SESSION_REVOKED")));
    assert!(stomp.frame().await.is_none());
}

#[tokio::test]
async fn the_cookie_logs_out_when_the_access_token_is_gone() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let request = app.request(Method::POST, "/auth/logout");
    let answer = Answer::of(request.header("cookie", format!("refresh={}", kim.refresh_token))).await;
    assert_eq!(answer.status, 204);
    kim.get("/member/me").await.refused(401, "SESSION_REVOKED");
}

#[tokio::test]
async fn connecting_takes_a_valid_token() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let refused = async |token: &str| {
        let error = Stomp::open(app.address).await.log_in(token).await;
        assert_eq!(error.command(), &Command::Error);
        let body: Value = serde_json::from_slice(error.body()).unwrap();
        assert_eq!(body["code"].as_str(), error.headers().get("message"));
        body["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("x.y.z").await, "INVALID_TOKEN");
    let connected = Stomp::open(app.address).await.log_in(&kim.token).await;
    assert_eq!(connected.headers().get("user-name"), Some(&*kim.id.to_string()));
    assert_eq!(connected.headers().get("heart-beat"), Some("10000,10000"));
    kim.ask(Method::POST, "/auth/logout", None).await;
    assert_eq!(refused(&kim.token).await, "SESSION_REVOKED");
}

#[tokio::test]
async fn tokens_outlive_the_process_but_not_the_key() {
    let app = TestApp::start().await;
    let token = app.guest("kim").await.token;
    let dir = app.stop().await;

    let app = TestApp::start_in(dir, |_| {}).await;
    let login = json!({ "id": 1, "token": token, "refreshToken": "" });
    User::new(&app, &login).get("/member/me").await.ok();
    let dir = app.stop().await;

    std::fs::remove_file(dir.path().join("jwt.key")).unwrap();
    let app = TestApp::start_in(dir, |_| {}).await;
    User::new(&app, &login).get("/member/me").await.refused(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn a_connection_is_renewed_by_a_token_of_its_own_session_alone() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.user("kim").await, app.guest("eve").await);
    let login = json!({ "email": "kim@example.com", "password": "correct horse" });
    let elsewhere = app.post("/member/doLogin?transport=body", &login).await.ok();
    let next = refresh(&app, &kim.refresh_token).await.ok();
    let mut of_kim = kim.connect().await;
    of_kim.send("/app/session.renew", &json!({ "token": next["token"] })).await.unwrap();
    of_kim.subscribe("/user/queue/errors").await;
    let refused = async |token: &str| {
        let error =
            kim.connect().await.send("/app/session.renew", &json!({ "token": token })).await.unwrap_err();
        error.headers().get("message").map(str::to_owned)
    };
    assert_eq!(refused(&eve.token).await.as_deref(), Some("FORBIDDEN"));
    let elsewhere = elsewhere["token"].as_str().unwrap();
    assert_eq!(refused(elsewhere).await.as_deref(), Some("FORBIDDEN"), "that session may be ended alone");
    assert_eq!(refused("x.y.z").await.as_deref(), Some("INVALID_TOKEN"));
}
