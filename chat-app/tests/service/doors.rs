//! What opens rooms and what their owners may do.

use chat_app::limits::Rate;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

async fn locked_room(owner: &User<'_>) -> i64 {
    let body = json!({ "roomName": "room", "isPrivate": true, "password": "1234", "listed": false });
    owner.post("/chat/room/group/create", &body).await.ok()["roomId"].as_i64().unwrap()
}

async fn put(user: &User<'_>, path: &str, body: &Value) -> Answer {
    user.ask(Method::PUT, path, Some(body)).await
}

#[tokio::test]
async fn passwords_are_guessed_slowly() {
    let app = TestApp::start_with(|config| config.rates.room_passwords = Rate::new(7, 3_600).unwrap()).await;
    let (kim, eve, mallory) = (app.guest("kim").await, app.guest("eve").await, app.guest("mallory").await);
    let room = locked_room(&kim).await;
    let guess = async |user: &User<'_>| {
        user.post(&format!("/chat/room/group/{room}/join"), &json!({ "password": "0001" })).await
    };
    for _ in 0..5 {
        guess(&eve).await.refused(403, "WRONG_ROOM_PASSWORD");
    }
    guess(&eve).await.refused(429, "RATE_LIMITED");
    let verify = format!("/chat/room/group/{room}/verify-password");
    eve.post(&verify, &json!({ "password": "1234" })).await.refused(429, "RATE_LIMITED");
    for _ in 0..2 {
        guess(&mallory).await.refused(403, "WRONG_ROOM_PASSWORD");
    }
    guess(&mallory).await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn an_invitation_opens_a_locked_room() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let room = locked_room(&kim).await;
    let invites = format!("/chat/room/{room}/invites");
    let invite = kim.post(&invites, &json!({ "maxUses": 1, "expiresIn": 60 })).await.ok();
    let code = invite["code"].as_str().unwrap();
    assert_eq!(invite["url"], format!("/join/{code}"));
    let preview = app.get(&format!("/chat/invite/{code}")).await.ok();
    assert_eq!(preview, json!({ "roomName": "room", "memberCount": 1 }));
    let accept = format!("/chat/invite/{code}/accept");
    kim.ask(Method::POST, &accept, None).await.ok();
    assert_eq!(lee.ask(Method::POST, &accept, None).await.ok()["roomId"], room);
    eve.ask(Method::POST, &accept, None).await.refused(404, "INVITE_INVALID");
    app.get("/chat/invite/guess").await.refused(404, "INVITE_INVALID");
    eve.get(&invites).await.refused(403, "NOT_PARTICIPANT");
    let other = lee.post(&invites, &json!({})).await.ok()["code"].as_str().unwrap().to_owned();
    assert_eq!(kim.get(&invites).await.ok().as_array().unwrap().len(), 1);
    assert_eq!(kim.delete(&format!("{invites}/{other}")).await.status, 204);
    eve.ask(Method::POST, &format!("/chat/invite/{other}/accept"), None).await.refused(404, "INVITE_INVALID");
    kim.post(&invites, &json!({ "maxUses": 0, "expiresIn": 0 })).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn who_is_put_out_hears_no_more_and_who_is_banned_stays_out() {
    let app = TestApp::start().await;
    let (kim, eve) = (app.guest("kim").await, app.guest("eve").await);
    let (room, other) = (kim.create_room("room").await, eve.create_room("other").await);
    eve.join(room).await;
    let mut of_eve = eve.connect().await;
    for topic in
        [format!("/topic/room/{room}"), format!("/topic/room/{other}"), "/user/queue/rooms".to_owned()]
    {
        of_eve.subscribe(&topic).await;
    }
    let member = format!("/chat/room/{room}/members/{}", eve.id);
    eve.delete(&format!("/chat/room/{room}/members/{}", kim.id)).await.refused(403, "NOT_OWNER");
    assert_eq!(kim.delete(&member).await.status, 204);
    kim.say(room, "not for eve").await;
    eve.say(other, "for eve").await;
    // That she had come may be told late.
    while of_eve.message_of("/user/queue/rooms").await["type"] != "REMOVE" {}
    assert_eq!(of_eve.message_of(&format!("/topic/room/{other}")).await["message"], "for eve");
    eve.join(room).await;
    assert_eq!(kim.delete(&format!("{member}?ban=1")).await.status, 204);
    eve.post(&format!("/chat/room/group/{room}/join"), &json!({})).await.refused(403, "BANNED");
    let add = json!({ "memberIds": [eve.id] });
    kim.post(&format!("/chat/room/{room}/members"), &add).await.refused(403, "BANNED");
    kim.delete(&format!("/chat/room/{room}/members/{}", kim.id)).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn an_owner_changes_passes_on_and_deletes_its_room() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    let (path, events) = (format!("/chat/room/{room}"), format!("/topic/room/{room}/events"));
    let mut of_lee = lee.connect().await;
    of_lee.subscribe(&events).await;
    let change =
        json!({ "roomName": "새 이름", "password": "1234", "history": "SINCE_JOIN", "retentionDays": 30 });
    lee.ask(Method::PATCH, &path, Some(&change)).await.refused(403, "NOT_OWNER");
    let settings = json!({
        "roomName": "새 이름", "isPrivate": true, "listed": true, "history": "SINCE_JOIN", "retentionDays": 30,
    });
    assert_eq!(kim.ask(Method::PATCH, &path, Some(&change)).await.ok(), settings);
    let told = of_lee.message_of(&events).await;
    assert_eq!(told, json!({ "type": "ROOM_UPDATED", "room": settings }));
    let clear = json!({ "password": null, "retentionDays": null });
    let cleared = kim.ask(Method::PATCH, &path, Some(&clear)).await.ok();
    assert_eq!((&cleared["isPrivate"], &cleared["retentionDays"]), (&json!(false), &Value::Null));
    let wrong = json!({ "roomName": "", "retentionDays": 0 });
    kim.ask(Method::PATCH, &path, Some(&wrong)).await.refused(400, "VALIDATION");

    let heir = json!({ "memberId": lee.id });
    put(&lee, &format!("{path}/owner"), &heir).await.refused(403, "NOT_OWNER");
    assert_eq!(put(&kim, &format!("{path}/owner"), &heir).await.status, 204);
    assert_eq!(lee.get(&path).await.ok()["ownerId"], lee.id);
    kim.delete(&path).await.refused(403, "NOT_OWNER");
    assert_eq!(lee.delete(&path).await.status, 204);
    while of_lee.message_of(&events).await["type"] != "ROOM_DELETED" {}
    kim.get(&path).await.refused(404, "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn members_are_put_in_listed_and_told_what_they_want() {
    let app = TestApp::start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let create = json!({ "roomName": "room", "memberIds": [lee.id] });
    let room = kim.post("/chat/room/group/create", &create).await.ok();
    assert_eq!(room["memberCount"], 2);
    let path = format!("/chat/room/{}", room["roomId"]);
    let members = format!("{path}/members");
    assert_eq!(lee.post(&members, &json!({ "memberIds": [park.id] })).await.status, 204);
    lee.post(&members, &json!({ "memberIds": [999] })).await.refused(404, "MEMBER_NOT_FOUND");
    let page = kim.get(&format!("{members}?limit=2&cursor={}", kim.id)).await;
    let ids: Vec<_> = page.ok().as_array().unwrap().iter().map(|member| member["id"].clone()).collect();
    assert_eq!((ids, page.header("x-has-more")), (vec![json!(lee.id), json!(park.id)], "false"));
    assert_eq!(kim.get(&format!("{members}?q=par")).await.ok()[0]["id"], park.id);
    assert_eq!(put(&lee, &format!("{path}/notify"), &json!({ "level": "MENTIONS" })).await.status, 204);
    assert_eq!(lee.get("/chat/my/rooms").await.ok()[0]["notify"], "MENTIONS");
    put(&lee, &format!("{path}/notify"), &json!({ "level": "LOUD" })).await.refused(400, "VALIDATION");
    lee.ask(Method::POST, &format!("{path}/hide"), None).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_hidden_room_comes_back_with_its_next_message() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let create = format!("/chat/room/private/create?otherMemberId={}", lee.id);
    let room = kim.ask(Method::POST, &create, None).await.ok().as_i64().unwrap();
    let mine = async || kim.get("/chat/my/rooms").await.ok().as_array().unwrap().len();
    let hide = format!("/chat/room/{room}/hide");
    assert_eq!(kim.ask(Method::POST, &hide, None).await.status, 204);
    assert_eq!(mine().await, 0);
    lee.say(room, "안녕").await;
    assert_eq!(mine().await, 1);
    kim.ask(Method::POST, &hide, None).await;
    assert_eq!(kim.ask(Method::POST, &create, None).await.ok(), room);
    assert_eq!(mine().await, 1, "asked for again, it is shown again");
}
