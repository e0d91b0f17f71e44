//! I9: who is no participant any more gets nothing more, on any server.

use serde_json::json;

use super::{SOME, load::Load, rounds, server};
use crate::{
    postgres_server,
    support::{RedisServer, Stomp},
};

#[tokio::test]
async fn who_is_put_out_under_load_hears_no_more_at_any_server() {
    let redis = RedisServer::start().await;
    let database = postgres_server::database().await;
    let start = || server(&database, Some(&redis));
    let (one, two) = tokio::join!(start(), start());
    let load = Load::start(&one, [&one, &two].map(|app| app.stomp.unwrap()).into()).await;
    let (kim, eve) = (one.user("kim").await, one.user("eve").await);
    let room = kim.create_room("room").await;
    let topic = format!("/topic/room/{room}");
    for _ in 0..rounds().min(5) {
        eve.join(room).await;
        let mut elsewhere = Stomp::connect(two.address, &eve.token).await;
        elsewhere.subscribe("/user/queue/errors").await;
        elsewhere.subscribe(&topic).await;
        kim.say(room, "with eve").await;
        assert_eq!(elsewhere.message_of(&topic).await["message"], "with eve");
        load.acknowledged(SOME / 4).await;
        assert_eq!(kim.delete(&format!("/chat/room/{room}/members/{}", eve.id)).await.status, 204);
        // Up to the word that it is over there may be the line that says so.
        while elsewhere.message().await.body["code"] != "revoked" {}
        let marked = eve.create_room("own").await;
        elsewhere.subscribe(&format!("/topic/room/{marked}")).await;
        kim.say(room, "without eve").await;
        load.acknowledged(SOME / 4).await;
        eve.say(marked, "marker").await;
        let next = elsewhere.message().await;
        assert_eq!(next.body["message"], "marker", "{next:?}");
        eve.get(&format!("/chat/history/{room}")).await.refused(403, "NOT_PARTICIPANT");
        let search = eve.get("/chat/search?q=without").await.ok();
        assert_eq!(search, json!([]));
    }
    load.check(&one).await;
}
