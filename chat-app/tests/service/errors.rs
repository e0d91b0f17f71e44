//! Every error is the same JSON.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn an_error_says_what_where_and_when_in_the_language_asked_for() {
    let app = TestApp::start().await;
    let ask = async |language: &str| {
        Answer::of(app.request(Method::GET, "/member/me").header("accept-language", language)).await
    };
    let korean = ask("ko").await.refused(401, "NO_TOKEN");
    assert_eq!((&korean["error"], &korean["path"]), (&json!("Unauthorized"), &json!("/member/me")));
    assert_eq!(korean["message"], "로그인이 필요합니다.");
    assert_eq!(korean["details"], json!({}));
    let timestamp = korean["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    let english = ask("en-GB").await.refused(401, "NO_TOKEN");
    assert_eq!(english["message"], "Please log in.");
    assert_ne!(korean["requestId"], english["requestId"]);
}

#[tokio::test]
async fn what_the_framework_refuses_reads_the_same() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let create = || app.request(Method::POST, "/chat/room/group/create").bearer_auth(&kim.token);
    let json = || create().header("content-type", "application/json");
    Answer::of(json().body("{")).await.refused(400, "MALFORMED_JSON");
    Answer::of(json().body("[1]")).await.refused(400, "VALIDATION");
    Answer::of(json().body("\u{feff}{}")).await.refused(400, "MALFORMED_JSON");
    Answer::of(json().body("[".repeat(10_000))).await.refused(400, "VALIDATION");
    Answer::of(json().body(format!("{{\"roomName\":\"{}\"}}", "x".repeat(70_000))))
        .await
        .refused(413, "PAYLOAD_TOO_LARGE");
    Answer::of(create().header("content-type", "text/plain").body("{}"))
        .await
        .refused(415, "UNSUPPORTED_MEDIA");
    Answer::of(create().body("{}")).await.refused(415, "UNSUPPORTED_MEDIA");
    kim.get("/chat/room/seven").await.refused(404, "NOT_FOUND");
    kim.get("/chat/room/99999999999999999999").await.refused(404, "NOT_FOUND");
    kim.get("/chat/history/1?limit=many").await.refused(400, "VALIDATION");
    kim.get("/nowhere").await.refused(404, "NOT_FOUND");
    kim.post("/nowhere", &json!({})).await.refused(404, "NOT_FOUND");
    let not_allowed = kim.ask(Method::PUT, "/member/me", None).await;
    not_allowed.refused(405, "METHOD_NOT_ALLOWED");
    assert!(not_allowed.header("allow").contains("PATCH"));
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let app = TestApp::start_with(|config| {
        config.allowed_origins = vec!["https://chat.example.org".parse().unwrap()]
    })
    .await;
    let from = async |name: &str, value: &str| {
        Answer::of(app.request(Method::POST, "/auth/guest").header(name, value)).await
    };
    for origin in
        ["https://evil.example.com", "null", &format!("http://{}.evil.example.com", app.address), "x"]
    {
        from("origin", origin).await.refused(403, "FORBIDDEN");
    }
    from("sec-fetch-site", "cross-site").await.refused(403, "FORBIDDEN");
    from("origin", &format!("http://{}", app.address)).await.ok();
    from("origin", "https://chat.example.org").await.ok();
    from("sec-fetch-site", "same-origin").await.ok();
}

#[tokio::test]
async fn pages_of_other_sites_open_no_websockets() {
    let app = TestApp::start().await;
    let from = async |origin: &str| {
        let mut request = format!("ws://{}/ws-connect", app.address).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Ok((_, response)) => response.status().as_u16(),
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    for origin in ["https://evil.example.com", "null", &format!("http://{}.evil.example.com", app.address)] {
        assert_eq!(from(origin).await, 403, "{origin}");
    }
    assert_eq!(from(&format!("http://{}", app.address)).await, 101);
}

#[tokio::test]
async fn no_request_stops_the_server() {
    let app = TestApp::start().await;
    // Half a request, then silence: others are served meanwhile.
    let mut half = TcpStream::connect(app.address).await.unwrap();
    half.write_all(b"POST /auth/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    app.get("/health/ready").await.ok();
    drop(half);
    let mut garbage = TcpStream::connect(app.address).await.unwrap();
    garbage.write_all(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), garbage.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
    app.get("/health/live").await.ok();
}
