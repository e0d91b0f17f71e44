//! Signing up, logging in, coming as a guest, and how members see each other.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestApp, User};

#[tokio::test]
async fn who_signs_up_can_log_in() {
    let app = TestApp::start().await;
    let account = json!({ "name": " 김철수 ", "email": "Kim@Example.com", "password": "correct horse", "locale": "en" });
    let id = app.post("/member/create", &account).await.ok();
    assert!(id.is_i64(), "older clients read a bare number, not {id}");

    let login = app
        .post("/member/doLogin", &json!({ "email": "kim@example.com", "password": "correct horse" }))
        .await;
    let body = login.ok();
    assert_eq!(body["id"], id);
    assert_eq!(body["expiresIn"], 900);
    assert_eq!(body["member"]["name"], "김철수");
    assert_eq!(body["member"]["email"], "kim@example.com");
    assert_eq!(body["member"]["locale"], "en");
    assert_eq!(body.get("refreshToken"), None, "the cookie has it");
    let cookie = login.header("set-cookie");
    for attribute in ["refresh=", "; Path=/auth", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(login.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_told_all_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "name": "x", "email": "nobody", "password": "short" });
    let refused = app.post("/member/create", &body).await.refused(400, "VALIDATION");
    let fields: Vec<_> =
        refused["details"]["fields"].as_array().unwrap().iter().map(|f| &f["field"]).collect();
    assert_eq!(fields, ["name", "email", "password"]);
}

#[tokio::test]
async fn an_address_has_one_account() {
    let app = TestApp::start().await;
    app.user("kim").await;
    let again = json!({ "name": "kim", "email": "KIM@example.com", "password": "battery staple" });
    app.post("/member/create", &again).await.refused(409, "EMAIL_TAKEN");
}

#[tokio::test]
async fn a_cookie_from_https_stays_there() {
    let app = TestApp::start_with(|config| {
        config.allowed_origins = vec!["https://chat.example.org".parse().unwrap()]
    })
    .await;
    let request = app.request(Method::POST, "/auth/guest").header("origin", "https://chat.example.org");
    let answer = Answer::of(request).await;
    answer.ok();
    assert!(answer.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn guests_are_named_in_their_language() {
    let app = TestApp::start().await;
    let named = async |language: &str| {
        let request = app.request(Method::POST, "/auth/guest").header("accept-language", language);
        Answer::of(request).await.ok()["member"].clone()
    };
    let english = named("en-US").await;
    assert!(english["name"].as_str().unwrap().is_ascii());
    assert!(!named("ko-KR").await["name"].as_str().unwrap().is_ascii());
    assert_eq!(english["kind"], "GUEST");
    assert_eq!(english["tag"].as_str().unwrap().len(), 6);
    assert_eq!(app.guest("손님").await.get("/member/me").await.ok()["name"], "손님");
}

#[tokio::test]
async fn init_keeps_who_has_a_token_and_makes_a_guest_of_anybody_else() {
    let app = TestApp::start().await;
    let first = app.get("/init").await.ok();
    assert_eq!((&first["success"], &first["type"]), (&json!(true), &json!("GUEST")));
    let token = first["response"].as_str().unwrap();
    let again = Answer::of(app.request(Method::GET, "/init").bearer_auth(token)).await;
    assert_eq!(again.ok()["response"], json!(null));
    let invalid = Answer::of(app.request(Method::GET, "/init").bearer_auth("x.y.z")).await;
    assert!(invalid.ok()["response"].is_string());
}

#[tokio::test]
async fn members_change_their_name_and_language() {
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    let change = async |body| kim.ask(Method::PATCH, "/member/me", Some(&body)).await;
    assert_eq!(change(json!({ "name": "lee" })).await.ok()["name"], "lee");
    let me = change(json!({ "locale": "en" })).await.ok();
    assert_eq!((&me["name"], &me["locale"]), (&json!("lee"), &json!("en")));
    change(json!({ "name": "a\u{202e}b" })).await.refused(400, "VALIDATION");
    change(json!({ "locale": "fr" })).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn members_are_found_page_by_page_with_whether_they_are_connected() {
    let app = TestApp::start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let _connected = lee.connect().await;
    let page = kim.get("/member/list?limit=1").await;
    assert_eq!(page.header("x-has-more"), "true");
    assert_eq!((&page.ok()[0]["id"], &page.ok()[0]["online"]), (&json!(lee.id), &json!(true)));
    let page = kim.get(&format!("/member/list?limit=1&after={}", lee.id)).await;
    assert_eq!(page.header("x-has-more"), "false");
    assert_eq!((&page.ok()[0]["id"], &page.ok()[0]["online"]), (&json!(park.id), &json!(false)));
    assert_eq!(kim.get("/member/list?q=par").await.ok().as_array().unwrap().len(), 1);
    kim.get("/member/list?limit=101").await.refused(400, "VALIDATION");
    assert_eq!(kim.get(&format!("/member/{}", park.id)).await.ok()["name"], "park");
    kim.get("/member/999").await.refused(404, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn a_guest_becomes_a_user_and_stays_who_it_is() {
    let app = TestApp::start().await;
    app.user("lee").await;
    let kim = app.guest("kim").await;
    let room = kim.create_room("room").await;
    kim.say(room, "as a guest").await;
    let upgrade = async |email: &str| {
        kim.post("/auth/guest/upgrade", &json!({ "email": email, "password": "correct horse" })).await
    };
    upgrade("kim").await.refused(400, "VALIDATION");
    upgrade("lee@example.com").await.refused(409, "EMAIL_TAKEN");
    let upgraded = upgrade("kim@example.com").await.ok();
    assert_eq!((&upgraded["id"], &upgraded["member"]["kind"]), (&json!(kim.id), &json!("USER")));
    upgrade("other@example.com").await.refused(403, "FORBIDDEN");

    let login = json!({ "email": "kim@example.com", "password": "correct horse" });
    let login = app.post("/member/doLogin?transport=body", &login).await.ok();
    assert_eq!(login["id"], kim.id);
    assert_eq!(User::new(&app, &login).texts(room).await, ["as a guest"]);
}

#[tokio::test]
async fn guests_have_nothing_to_log_in_by_and_so_no_password() {
    let app = TestApp::start().await;
    let body = json!({ "next": "battery staple" });
    let answer = app.guest("kim").await.ask(Method::PUT, "/member/me/password", Some(&body)).await;
    answer.refused(403, "GUEST_FORBIDDEN");
}

#[tokio::test]
async fn changing_the_password_takes_the_old_one_and_ends_other_sessions() {
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    let credentials = |password: &str| json!({ "email": "kim@example.com", "password": password });
    let other = app.post("/member/doLogin?transport=body", &credentials("correct horse")).await.ok();
    let change = async |current: &str| {
        let body = json!({ "current": current, "next": "battery staple" });
        kim.ask(Method::PUT, "/member/me/password", Some(&body)).await
    };
    change("wrong horse").await.refused(401, "BAD_CREDENTIALS");
    assert_eq!(change("correct horse").await.status, 204);
    User::new(&app, &other).get("/member/me").await.refused(401, "SESSION_REVOKED");
    kim.get("/member/me").await.ok();
    app.post("/member/doLogin", &credentials("correct horse")).await.refused(401, "BAD_CREDENTIALS");
    app.post("/member/doLogin", &credentials("battery staple")).await.ok();
}

#[tokio::test]
async fn a_deleted_account_leaves_its_messages_under_no_name() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.user("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    kim.say(room, "hello").await;
    let delete = async |password: &str| {
        kim.ask(Method::DELETE, "/member/me", Some(&json!({ "password": password }))).await
    };
    delete("wrong horse").await.refused(401, "BAD_CREDENTIALS");
    assert_eq!(delete("correct horse").await.status, 204);

    kim.get("/member/me").await.refused(401, "SESSION_REVOKED");
    lee.get(&format!("/member/{}", kim.id)).await.refused(404, "MEMBER_NOT_FOUND");
    let history = lee.get(&format!("/chat/history/{room}")).await.ok();
    let said = history.as_array().unwrap().iter().find(|message| message["message"] == "hello").unwrap();
    assert_eq!((&said["senderId"], &said["senderName"]), (&json!(kim.id), &json!("(알 수 없음)")));
    assert_eq!(lee.get(&format!("/chat/room/{room}")).await.ok()["ownerId"], lee.id);
    app.user("kim").await;
}

#[tokio::test]
async fn members_block_others_and_lift_that_again() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let block = format!("/member/{}/block", eve.id);
    for _ in 0..2 {
        assert_eq!(kim.ask(Method::PUT, &block, None).await.status, 204);
    }
    assert_eq!(kim.get("/member/me/blocks").await.ok(), json!([eve.id]));
    assert_eq!(kim.delete(&block).await.status, 204);
    assert_eq!(kim.get("/member/me/blocks").await.ok(), json!([]));
    kim.ask(Method::PUT, &format!("/member/{}/block", kim.id), None).await.refused(403, "FORBIDDEN");
    kim.ask(Method::PUT, "/member/999/block", None).await.refused(404, "MEMBER_NOT_FOUND");
}
