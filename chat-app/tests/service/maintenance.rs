//! What is done beside a server.

use chat_app::{
    Config,
    maintenance::{MaintenanceError, back_up},
};

use crate::support::TestApp;

#[tokio::test]
async fn a_backup_of_a_running_server_is_one_to_start_on() {
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    let room = kim.create_room("room").await;
    kim.say(room, "안녕하세요").await;
    let config = Config { data_dir: app.dir.path().to_owned(), ..Config::default() };
    let saved = tempfile::tempdir().unwrap();
    let copy = saved.path().join("copy");
    back_up(&config, &copy).await.unwrap();
    kim.say(room, "later").await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&copy), mode(&copy.join("jwt.key"))), (0o700, 0o600));
    }
    let again = TestApp::start_in(saved, |config| config.data_dir.push("copy")).await;
    // The token is signed by the same key.
    let there = again.request(reqwest::Method::GET, &format!("/chat/history/{room}")).bearer_auth(&kim.token);
    let texts = crate::support::Answer::of(there).await.ok();
    assert_eq!((texts.as_array().unwrap().len(), &texts[0]["message"]), (1, &"안녕하세요".into()));
    let found = again.request(reqwest::Method::GET, "/chat/search?q=녕하").bearer_auth(&kim.token);
    assert_eq!(crate::support::Answer::of(found).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_backed_up_is_said() {
    let app = TestApp::start().await;
    let config = Config { data_dir: app.dir.path().to_owned(), ..Config::default() };
    let there = tempfile::tempdir().unwrap();
    let error = back_up(&config, there.path()).await.unwrap_err();
    assert!(matches!(error, MaintenanceError::Backup { .. }), "{error}");
    let none = Config { data_dir: there.path().to_owned(), ..Config::default() };
    let error = back_up(&none, &there.path().join("copy")).await.unwrap_err();
    assert!(error.to_string().contains("--data-dir"), "{error}");
    let elsewhere = Config { database_url: Some("postgres://localhost/chat".to_owned()), ..config };
    let error = back_up(&elsewhere, &there.path().join("copy")).await.unwrap_err();
    assert!(error.to_string().contains("pg_dump"), "{error}");
}
