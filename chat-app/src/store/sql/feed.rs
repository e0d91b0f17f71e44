//! Feeds in the database.

use async_trait::async_trait;

use super::{DbStore, ids};
use crate::{
    domain::{Change, Message, RoomId},
    store::{FeedStore, Newest, Result},
};

#[async_trait]
impl FeedStore for DbStore {
    async fn newest(&self, rooms: &[RoomId]) -> Result<Vec<Newest>> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let newest = sqlx::query_as(concat!(
            "SELECT id AS room_id, last_seq, last_change_seq FROM room WHERE id",
            one_of!()
        ));
        Ok(newest.bind(ids(rooms)).fetch_all(self.readers()).await?)
    }

    async fn messages_between(&self, room: RoomId, after: i64, up_to: i64) -> Result<Vec<Message>> {
        let messages = sqlx::query_as(
            "SELECT * FROM message_view WHERE room_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
        )
        .bind(room)
        .bind(after)
        .bind(up_to);
        Ok(messages.fetch_all(self.readers()).await?)
    }

    async fn changes_between(&self, room: RoomId, after: i64, up_to: i64) -> Result<Vec<Change>> {
        let changes = sqlx::query_as(
            "SELECT message_change.change_seq, message_change.kind, message_view.*
             FROM message_change JOIN message_view ON message_view.id = message_change.message_id
             WHERE message_change.room_id = $1 AND message_change.change_seq > $2
               AND message_change.change_seq <= $3
             ORDER BY message_change.change_seq",
        )
        .bind(room)
        .bind(after)
        .bind(up_to);
        Ok(changes.fetch_all(self.readers()).await?)
    }
}
