//! Changes of messages in the database.

use async_trait::async_trait;
use sqlx::Transaction;

use super::{Db, DbStore, index, lock_room, message::note_mentions};
use crate::{
    domain::{Change, ChangeKind, MAX_REACTIONS, MemberId, MessageId, Role, RoomId, Timestamp, grams},
    store::{ChangeStore, Changed, Edit, React, Result},
};

#[async_trait]
impl ChangeStore for DbStore {
    async fn edit_message(&self, edit: Edit<'_>) -> Result<Changed> {
        let mut tx = self.write().await?;
        let Some(target) = Target::find(&mut tx, edit.message, edit.editor).await? else {
            return Ok(Changed::NoMessage);
        };
        if target.sender_id != Some(edit.editor) {
            return Ok(Changed::NotAllowed);
        }
        if target.version != edit.version {
            return Ok(Changed::Conflict);
        }
        let text = edit.content.as_str();
        sqlx::query("UPDATE message SET body = $2, version = version + 1, edited_at = $3 WHERE id = $1")
            .bind(edit.message)
            .bind(text)
            .bind(edit.now)
            .execute(&mut *tx)
            .await?;
        target.forget_mentions(&mut tx).await?;
        note_mentions(&mut tx, target.room_id, target.id, target.seq, text).await?;
        index(&mut tx, target.id, &grams(text)).await?;
        let change = target.note(&mut tx, ChangeKind::Updated, edit.now).await?;
        tx.commit().await?;
        Ok(change)
    }

    async fn room_of(&self, message: MessageId) -> Result<Option<RoomId>> {
        let room = sqlx::query_scalar("SELECT room_id FROM message WHERE id = $1").bind(message);
        Ok(room.fetch_optional(self.readers()).await?)
    }

    async fn delete_message(&self, message: MessageId, by: MemberId, now: Timestamp) -> Result<Changed> {
        let mut tx = self.write().await?;
        let target = match Target::find(&mut tx, message, by).await? {
            Some(target) => Some(target),
            None => Target::find_for_admin(&mut tx, message, by).await?,
        };
        let Some(target) = target else { return Ok(Changed::NoMessage) };
        if ![target.sender_id, target.owner_id].contains(&Some(by)) && target.role != Role::Admin {
            return Ok(Changed::NotAllowed);
        }
        sqlx::query("UPDATE message SET body = '', version = version + 1, deleted_at = $2 WHERE id = $1")
            .bind(message)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        target.forget_mentions(&mut tx).await?;
        for what in ["DELETE FROM reaction WHERE message_id = $1", "DELETE FROM file WHERE message_id = $1"] {
            sqlx::query(what).bind(message).execute(&mut *tx).await?;
        }
        index(&mut tx, message, &[]).await?;
        let change = target.note(&mut tx, ChangeKind::Deleted, now).await?;
        tx.commit().await?;
        Ok(change)
    }

    async fn react(&self, react: React) -> Result<Changed> {
        let mut tx = self.write().await?;
        let Some(target) = Target::find(&mut tx, react.message, react.member).await? else {
            return Ok(Changed::NoMessage);
        };
        let done = if react.on {
            sqlx::query(
                "INSERT INTO reaction (message_id, member_id, emoji, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(react.message)
            .bind(react.member)
            .bind(react.emoji.as_str())
            .bind(react.now)
        } else {
            sqlx::query("DELETE FROM reaction WHERE message_id = $1 AND member_id = $2 AND emoji = $3")
                .bind(react.message)
                .bind(react.member)
                .bind(react.emoji.as_str())
        };
        let done = done.execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Ok(Changed::Already);
        }
        let kinds: i64 =
            sqlx::query_scalar("SELECT count(DISTINCT emoji) FROM reaction WHERE message_id = $1")
                .bind(react.message)
                .fetch_one(&mut *tx)
                .await?;
        if kinds > MAX_REACTIONS {
            return Ok(Changed::Full);
        }
        let change = target.note(&mut tx, ChangeKind::Reaction, react.now).await?;
        tx.commit().await?;
        Ok(change)
    }

    async fn changes(
        &self,
        room: RoomId,
        member: MemberId,
        after: i64,
        limit: i64,
    ) -> Result<Option<Vec<Change>>> {
        let mut tx = self.read().await?;
        let floor: Option<i64> =
            sqlx::query_scalar("SELECT floor FROM access WHERE room_id = $1 AND member_id = $2")
                .bind(room)
                .bind(member)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(floor) = floor else { return Ok(None) };
        let changes = sqlx::query_as(
            "SELECT message_change.change_seq, message_change.kind, message_view.*
             FROM message_change JOIN message_view ON message_view.id = message_change.message_id
             WHERE message_change.room_id = $1 AND message_change.change_seq > $2 AND message_view.seq > $3
             ORDER BY message_change.change_seq LIMIT $4",
        )
        .bind(room)
        .bind(after)
        .bind(floor)
        .bind(limit);
        Ok(Some(changes.fetch_all(&mut *tx).await?))
    }
}

/// A message to change.
#[derive(sqlx::FromRow)]
struct Target {
    id: MessageId,
    room_id: RoomId,
    seq: i64,
    sender_id: Option<MemberId>,
    version: i64,
    owner_id: Option<MemberId>,
    /// Of the member who changes it.
    role: Role,
}

impl Target {
    /// A message that the member may read and that is not deleted; its room is locked from then on.
    async fn find(
        tx: &mut Transaction<'_, Db>,
        message: MessageId,
        member: MemberId,
    ) -> Result<Option<Self>> {
        let room: Option<RoomId> = sqlx::query_scalar("SELECT room_id FROM message WHERE id = $1")
            .bind(message)
            .fetch_optional(&mut **tx)
            .await?;
        let Some(room) = room else { return Ok(None) };
        lock_room(tx, room).await?;
        let target = sqlx::query_as(
            "SELECT message.id, message.room_id, message.seq, message.sender_id, message.version, access.owner_id,
                    member.role
             FROM message JOIN access ON access.room_id = message.room_id AND access.member_id = $2
                          JOIN member ON member.id = access.member_id
             WHERE message.id = $1 AND message.seq > access.floor
               AND message.type = 'TALK' AND message.deleted_at IS NULL",
        )
        .bind(message)
        .bind(member);
        Ok(target.fetch_optional(&mut **tx).await?)
    }

    /// A message that is not deleted, for an administrator; its room is locked already.
    async fn find_for_admin(
        tx: &mut Transaction<'_, Db>,
        message: MessageId,
        admin: MemberId,
    ) -> Result<Option<Self>> {
        let target = sqlx::query_as(
            "SELECT message.id, message.room_id, message.seq, message.sender_id, message.version, room.owner_id,
                    member.role
             FROM message JOIN room ON room.id = message.room_id
                          JOIN member ON member.id = $2 AND member.role = 'ADMIN'
             WHERE message.id = $1 AND message.type = 'TALK' AND message.deleted_at IS NULL",
        )
        .bind(message)
        .bind(admin);
        Ok(target.fetch_optional(&mut **tx).await?)
    }

    async fn forget_mentions(&self, tx: &mut Transaction<'_, Db>) -> Result<()> {
        sqlx::query("DELETE FROM mention WHERE message_id = $1").bind(self.id).execute(&mut **tx).await?;
        Ok(())
    }

    /// Takes the room's next number of a change and notes it.
    async fn note(&self, tx: &mut Transaction<'_, Db>, kind: ChangeKind, now: Timestamp) -> Result<Changed> {
        let change_seq: i64 = sqlx::query_scalar(
            "UPDATE room SET last_change_seq = last_change_seq + 1 WHERE id = $1 RETURNING last_change_seq",
        )
        .bind(self.room_id)
        .fetch_one(&mut **tx)
        .await?;
        sqlx::query(
            "INSERT INTO message_change (room_id, change_seq, message_id, kind, created_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.room_id)
        .bind(change_seq)
        .bind(self.id)
        .bind(kind)
        .bind(now)
        .execute(&mut **tx)
        .await?;
        let message = super::message::message(tx, self.id).await?;
        Ok(Changed::Done(Box::new(Change { kind, change_seq, message })))
    }
}
