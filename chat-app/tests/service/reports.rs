//! Reports, and what administrators do about them.

use chat_app::limits::Rate;
use serde_json::json;

use crate::{admin::administrator, support::TestApp};

#[tokio::test]
async fn what_is_reported_reaches_administrators_as_it_was() {
    let app = TestApp::start().await;
    let (admin, kim, eve) = (administrator(&app).await, app.user("kim").await, app.user("eve").await);
    let room = eve.create_room("room").await;
    kim.join(room).await;
    let said = eve.say(room, "buy this").await["id"].as_i64().unwrap();
    let report = |path: String| {
        let kim = &kim;
        async move { kim.post(&path, &json!({ "reason": "광고" })).await.status }
    };
    // The same twice is one report.
    for _ in 0..2 {
        assert_eq!(report(format!("/chat/message/{said}/report")).await, 204);
        assert_eq!(report(format!("/member/{}/report", eve.id)).await, 204);
    }
    let edit = json!({ "message": "buy nothing", "version": 1 });
    eve.ask(reqwest::Method::PATCH, &format!("/chat/message/{said}"), Some(&edit)).await.ok();

    let reports = admin.get("/admin/api/reports?state=OPEN").await.ok();
    assert_eq!(reports.as_array().unwrap().len(), 2, "{reports}");
    let of_message = &reports[1];
    assert_eq!((&of_message["snapshot"], &of_message["reason"]), (&json!("buy this"), &json!("광고")));
    assert_eq!((&of_message["messageId"], &of_message["roomId"]), (&json!(said), &json!(room)));
    assert_eq!((&of_message["memberId"], &of_message["reporterId"]), (&json!(eve.id), &json!(kim.id)));
    assert!(reports[0]["snapshot"].as_str().unwrap().starts_with("eve#"));

    // An administrator sees to it without being in the room.
    let path = format!("/admin/api/messages/{said}");
    kim.delete(&path).await.refused(403, "FORBIDDEN");
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(kim.texts(room).await.last().unwrap(), "");
    let resolve = format!("/admin/api/reports/{}/resolve", of_message["id"]);
    kim.post(&resolve, &json!({})).await.refused(403, "FORBIDDEN");
    assert_eq!(admin.post(&resolve, &json!({})).await.status, 204);
    admin.post(&resolve, &json!({})).await.refused(404, "NOT_FOUND");
    let resolved = admin.get("/admin/api/reports?state=RESOLVED").await.ok();
    assert_eq!((&resolved[0]["handledBy"], &resolved[0]["state"]), (&json!(admin.id), &json!("RESOLVED")));
    let audit = admin.get("/admin/api/audit").await.ok();
    assert_eq!((&audit[0]["action"], &audit[1]["action"]), (&json!("RESOLVE"), &json!("DELETE_MESSAGE")));
}

#[tokio::test]
async fn nobody_reports_what_it_may_not_read_or_itself_or_without_end() {
    let app = TestApp::start_with(|config| config.rates.report = Rate::new(6, 3_600).unwrap()).await;
    let (kim, eve) = (app.user("kim").await, app.user("eve").await);
    let room = eve.create_room("room").await;
    let said = eve.say(room, "secret").await["id"].as_i64().unwrap();
    let path = format!("/chat/message/{said}/report");
    let reason = json!({ "reason": "why not" });
    kim.post(&path, &reason).await.refused(404, "MESSAGE_NOT_FOUND");
    kim.post(&format!("/member/{}/report", kim.id), &reason).await.refused(403, "FORBIDDEN");
    kim.post("/member/999/report", &reason).await.refused(404, "MEMBER_NOT_FOUND");
    kim.post(&path, &json!({ "reason": " " })).await.refused(400, "VALIDATION");
    kim.get("/admin/api/reports").await.refused(403, "FORBIDDEN");
    for _ in 0..3 {
        kim.post("/member/999/report", &reason).await.refused(404, "MEMBER_NOT_FOUND");
    }
    kim.post("/member/999/report", &reason).await.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn administrators_see_all_rooms_and_delete_them() {
    let app = TestApp::start().await;
    let (admin, kim) = (administrator(&app).await, app.user("kim").await);
    let room = json!({ "roomName": "hidden", "password": "open sesame", "listed": false });
    let room = kim.post("/chat/room/group/create", &room).await.ok()["roomId"].as_i64().unwrap();
    kim.create_room("other").await;
    let rooms = admin.get("/admin/api/rooms?q=HID").await.ok();
    assert_eq!(rooms.as_array().unwrap().len(), 1);
    assert_eq!((&rooms[0]["roomId"], &rooms[0]["isPrivate"]), (&json!(room), &json!(true)));
    assert_eq!((&rooms[0]["listed"], &rooms[0]["memberCount"]), (&json!(false), &json!(1)));
    assert_eq!(rooms[0]["ownerName"], "kim");
    assert_eq!(admin.get("/admin/api/rooms?limit=1").await.header("x-has-more"), "true");
    let path = format!("/admin/api/rooms/{room}");
    kim.delete(&path).await.refused(403, "FORBIDDEN");
    assert_eq!(admin.delete(&path).await.status, 204);
    admin.delete(&path).await.refused(404, "ROOM_NOT_FOUND");
    kim.get(&format!("/chat/history/{room}")).await.refused(404, "ROOM_NOT_FOUND");
}
