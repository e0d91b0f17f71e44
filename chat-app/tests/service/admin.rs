//! Looking after the service.

use chat_app::{
    Config,
    auth::SignUp,
    domain::{Email, MemberId, MemberName, Password, Role, Timestamp},
    maintenance::create_admin,
};
use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, User};

/// A member who was made an administrator in the database, as another administrator would.
pub(crate) async fn administrator(app: &TestApp) -> User<'_> {
    let admin = app.user("admin").await;
    let store = app.store().await;
    assert!(store.set_role(MemberId(admin.id), Role::Admin, Timestamp::now()).await.unwrap());
    store.close().await;
    admin
}

#[tokio::test]
async fn nobody_but_administrators_looks_after_the_service() {
    let app = TestApp::start().await;
    let kim = app.user("kim").await;
    for path in ["stats", "users", "audit", "settings"] {
        kim.get(&format!("/admin/api/{path}")).await.refused(403, "FORBIDDEN");
        app.get(&format!("/admin/api/{path}")).await.refused(401, "NO_TOKEN");
    }
    for action in ["ban", "unban", "logout"] {
        let path = format!("/admin/api/users/{}/{action}", kim.id);
        kim.post(&path, &json!({})).await.refused(403, "FORBIDDEN");
    }
    kim.ask(Method::PATCH, "/admin/api/settings", Some(&json!({ "guests": false })))
        .await
        .refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_ban_ends_everything_and_is_noted() {
    let app = TestApp::start().await;
    let (admin, eve) = (administrator(&app).await, app.user("eve").await);
    let mut connected = eve.connect().await;
    let act = async |action: &str| {
        admin.post(&format!("/admin/api/users/{}/{action}", eve.id), &json!({})).await.status
    };
    assert_eq!(act("ban").await, 204);
    assert_eq!(connected.frame().await.unwrap().headers().get("message"), Some("BANNED"));
    eve.get("/member/me").await.refused(401, "SESSION_REVOKED");
    let login = json!({ "email": "eve@example.com", "password": "correct horse" });
    app.post("/member/doLogin", &login).await.refused(403, "BANNED");
    assert_eq!(act("unban").await, 204);
    app.post("/member/doLogin", &login).await.ok();

    let users = admin.get("/admin/api/users?q=eve@").await.ok();
    assert_eq!((&users[0]["id"], &users[0]["status"]), (&json!(eve.id), &json!("ACTIVE")));
    let audit = admin.get("/admin/api/audit").await.ok();
    assert_eq!((&audit[0]["action"], &audit[1]["action"]), (&json!("UNBAN"), &json!("BAN")));
    assert_eq!(audit[1]["target"], format!("member:{}", eve.id));
    assert_eq!(admin.get("/admin/api/stats").await.ok()["users"], 2);
    admin.post(&format!("/admin/api/users/{}/ban", admin.id), &json!({})).await.refused(403, "FORBIDDEN");
    admin.post("/admin/api/users/999/ban", &json!({})).await.refused(404, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn who_may_come_is_set() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let set = async |body| admin.ask(Method::PATCH, "/admin/api/settings", Some(&body)).await;
    set(json!({ "registrationMode": "closed", "guests": false, "siteName": "우리 방" })).await.ok();
    let account = json!({ "name": "kim", "email": "kim@example.com", "password": "correct horse" });
    app.post("/member/create", &account).await.refused(403, "REGISTRATION_CLOSED");
    app.post("/auth/guest", &json!({})).await.refused(403, "REGISTRATION_CLOSED");
    app.get("/init").await.refused(403, "REGISTRATION_CLOSED");
    let info = app.get("/info").await.ok();
    assert_eq!(
        (&info["registrationMode"], &info["guests"], &info["siteName"]),
        (&json!("closed"), &json!(false), &json!("우리 방"))
    );
    set(json!({ "registrationMode": "invite" })).await.ok();
    app.post("/member/create", &account).await.refused(404, "INVITE_INVALID");
    let room = admin.create_room("room").await;
    let invite = admin.post(&format!("/chat/room/{room}/invites"), &json!({})).await.ok();
    let mut invited = account.clone();
    invited["email"] = json!("invited@example.com");
    for wrong in [json!("none"), json!("\0")] {
        invited["invite"] = wrong;
        app.post("/member/create", &invited).await.refused(404, "INVITE_INVALID");
    }
    invited["invite"] = invite["code"].clone();
    app.post("/member/create", &invited).await.ok();
    set(json!({ "registrationMode": "open" })).await.ok();
    app.post("/member/create", &account).await.ok();
    set(json!({ "registrationMode": "sometimes" })).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn the_first_administrator_needs_the_code_of_the_log() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/info").await.ok()["setupRequired"], true);
    let account = |code: &str| json!({ "code": code, "name": "kim", "email": "kim@example.com", "password": "correct horse" });
    app.post("/admin/api/setup", &account("guess")).await.refused(403, "FORBIDDEN");
    let store = app.store().await;
    let code = store.set_once("setup.code", "none", Timestamp::now()).await.unwrap();
    let code = account(&code);
    // Of two at once, one is too late.
    let (one, other) = tokio::join!(app.post("/admin/api/setup", &code), app.post("/admin/api/setup", &code));
    assert_eq!(one.status + other.status, 200 + 403, "{one:?} {other:?}");
    assert_eq!(app.get("/info").await.ok()["setupRequired"], false);
    app.post("/admin/api/setup", &code).await.refused(403, "FORBIDDEN");
    app.post("/member/doLogin", &code).await.ok();
}

#[tokio::test]
async fn an_administrator_made_beside_the_server_ends_the_setup() {
    let app = TestApp::start().await;
    let config = Config { data_dir: app.dir.path().to_owned(), ..Config::default() };
    let account = |email: &str| SignUp {
        name: MemberName::parse("root").unwrap(),
        email: Email::parse(email).unwrap(),
        password: Password::parse("correct horse".to_owned()).unwrap(),
        locale: None,
    };
    let kim = app.user("kim").await;
    assert_eq!(create_admin(&config, account("kim@example.com")).await.unwrap().0, kim.id);
    kim.get("/admin/api/stats").await.ok();
    assert_eq!(app.get("/info").await.ok()["setupRequired"], false);
    assert_ne!(create_admin(&config, account("root@example.com")).await.unwrap().0, kim.id);
    let login = json!({ "email": "root@example.com", "password": "correct horse" });
    app.post("/member/doLogin", &login).await.ok();
}
