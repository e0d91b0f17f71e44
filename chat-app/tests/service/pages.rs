//! The web client as files, and what the service says of itself.

use reqwest::Method;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn the_client_is_served_for_every_path_that_a_browser_navigates_to() {
    let app = TestApp::start().await;
    let navigate = async |path: &str| {
        Answer::of(app.request(Method::GET, path).header("accept", "text/html,application/xhtml+xml")).await
    };
    let page = app.get("/").await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-cache"));
    assert!(page.header("content-type").starts_with("text/html"));
    for path in ["/login", "/r/7", "/rooms"] {
        assert_eq!(navigate(path).await.text, page.text);
    }
    app.get("/assets/none.js").await.refused(404, "NOT_FOUND");
    navigate("/../jwt.key").await;
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let app = TestApp::start().await;
    let tag = app.get("/").await.header("etag").to_owned();
    let again = Answer::of(app.request(Method::GET, "/").header("if-none-match", &tag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let app = TestApp::start().await;
    for path in ["/", "/info", "/nowhere", "/member/me", "/ws-connect"] {
        let answer = app.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'; ") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn the_service_says_what_it_is_and_whether_it_serves() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/health/live").await.ok()["status"], "ok");
    assert_eq!(app.get("/health/ready").await.ok()["status"], "ok");
    let info = app.get("/info").await.ok();
    assert_eq!(info["name"], "chat-app");
    assert_eq!(info["limits"]["messageChars"], 4_000);
    assert_eq!(info["locales"], serde_json::json!(["ko", "en"]));
}

#[tokio::test]
async fn browsers_find_sockjs_beside_the_websocket() {
    let app = TestApp::start().await;
    for endpoint in ["/ws-connect", "/connect"] {
        assert_eq!(app.get(&format!("{endpoint}/info")).await.ok()["websocket"], true, "{endpoint}");
    }
}
