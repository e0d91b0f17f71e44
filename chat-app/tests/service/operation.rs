//! What operators ask: whether it is ready, what it counts, what a request was called.

use std::time::Duration;

use chat_app::ServerRole;
use reqwest::Method;
use serde_json::json;
use tokio::{
    net::{UnixListener, UnixStream},
    time::{sleep, timeout},
};

use crate::{
    postgres_server,
    support::{Answer, RedisServer, TestApp},
};

/// How long the service may take to see what has changed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the service says that it is ready, or that it is not; what it says then.
async fn ready(app: &TestApp, status: u16) -> serde_json::Value {
    let asking = async {
        loop {
            let answer = app.get("/health/ready").await;
            if answer.status == status {
                return answer.json();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asking).await.expect("in time")
}

#[tokio::test]
async fn it_is_not_ready_without_its_database_and_is_again_afterwards() {
    let url = postgres_server::database().await;
    let (url, socket) = url.split_once("?host=").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let door = |name: &std::path::Path| name.join(".s.PGSQL.5432");
    let (from, to) = (door(dir.path()), door(socket.as_ref()));
    let open = || {
        let (listener, to) = (UnixListener::bind(&from).unwrap(), to.clone());
        let mut connections = tokio::task::JoinSet::new();
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let to = to.clone();
                connections.spawn(async move {
                    let mut outside = UnixStream::connect(to).await?;
                    tokio::io::copy_bidirectional(&mut inside, &mut outside).await
                });
            }
        })
    };
    let through = open();
    let url = format!("{url}?host={}", dir.path().display());
    let app = TestApp::start_with(|config| config.database_url = Some(url)).await;
    assert_eq!(ready(&app, 200).await, json!({ "status": "ok", "database": "up", "broker": "up" }));
    through.abort();
    assert_eq!(ready(&app, 503).await, json!({ "status": "degraded", "database": "down", "broker": "up" }));
    app.get("/health/live").await.ok();
    app.get("/info").await.refused(503, "UNAVAILABLE");
    std::fs::remove_file(&from).unwrap();
    let _through = open();
    ready(&app, 200).await;
}

#[tokio::test]
async fn it_is_not_ready_without_redis_and_serves_who_is_there() {
    let mut redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let app = TestApp::start_with(|config| {
        config.database_url = Some(database);
        config.redis_url = Some(redis.url());
    })
    .await;
    let kim = app.user("kim").await;
    let room = kim.create_room("room").await;
    ready(&app, 200).await;
    redis.kill();
    assert_eq!(ready(&app, 503).await, json!({ "status": "degraded", "database": "up", "broker": "down" }));
    kim.say(room, "still here").await;
}

#[tokio::test]
async fn roles_split_the_service() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = async |role| {
        TestApp::start_with(|config| {
            config.role = role;
            config.database_url = Some(database.clone());
            config.redis_url = Some(redis.url());
        })
        .await
    };
    let (api, ws) = tokio::join!(start(ServerRole::Api), start(ServerRole::Ws));
    let kim = api.user("kim").await;
    let room = kim.create_room("room").await;
    let mut stomp = crate::support::Stomp::connect(ws.address, &kim.token).await;
    stomp.subscribe(&format!("/topic/room/{room}")).await;
    kim.say(room, "by HTTP").await;
    assert_eq!(stomp.message().await.body["message"], "by HTTP");
    api.get("/ws-connect/info").await.refused(404, "NOT_FOUND");
    ws.get("/info").await.refused(404, "NOT_FOUND");
    ws.get("/").await.refused(404, "NOT_FOUND");
    ready(&ws, 200).await;
}

#[tokio::test]
async fn a_request_keeps_its_name() {
    let app = TestApp::start().await;
    let named = async |name: &str| {
        Answer::of(app.request(Method::GET, "/member/me").header("x-request-id", name)).await
    };
    let answer = named("01J-x_y.z").await;
    assert_eq!(answer.header("x-request-id"), "01J-x_y.z");
    assert_eq!(answer.refused(401, "NO_TOKEN")["requestId"], "01J-x_y.z");
    for name in ["a b", "a;b", &*"x".repeat(65)] {
        let answer = named(name).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "a name of our own");
        assert_eq!(answer.json()["requestId"], answer.header("x-request-id"));
    }
    assert_eq!(app.get("/info").await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn numbers_are_told_on_a_port_of_their_own() {
    let app = TestApp::start_with(|config| config.metrics_listen = "127.0.0.1:0".parse().ok()).await;
    let kim = app.user("kim").await;
    let room = kim.create_room("room").await;
    let mut stomp = kim.connect().await;
    stomp.send("/app/chat.sendMessage", &json!({ "roomId": room, "message": "hello" })).await.unwrap();
    kim.get(&format!("/chat/history/{room}?after=0")).await.ok();
    let wrong = json!({ "email": "kim@example.com", "password": "battery staple" });
    app.post("/member/doLogin", &wrong).await.refused(401, "BAD_CREDENTIALS");
    let numbers = app.metrics().await;
    for name in [
        "chat_messages_total{type=\"TALK\"}",
        "chat_auth_failures_total{reason=\"BAD_CREDENTIALS\"}",
        "chat_reconnect_gapfill_total",
        "chat_send_seconds_bucket{le=\"0.01\"}",
        "chat_fanout_seconds_sum",
        "chat_db_up 1",
        "chat_redis_up 1",
        "chat_db_pool_connections",
        "http_requests_total{method=\"POST\",route=\"/member/doLogin\",status=\"401\"}",
        "http_request_seconds_count{route=\"/chat/history/{id}\"}",
        "stomp_sessions",
        "process_resident_memory_bytes",
    ] {
        assert!(numbers.lines().any(|line| line.starts_with(name)), "{name}: {numbers}");
    }
    assert!(!app.get("/metrics").await.text.contains("chat_db_up"), "they are not for everybody");
}

#[tokio::test]
async fn pages_of_listed_origins_read_answers_and_no_others() {
    let app = TestApp::start_with(|config| {
        config.allowed_origins = vec!["https://app.example.org".parse().unwrap()]
    })
    .await;
    let ask = async |method: Method, origin: &str| {
        let request = app.request(method, "/info").header("origin", origin);
        Answer::of(request.header("access-control-request-method", "PATCH")).await
    };
    let preflight = ask(Method::OPTIONS, "https://app.example.org").await;
    assert_eq!(preflight.header("access-control-allow-origin"), "https://app.example.org");
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    assert!(preflight.header("access-control-allow-methods").contains("PATCH"));
    let answer = ask(Method::GET, "https://app.example.org").await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
    assert!(answer.header("access-control-expose-headers").contains("x-has-more"));
    for origin in ["https://evil.example.org", "null"] {
        for method in [Method::OPTIONS, Method::GET] {
            let answer = ask(method, origin).await;
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
        }
    }
}
