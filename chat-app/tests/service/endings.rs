//! What members are told of the end of their login, and of how often they may be connected.

use reqwest::Method;
use serde_json::{Value, json};
use stomp_broker::proto::Command;

use crate::{
    admin::administrator,
    support::{Remote, Stomp, TestApp, User},
};

const SESSION: &str = "/user/queue/session";

/// Is told of the end on the queue, then by an ERROR of that code, and is closed.
async fn expect_end(stomp: &mut Stomp, kind: &str, code: &str) {
    let told = stomp.message().await;
    assert_eq!((&*told.destination, told.body), (SESSION, json!({ "type": kind })));
    let error = stomp.frame().await.unwrap();
    assert_eq!((error.command(), error.headers().get("message")), (&Command::Error, Some(code)));
    assert!(stomp.frame().await.is_none());
}

#[tokio::test]
async fn who_is_logged_out_or_banned_is_told_before_the_connection_ends() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let (kim, eve) = (app.user("kim").await, app.user("eve").await);
    let (mut of_kim, mut of_eve) = (kim.connect().await, eve.connect().await);
    of_kim.subscribe(SESSION).await;
    of_eve.subscribe(SESSION).await;
    assert_eq!(kim.ask(Method::POST, "/auth/logout", None).await.status, 204);
    expect_end(&mut of_kim, "LOGGED_OUT", "SESSION_REVOKED").await;
    assert_eq!(admin.post(&format!("/admin/api/users/{}/ban", eve.id), &json!({})).await.status, 204);
    expect_end(&mut of_eve, "BANNED", "BANNED").await;
}

#[tokio::test]
async fn a_connection_is_told_that_its_token_is_about_to_end() {
    let app = TestApp::start_with(|config| config.access_token_seconds = 10.try_into().unwrap()).await;
    let kim = app.user("kim").await;
    let mut stomp = kim.connect().await;
    stomp.subscribe(SESSION).await;
    let told = stomp.message().await.body;
    assert_eq!(told["type"], "TOKEN_EXPIRING");
    let left = told["in"].as_u64().unwrap();
    assert!((1..=5).contains(&left), "{told}");

    let next = app.post("/auth/refresh", &json!({ "refreshToken": kim.refresh_token })).await.ok();
    stomp.send("/app/session.renew", &json!({ "token": next["token"] })).await.unwrap();
    assert_eq!(stomp.message().await.body["type"], "TOKEN_EXPIRING", "of the next token");
}

/// The answer to one more connection of a member.
async fn connect(app: &Remote, user: &User<'_>) -> (Stomp, stomp_broker::proto::Frame) {
    let mut stomp = Stomp::open(app.address).await;
    let answer = stomp.log_in(&user.token).await;
    (stomp, answer)
}

#[tokio::test]
async fn a_member_has_so_many_connections_and_no_more() {
    let app = TestApp::start_with(|config| config.connections_per_member = 2.try_into().unwrap()).await;
    let (kim, lee) = (app.user("kim").await, app.user("lee").await);
    let first = kim.connect().await;
    let _second = kim.connect().await;
    let (_, refused) = connect(&app, &kim).await;
    assert_eq!(refused.headers().get("message"), Some("TOO_MANY_CONNECTIONS"));
    assert!(refused.headers().get("retry-after").is_some());
    let body: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!((&body["code"], &body["details"]["limit"]), (&json!("TOO_MANY_CONNECTIONS"), &json!(2)));
    lee.connect().await;

    drop(first);
    // The service notices the end in its own time.
    while connect(&app, &kim).await.1.command() != &Command::Connected {}
    assert_eq!(app.get("/info").await.ok()["limits"]["connectionsPerMember"], 2);
}
