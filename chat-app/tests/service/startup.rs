//! Starting, and what is said when that fails.

use std::{fs, time::Duration};

use chat_app::{Config, Listening, ServerRole, StartError};
use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::{
    postgres_server,
    support::{TestApp, User},
};

fn config(dir: &TempDir) -> Config {
    Config { listen: "127.0.0.1:0".parse().unwrap(), data_dir: dir.path().join("data"), ..Config::default() }
}

async fn refused(config: &Config) -> StartError {
    Listening::bind(config).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn both_ports_are_told() {
    let dir = tempdir().unwrap();
    let config = Config { stomp_listen: Some("127.0.0.1:0".parse().unwrap()), ..config(&dir) };
    let listening = Listening::bind(&config).await.unwrap();
    assert_ne!(listening.http_address().port(), 0);
    assert_ne!(listening.stomp_address().unwrap().port(), 0);
    listening.serve(async {}).await.unwrap();
}

#[tokio::test]
async fn stopping_says_goodbye_within_five_seconds() {
    let app = TestApp::start().await;
    let mut stomp = app.guest("kim").await.connect().await;
    tokio::time::timeout(Duration::from_secs(5), app.stop()).await.unwrap();
    let goodbye = stomp.frame().await.unwrap();
    assert_eq!(goodbye.headers().get("message"), Some("shutdown"));
    assert!(stomp.frame().await.is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    Listening::bind(&config(&dir)).await.unwrap().serve(async {}).await.unwrap();
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/jwt.key")), (0o700, 0o600));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let dir = tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = refused(&Config { listen: address, ..config(&dir) }).await.to_string();
    assert!(error.contains(&address.to_string()) && error.contains("--listen"), "{error}");
}

#[tokio::test]
async fn a_data_directory_that_is_none_is_named() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("data"), "").unwrap();
    let error = refused(&config(&dir)).await;
    assert!(
        matches!(error, StartError::DataDir { .. }) && error.to_string().contains("--data-dir"),
        "{error}"
    );
}

#[tokio::test]
async fn a_data_directory_has_one_server_at_a_time() {
    let dir = tempdir().unwrap();
    let first = Listening::bind(&config(&dir)).await.unwrap();
    let error = refused(&config(&dir)).await.to_string();
    assert!(error.contains("another chat server uses it"), "{error}");
    first.serve(async {}).await.unwrap();
    Listening::bind(&config(&dir)).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_none_is_named() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::write(
        dir.path().join("data/chat.db"),
        "not a database, but long enough to be taken for one".repeat(100),
    )
    .unwrap();
    let error = refused(&config(&dir)).await;
    assert!(matches!(error, StartError::Database { .. }) && error.to_string().contains("chat.db"), "{error}");
}

#[tokio::test]
async fn a_short_key_is_refused() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::write(dir.path().join("data/jwt.key"), "secret").unwrap();
    assert!(matches!(refused(&config(&dir)).await, StartError::Key(_)));
}

#[tokio::test]
async fn a_database_server_that_does_not_answer_is_told_without_its_password() {
    let dir = tempdir().unwrap();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://kim:secret@{unused}/chat");
    let error = refused(&Config { database_url: Some(url), ..config(&dir) }).await.to_string();
    assert!(error.contains("--database-url") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn servers_on_one_database_know_each_others_members() {
    let url = postgres_server::database().await;
    let start = async || TestApp::start_with(|config| config.database_url = Some(url.clone())).await;
    let (one, other) = tokio::join!(start(), start());
    let kim = one.user("kim").await;
    let room = kim.create_room("room").await;
    kim.say(room, "hello").await;
    let login = json!({ "id": kim.id, "token": kim.token, "refreshToken": kim.refresh_token });
    assert_eq!(User::new(&other, &login).texts(room).await, ["hello"]);
}

#[tokio::test]
async fn what_is_not_supported_is_not_passed_over() {
    let dir = tempdir().unwrap();
    let database = |url: &str| Config { database_url: Some(url.to_owned()), ..config(&dir) };
    assert!(matches!(refused(&database("mysql://db/chat")).await, StartError::DatabaseUrl));
    let redis = Config { redis_url: Some("redis://localhost".to_owned()), ..config(&dir) };
    assert!(matches!(refused(&redis).await, StartError::Redis));
    let part = Config { role: ServerRole::Api, ..config(&dir) };
    assert!(matches!(refused(&part).await, StartError::Role));
    assert!(!dir.path().join("data").exists(), "nothing was made");
}
