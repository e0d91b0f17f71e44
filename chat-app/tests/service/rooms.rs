//! Making, finding, joining and leaving rooms.

use reqwest::Method;
use serde_json::json;

use crate::{
    postgres_server,
    support::{Answer, TestApp},
};

#[tokio::test]
async fn a_room_is_made_found_and_joined() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.post("/chat/room/group/create", &json!({ "roomName": " 잡담 " })).await.ok();
    assert_eq!(room["roomName"], "잡담");
    assert_eq!(
        (&room["type"], &room["isGroupChat"], &room["isPrivate"]),
        (&json!("GROUP"), &json!("Y"), &json!(false))
    );
    assert_eq!(
        (&room["ownerId"], &room["memberCount"], &room["joined"]),
        (&json!(kim.id), &json!(1), &json!(true))
    );

    let found = lee.get("/chat/room/group/list?q=담").await.ok();
    assert_eq!((&found[0]["roomId"], &found[0]["joined"]), (&room["roomId"], &json!(false)));
    let id = room["roomId"].as_i64().unwrap();
    let joined = lee.post(&format!("/chat/room/group/{id}/join"), &json!({})).await.ok();
    assert_eq!(
        (&joined["memberCount"], &joined["joined"], &joined["lastSeq"]),
        (&json!(2), &json!(true), &json!(1))
    );
    lee.join(id).await;
    let details = lee.get(&format!("/chat/room/{id}")).await.ok();
    let members: Vec<_> =
        details["members"].as_array().unwrap().iter().map(|m| (&m["id"], &m["role"])).collect();
    assert_eq!(members, [(&json!(kim.id), &json!("OWNER")), (&json!(lee.id), &json!("MEMBER"))]);
}

#[tokio::test]
async fn a_room_may_be_named_in_the_query() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let room = kim.ask(Method::POST, "/chat/room/group/create?roomName=%EC%9E%A1%EB%8B%B4", None).await.ok();
    assert_eq!(room["roomName"], "잡담");
    kim.ask(Method::POST, "/chat/room/group/create", None).await.refused(400, "VALIDATION");
}

#[tokio::test]
async fn the_directory_is_read_page_by_page() {
    let app = TestApp::start().await;
    let kim = app.guest("kim").await;
    let mut rooms = Vec::new();
    for number in 0..5 {
        rooms.push(kim.create_room(&format!("room {number}")).await);
    }
    rooms.reverse();
    let mut found = Vec::new();
    loop {
        let cursor = found.last().map_or_else(String::new, |room| format!("&cursor={room}"));
        let page = kim.get(&format!("/chat/room/group/list?limit=2{cursor}")).await;
        found.extend(page.ok().as_array().unwrap().iter().map(|room| room["roomId"].as_i64().unwrap()));
        if page.header("x-has-more") == "false" {
            break;
        }
    }
    assert_eq!(found, rooms);
}

#[tokio::test]
async fn a_pair_has_one_room_even_if_both_ask_at_once() {
    let app = TestApp::start().await;
    let (kim, lee, park) = (app.guest("kim").await, app.guest("lee").await, app.guest("park").await);
    let create = |other: i64| format!("/chat/room/private/create?otherMemberId={other}");
    let (of_lee, of_kim) = (create(lee.id), create(kim.id));
    let (one, other) =
        tokio::join!(kim.ask(Method::POST, &of_lee, None), lee.ask(Method::POST, &of_kim, None));
    let room = one.ok().as_i64().expect("older clients read a bare number");
    assert_eq!(other.ok(), room);

    let mine = kim.get("/chat/my/rooms").await.ok();
    assert_eq!((&mine[0]["roomName"], &mine[0]["isGroupChat"]), (&json!("lee"), &json!("N")));
    kim.ask(Method::POST, &create(kim.id), None).await.refused(400, "VALIDATION");
    kim.ask(Method::POST, &create(999), None).await.refused(404, "MEMBER_NOT_FOUND");
    kim.delete(&format!("/chat/room/group/{room}/leave")).await.refused(403, "FORBIDDEN");
    park.post(&format!("/chat/room/group/{room}/join"), &json!({})).await.refused(403, "FORBIDDEN");
    park.get(&format!("/chat/history/{room}")).await.refused(403, "NOT_PARTICIPANT");
}

#[tokio::test]
async fn the_owner_is_followed_by_the_oldest_and_the_last_one_out_deletes() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    kim.leave(room).await;
    assert_eq!(lee.get(&format!("/chat/room/{room}")).await.ok()["ownerId"], lee.id);
    kim.get(&format!("/chat/room/{room}")).await.refused(403, "NOT_PARTICIPANT");
    lee.leave(room).await;
    lee.get(&format!("/chat/room/{room}")).await.refused(404, "ROOM_NOT_FOUND");
    assert_eq!(lee.get("/chat/room/group/list").await.ok(), json!([]));
}

#[tokio::test]
async fn unread_messages_are_counted_until_they_are_read() {
    let app = TestApp::start().await;
    let (kim, lee) = (app.guest("kim").await, app.guest("lee").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    for _ in 0..3 {
        kim.say(room, "안녕").await;
    }
    let unread = async || lee.get("/chat/my/rooms").await.ok()[0]["unReadCount"].clone();
    assert_eq!(unread().await, 3, "the line that lee came in is not one");
    lee.post(&format!("/chat/room/{room}/read"), &json!({ "seq": 3 })).await.ok();
    assert_eq!(unread().await, 1);
    let read_all = app.request(Method::POST, &format!("/chat/room/{room}/read")).bearer_auth(&lee.token);
    Answer::of(read_all).await.ok();
    assert_eq!(unread().await, 0);
}

/// T37: whatever a client says, it moves its own marker, forward, to what there is.
#[tokio::test]
async fn a_marker_is_ones_own_and_moves_forward_to_what_there_is() {
    let app = TestApp::start().await;
    let (kim, lee, eve) = (app.guest("kim").await, app.guest("lee").await, app.guest("eve").await);
    let room = kim.create_room("room").await;
    lee.join(room).await;
    for _ in 0..3 {
        kim.say(room, "안녕").await;
    }
    let path = format!("/chat/room/{room}/read");
    let marker = async |id: i64| {
        let members = kim.get(&format!("/chat/room/{room}/members")).await.ok();
        members.as_array().unwrap().iter().find(|member| member["id"] == id).unwrap()["lastReadSeq"].clone()
    };
    let before = marker(kim.id).await;
    let mut of_lee = lee.connect().await;
    for (seq, reads) in [(2, 2), (1, 2), (0, 2), (-5, 2), (i64::MIN, 2), (1_000_000_000_000_000_000, 4)] {
        let body = json!({ "roomId": room, "seq": seq, "memberId": kim.id, "senderId": kim.id });
        lee.post(&path, &body).await.ok();
        assert_eq!(marker(lee.id).await, reads, "{seq}");
        of_lee.send("/app/chat.read", &body).await.unwrap();
        assert_eq!(marker(lee.id).await, reads, "{seq}");
    }
    assert_eq!(marker(kim.id).await, before, "that of somebody else stays");
    kim.say(room, "one more").await;
    lee.post(&path, &json!({ "seq": i64::MAX })).await.ok();
    assert_eq!(marker(lee.id).await, 5);
    lee.post(&path, &json!({ "seq": u64::MAX })).await.refused(400, "VALIDATION");
    eve.post(&path, &json!({ "seq": 1 })).await.refused(403, "NOT_PARTICIPANT");
    let refused = eve.connect().await.send("/app/chat.read", &json!({ "roomId": room, "seq": 1 })).await;
    assert_eq!(refused.unwrap_err().headers().get("message"), Some("NOT_PARTICIPANT"));
}

#[tokio::test]
async fn names_are_looked_for_as_they_are_written_in_sqlite() {
    names_are_looked_for_as_they_are_written(TestApp::start().await).await;
}

#[tokio::test]
async fn names_are_looked_for_as_they_are_written_in_postgres() {
    let database = postgres_server::database().await;
    let app = TestApp::start_with(|config| config.database_url = Some(database)).await;
    names_are_looked_for_as_they_are_written(app).await;
}

/// T40: what means something to the database is a character like any other.
async fn names_are_looked_for_as_they_are_written(app: TestApp) {
    let kim = app.guest("kim").await;
    let names = ["100%", "a_b", "a\\b", "it's", "plain"];
    for name in names {
        kim.create_room(name).await;
        app.guest(name).await;
    }
    for (q, found) in [
        ("%25", vec!["100%"]),
        ("_", vec!["a_b"]),
        ("a_b", vec!["a_b"]),
        ("%5C", vec!["a\\b"]),
        ("'", vec!["it's"]),
        ("%25%25", vec![]),
        ("' OR 1=1 --", vec![]),
        ("PLAIN", vec!["plain"]),
    ] {
        for (path, field) in [("/chat/room/group/list", "roomName"), ("/member/list", "name")] {
            let listed = kim.get(&format!("{path}?q={q}")).await.ok();
            let listed: Vec<_> = listed.as_array().unwrap().iter().map(|one| &one[field]).collect();
            assert_eq!(listed, found, "{path}?q={q}");
        }
    }
    let long = "%25".repeat(1_000);
    kim.get(&format!("/chat/search?q={long}")).await.refused(400, "VALIDATION");
    assert_eq!(kim.get(&format!("/member/list?q={long}")).await.ok(), json!([]));
}
