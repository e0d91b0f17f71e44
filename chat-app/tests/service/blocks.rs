//! Members who do not want to hear of others.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn who_is_blocked_opens_no_private_room_and_is_not_heard_in_one() {
    let app = TestApp::start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let open = |with: i64| format!("/chat/room/private/create?otherMemberId={with}");
    let room = kim.post(&open(lee.id), &json!({})).await.ok().as_i64().unwrap();
    kim.say(room, "hello").await;
    for user in [&lee, &park] {
        let block = user.ask(Method::PUT, &format!("/member/{}/block", kim.id), None).await;
        assert_eq!(block.status, 204);
    }
    kim.post(&open(park.id), &json!({})).await.refused(403, "BLOCKED");
    kim.post(&open(lee.id), &json!({})).await.refused(403, "BLOCKED");
    let message = json!({ "message": "do you hear?" });
    kim.post(&format!("/chat/room/{room}/messages"), &message).await.refused(403, "BLOCKED");

    // Who blocks may still write, and shares group rooms.
    assert_eq!(lee.post(&open(kim.id), &json!({})).await.ok(), room);
    lee.say(room, "stop that").await;
    let group = lee.create_room("group").await;
    kim.join(group).await;
    kim.say(group, "hello all").await;

    // Nobody is put into a room by whom it has blocked, and nobody else is then.
    let (room_of_kim, pair) = (kim.create_room("kim's").await, json!([app.guest("choi").await.id, lee.id]));
    let members = format!("/chat/room/{room_of_kim}/members");
    kim.post(&members, &json!({ "memberIds": pair })).await.refused(403, "BLOCKED");
    let new = json!({ "roomName": "another", "memberIds": pair });
    kim.post("/chat/room/group/create", &new).await.refused(403, "BLOCKED");
    assert_eq!(kim.get(&members).await.ok().as_array().unwrap().len(), 1);
    let rooms = kim.get("/chat/my/rooms").await.ok();
    assert!(!rooms.to_string().contains("another"), "{rooms}");
    lee.join(room_of_kim).await;

    assert_eq!(lee.delete(&format!("/member/{}/block", kim.id)).await.status, 204);
    kim.say(room, "sorry").await;
    assert_eq!(lee.texts(room).await, ["hello", "stop that", "sorry"]);
}
