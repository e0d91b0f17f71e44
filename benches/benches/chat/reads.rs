//! Reading from 500,000 messages: what the service asks the database, and what it takes to ask for that alone.

use chat_app::{
    domain::{MemberId, RoomId},
    store::Cursor,
};

use crate::{
    ROOMS,
    database::{Database, least},
};

const TIMES: u32 = 200;

pub(crate) async fn measure(database: &impl Database) {
    database.execute(database.fill()).await;
    let store = database.store().await;

    let bare = database
        .query(
            "SELECT * FROM message_view WHERE room_id = 100 AND seq < 2000 ORDER BY seq DESC LIMIT 50",
            TIMES,
        )
        .await;
    let ours = least(TIMES, async || {
        let page = store.history(RoomId(100), MemberId(2), Cursor::Before(2000), 50).await;
        assert_eq!(page.expect("an answer").expect("a member").messages.len(), 50);
    })
    .await;
    report("page of 50 messages", bare.as_secs_f64(), ours.as_secs_f64());

    let bare = database
        .query(
            "SELECT room_id, (SELECT count(*) FROM (
                 SELECT 1 FROM message WHERE message.room_id = participant.room_id AND seq > last_read_seq
                 AND type = 'TALK' AND sender_id <> 2 LIMIT 100) AS capped)
             FROM participant WHERE member_id = 2",
            TIMES,
        )
        .await;
    let ours = least(TIMES, async || {
        let rooms = store.my_rooms(MemberId(2)).await.expect("an answer");
        assert_eq!(rooms.len(), ROOMS as usize);
    })
    .await;
    report("list of 200 rooms", bare.as_secs_f64(), ours.as_secs_f64());
    store.close().await;
}

fn report(what: &str, bare: f64, ours: f64) {
    println!("  {what}: bare {:.2} ms, ours {:.2} ms, {:.2} of bare", bare * 1e3, ours * 1e3, ours / bare);
}
