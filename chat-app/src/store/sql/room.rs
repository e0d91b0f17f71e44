//! Rooms in the database.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::types::Json;

use super::{DbStore, containing, membership::add_participant};
use crate::{
    domain::{MemberId, MyRoom, ParticipantRole, Room, RoomId, RoomSettings, Timestamp, pair_key},
    store::{NewRoom, Result, RoomChange, RoomQuery, RoomStore, Standing},
};

/// Messages that one statement deletes, so that no lock is held for long.
const SWEEP: i64 = 1_000;

#[async_trait]
impl RoomStore for DbStore {
    async fn create_room(&self, new: NewRoom<'_>) -> Result<RoomId> {
        let mut tx = self.write().await?;
        let room = sqlx::query_scalar(
            "INSERT INTO room (type, name, owner_id, password_hash, listed, last_message_at, created_at)
             VALUES ('GROUP', $1, $2, $3, $4, $5, $5) RETURNING id",
        )
        .bind(new.name.as_str())
        .bind(new.owner)
        .bind(new.password_hash)
        .bind(new.listed)
        .bind(new.now)
        .fetch_one(&mut *tx)
        .await?;
        add_participant(&mut tx, room, new.owner, ParticipantRole::Owner, new.now).await?;
        tx.commit().await?;
        Ok(room)
    }

    async fn private_room(
        &self,
        one: MemberId,
        other: MemberId,
        now: Timestamp,
    ) -> Result<Option<(RoomId, bool)>> {
        let mut tx = self.write().await?;
        let active: i64 =
            sqlx::query_scalar("SELECT count(*) FROM member WHERE id IN ($1, $2) AND status = 'ACTIVE'")
                .bind(one)
                .bind(other)
                .fetch_one(&mut *tx)
                .await?;
        if active != 2 {
            return Ok(None);
        }
        let key = pair_key(one, other);
        let made: Option<RoomId> = sqlx::query_scalar(
            "INSERT INTO room (type, name, pair_key, listed, last_message_at, created_at)
             VALUES ('PRIVATE', '', $1, FALSE, $2, $2) ON CONFLICT (pair_key) DO NOTHING RETURNING id",
        )
        .bind(&key)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(room) = made else {
            let room = sqlx::query_scalar("SELECT id FROM room WHERE pair_key = $1")
                .bind(&key)
                .fetch_one(&mut *tx)
                .await?;
            sqlx::query("UPDATE participant SET hidden_seq = NULL WHERE room_id = $1 AND member_id = $2")
                .bind(room)
                .bind(one)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(Some((room, false)));
        };
        for member in [one, other] {
            add_participant(&mut tx, room, member, ParticipantRole::Member, now).await?;
        }
        tx.commit().await?;
        Ok(Some((room, true)))
    }

    async fn rooms(&self, query: RoomQuery<'_>) -> Result<Vec<Room>> {
        let rooms = sqlx::query_as(
            r"SELECT room_view.*, EXISTS (SELECT 1 FROM participant
                                          WHERE room_id = room_view.id AND member_id = $1) AS joined
              FROM room_view
              WHERE type = 'GROUP' AND listed AND lower(name) LIKE lower($2) ESCAPE '\'
                AND ($3 IS NULL OR (last_message_at, id) < (SELECT last_message_at, id FROM room WHERE id = $3))
              ORDER BY last_message_at DESC, id DESC LIMIT $4",
        )
        .bind(query.viewer)
        .bind(containing(query.name))
        .bind(query.after)
        .bind(query.limit);
        Ok(rooms.fetch_all(self.readers()).await?)
    }

    async fn my_rooms(&self, member: MemberId) -> Result<Vec<MyRoom>> {
        let rooms = sqlx::query_as(
            "SELECT * FROM my_room_view WHERE member_id = $1 AND NOT hidden
             ORDER BY last_message_at DESC, id DESC",
        );
        Ok(rooms.bind(member).fetch_all(self.readers()).await?)
    }

    async fn my_room(&self, room: RoomId, member: MemberId) -> Result<Option<MyRoom>> {
        let room = sqlx::query_as("SELECT * FROM my_room_view WHERE id = $1 AND member_id = $2")
            .bind(room)
            .bind(member);
        Ok(room.fetch_optional(self.readers()).await?)
    }

    async fn entries(&self, entries: &[(RoomId, MemberId)]) -> Result<Vec<MyRoom>> {
        let rooms = sqlx::query_as(concat!(
            "SELECT my_room_view.*
             FROM (SELECT CAST(value ->> 0 AS BIGINT) AS room, CAST(value ->> 1 AS BIGINT) AS member FROM ",
            rows!(),
            ") AS entry JOIN my_room_view ON id = room AND member_id = member"
        ));
        Ok(rooms.bind(Json(entries)).fetch_all(self.readers()).await?)
    }

    async fn standing(&self, room: RoomId, member: MemberId) -> Result<Option<Standing>> {
        let standing = sqlx::query_as(
            "SELECT type, password_hash IS NOT NULL AS locked, owner_id,
                    EXISTS (SELECT 1 FROM participant WHERE room_id = room.id AND member_id = $2) AS is_in
             FROM room WHERE id = $1",
        )
        .bind(room)
        .bind(member);
        Ok(standing.fetch_optional(self.readers()).await?)
    }

    async fn room_password(&self, room: RoomId) -> Result<Option<String>> {
        let hash = sqlx::query_scalar("SELECT password_hash FROM room WHERE id = $1").bind(room);
        Ok(hash.fetch_optional(self.readers()).await?.flatten())
    }

    async fn room_settings(&self, room: RoomId) -> Result<Option<RoomSettings>> {
        let settings = sqlx::query_as(
            "SELECT name AS room_name, password_hash IS NOT NULL AS is_private, listed, history, retention_days
             FROM room WHERE id = $1",
        );
        Ok(settings.bind(room).fetch_optional(self.readers()).await?)
    }

    async fn change_room(&self, room: RoomId, change: RoomChange<'_>) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE room SET name = coalesce($2, name), listed = coalesce($3, listed), history = coalesce($4, history),
                 password_hash = CASE WHEN $5 THEN $6 ELSE password_hash END,
                 retention_days = CASE WHEN $7 THEN $8 ELSE retention_days END
             WHERE id = $1",
        )
        .bind(room)
        .bind(change.name.map(|name| name.as_str()))
        .bind(change.listed)
        .bind(change.history)
        .bind(change.password_hash.is_some())
        .bind(change.password_hash.flatten())
        .bind(change.retention_days.is_some())
        .bind(change.retention_days.flatten())
        .execute(&mut *tx)
        .await?;
        if change.password_hash.is_some() {
            sqlx::query("DELETE FROM room_grant WHERE room_id = $1").bind(room).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn delete_room(&self, room: RoomId) -> Result<()> {
        sqlx::query("DELETE FROM room WHERE id = $1").bind(room).execute(self.writer()).await?;
        Ok(())
    }

    async fn delete_outdated(&self, now: Timestamp) -> Result<u64> {
        let rooms: Vec<(RoomId, i64)> =
            sqlx::query_as("SELECT id, retention_days FROM room WHERE retention_days IS NOT NULL")
                .fetch_all(self.readers())
                .await?;
        let mut deleted = 0;
        for (room, days) in rooms {
            let outdated = sqlx::query(
                "DELETE FROM message WHERE id IN
                     (SELECT id FROM message WHERE room_id = $1 AND created_at < $2 ORDER BY seq LIMIT $3)",
            )
            .bind(room)
            .bind(now.before(days_long(days)))
            .bind(SWEEP);
            deleted += outdated.execute(self.writer()).await?.rows_affected();
        }
        Ok(deleted)
    }
}

fn days_long(days: i64) -> Duration {
    Duration::from_secs(u64::try_from(days).unwrap_or_default().saturating_mul(24 * 60 * 60))
}
