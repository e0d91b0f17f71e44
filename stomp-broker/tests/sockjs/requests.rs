//! The requests around a session: SJ-01 to SJ-04, SJ-10, SJ-17, and who may ask.

use axum::response::Response;
use http::{Method, StatusCode};
use stomp_broker::Config;

use crate::client::{CONNECT, Client, server_with, text};

const NOT_CACHEABLE: &str = "no-store, no-cache, no-transform, must-revalidate, max-age=0";

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn sj01_greeting() {
    let client = Client::new().await;
    for path in ["", "/"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=UTF-8"));
        assert_eq!(text(answer).await, "Welcome to SockJS!\n");
    }
}

#[tokio::test]
async fn sj02_info() {
    let client = Client::new().await;
    let mut entropies = Vec::new();
    for _ in 0..2 {
        let answer = client.header("origin", "http://chat.example").get("/info").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header(&answer, "content-type"), Some("application/json; charset=UTF-8"));
        assert_eq!(header(&answer, "cache-control"), Some(NOT_CACHEABLE));
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("http://chat.example"));
        assert_eq!((header(&answer, "expires"), header(&answer, "last-modified")), (None, None));
        let info: serde_json::Value = serde_json::from_str(&text(answer).await).unwrap();
        assert_eq!(info["websocket"], true);
        assert_eq!(info["cookie_needed"], false);
        assert_eq!(info["origins"], serde_json::json!(["*:*"]));
        entropies.push(u32::try_from(info["entropy"].as_u64().unwrap()).unwrap());
    }
    assert_ne!(entropies[0], entropies[1]);
}

#[tokio::test]
async fn sj03_sj13_sj14_what_runs_scripts_in_pages_is_not_there() {
    let client = Client::new().await;
    for path in ["/iframe.html", "/iframe-a1.0.html", "/0/s/htmlfile?c=callback", "/0/s/jsonp?c=callback"] {
        assert_eq!(client.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(client.post("/0/s/jsonp_send", CONNECT).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sj04_malformed_session_urls() {
    let client = Client::new().await;
    let long = format!("/0/{}/xhr", "s".repeat(129));
    for path in
        ["//s/xhr", "/0//xhr", "/0/s/", "/0/s", "/a.b/s/xhr", "/0/s.s/xhr", "/0/s/xhr/", "/0/0/s/xhr", &long]
    {
        assert_eq!(client.post(path, "").await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/a.b/s/websocket", "/0/s.s/eventsource", "/0/s.s/websocket"] {
        assert_eq!(client.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sj04_the_session_is_its_id_alone() {
    let client = Client::new().await;
    assert_eq!(text(client.post("/000/s/xhr", "").await).await, "o\n");
    assert_eq!(client.post("/999/s/xhr_send", CONNECT).await.status(), StatusCode::NO_CONTENT);
    assert!(text(client.post("/abc/s/xhr", "").await).await.starts_with("a[\"CONNECTED\\n"));
}

#[tokio::test]
async fn sj09_sj10_wrong_methods() {
    let client = Client::new().await;
    assert_eq!(client.get("/0/s/websocket").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(client.post("/0/s/websocket", "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(client.get("/websocket").await.status(), StatusCode::BAD_REQUEST);
    for path in ["/0/s/xhr", "/0/s/xhr_streaming", "/0/s/xhr_send"] {
        assert_eq!(client.get(path).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(client.post("/0/s/eventsource", "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn sj10_xhr() {
    let client = Client::new().await;
    let answer = client.post("/0/s/xhr", "").await;
    assert_eq!(header(&answer, "content-type"), Some("application/javascript; charset=UTF-8"));
    assert_eq!(header(&answer, "cache-control"), Some(NOT_CACHEABLE));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    assert_eq!(text(answer).await, "o\n");
}

#[tokio::test(start_paused = true)]
async fn sj10_xhr_send() {
    let client = Client::new().await;
    assert_eq!(client.post("/0/s/xhr_send", CONNECT).await.status(), StatusCode::NOT_FOUND);
    client.poll().await;

    for (body, complaint) in [
        ("", "Payload expected."),
        ("[\"x", "Broken JSON encoding."),
        ("x", "Broken JSON encoding."),
        ("{}", "Broken JSON encoding."),
        ("[1]", "Broken JSON encoding."),
    ] {
        let answer = client.post("/0/s/xhr_send", body).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{body}");
        assert_eq!(text(answer).await, complaint);
    }
    client.send("[]").await;
    client.send("[\"\"]").await;

    for kind in ["text/plain", "application/xml", "T", ""] {
        let answer = client.header("content-type", kind).post("/0/s/xhr_send", "[\"\\n\"]").await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{kind}");
        assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=UTF-8"));
        assert_eq!(header(&answer, "cache-control"), Some(NOT_CACHEABLE));
    }
    client.send(CONNECT).await;
    assert!(client.poll().await.starts_with("a[\"CONNECTED\\n"), "nothing broken was taken");
}

#[tokio::test]
async fn sj17_preflights() {
    let client = Client::new().await.header("origin", "http://chat.example");
    let client = client.header("access-control-request-headers", "a, b");
    for (path, methods) in [
        ("/info", "OPTIONS, GET"),
        ("/0/s/xhr", "OPTIONS, POST"),
        ("/0/s/xhr_streaming", "OPTIONS, POST"),
        ("/0/s/xhr_send", "OPTIONS, POST"),
        ("/0/s/eventsource", "OPTIONS, GET"),
    ] {
        let answer = client.request(Method::OPTIONS, path, "").await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(header(&answer, "access-control-allow-methods"), Some(methods));
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("http://chat.example"));
        assert_eq!(header(&answer, "access-control-allow-credentials"), Some("true"));
        assert_eq!(header(&answer, "access-control-allow-headers"), Some("a, b"));
        assert_eq!(header(&answer, "access-control-max-age"), Some("31536000"));
        assert_eq!(header(&answer, "cache-control"), Some("public, max-age=31536000"));
        assert_eq!(header(&answer, "vary"), Some("origin"));
    }
    assert_eq!(
        client.post("/0/s/xhr_send", CONNECT).await.status(),
        StatusCode::NOT_FOUND,
        "nothing was opened"
    );
}

#[tokio::test(start_paused = true)]
async fn t20_pages_of_other_origins_are_kept_out() {
    let client = Client::new().await;
    for origin in ["https://evil.example", "null", "http://chat.example.evil", "http://chat.example:81"] {
        let page = client.header("origin", origin);
        for path in ["/info", "/0/s/eventsource"] {
            assert_eq!(page.get(path).await.status(), StatusCode::FORBIDDEN, "{origin} {path}");
        }
        for path in ["/0/s/xhr", "/0/s/xhr_streaming", "/0/s/xhr_send"] {
            assert_eq!(page.post(path, CONNECT).await.status(), StatusCode::FORBIDDEN, "{origin} {path}");
            let preflight = page.request(Method::OPTIONS, path, "").await;
            assert_eq!(preflight.status(), StatusCode::FORBIDDEN);
            assert_eq!(header(&preflight, "access-control-allow-origin"), None);
        }
    }
    assert_eq!(
        client.post("/0/s/xhr_send", CONNECT).await.status(),
        StatusCode::NOT_FOUND,
        "nothing was opened"
    );

    let config = Config { allowed_origins: vec!["https://app.example".to_owned()], ..Config::default() };
    let page = Client::of(&server_with(config).await).header("origin", "https://app.example");
    let answer = page.post("/0/s/xhr", "").await;
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(text(answer).await, "o\n");
}
