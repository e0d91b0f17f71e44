//! Rooms in the database.

use async_trait::async_trait;
use sqlx::Transaction;

use super::{
    Db, DbStore, containing, lock_room,
    message::{Line, is_in},
};
use crate::{
    domain::{
        MAX_PARTICIPANTS, MemberId, MessageType, MyRoom, Participant, ParticipantRole, ReadMarker, Room,
        RoomId, RoomName, RoomType, Timestamp, pair_key,
    },
    store::{Join, Leave, Result, RoomQuery, RoomStore},
};

#[async_trait]
impl RoomStore for DbStore {
    async fn create_room(&self, name: &RoomName, owner: MemberId, now: Timestamp) -> Result<RoomId> {
        let mut tx = self.write().await?;
        let room = sqlx::query_scalar(
            "INSERT INTO room (type, name, owner_id, last_message_at, created_at)
             VALUES ('GROUP', $1, $2, $3, $3) RETURNING id",
        )
        .bind(name.as_str())
        .bind(owner)
        .bind(now)
        .fetch_one(&mut *tx)
        .await?;
        add_participant(&mut tx, room, owner, ParticipantRole::Owner, now).await?;
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

    async fn room_exists(&self, room: RoomId) -> Result<bool> {
        let exists = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM room WHERE id = $1)").bind(room);
        Ok(exists.fetch_one(self.readers()).await?)
    }

    async fn my_rooms(&self, member: MemberId) -> Result<Vec<MyRoom>> {
        let rooms = sqlx::query_as(
            "SELECT * FROM my_room_view WHERE member_id = $1 ORDER BY last_message_at DESC, id DESC",
        );
        Ok(rooms.bind(member).fetch_all(self.readers()).await?)
    }

    async fn my_room(&self, room: RoomId, member: MemberId) -> Result<Option<MyRoom>> {
        let room = sqlx::query_as("SELECT * FROM my_room_view WHERE id = $1 AND member_id = $2")
            .bind(room)
            .bind(member);
        Ok(room.fetch_optional(self.readers()).await?)
    }

    async fn join_room(&self, room: RoomId, member: MemberId, now: Timestamp) -> Result<Join> {
        let mut tx = self.write().await?;
        lock_room(&mut tx, room).await?;
        match is_in(&mut tx, room, member).await? {
            None => return Ok(Join::NoRoom),
            Some(true) => return Ok(Join::AlreadyIn),
            Some(false) => {}
        }
        let (open, members): (bool, i64) = sqlx::query_as(
            "SELECT type = 'GROUP' AND listed AND NOT locked
                 AND NOT EXISTS (SELECT 1 FROM room_ban WHERE room_id = room_view.id AND member_id = $2), member_count
             FROM room_view WHERE id = $1",
        )
        .bind(room)
        .bind(member)
        .fetch_one(&mut *tx)
        .await?;
        if !open {
            return Ok(Join::Closed);
        }
        if members >= MAX_PARTICIPANTS {
            return Ok(Join::Full);
        }
        add_participant(&mut tx, room, member, ParticipantRole::Member, now).await?;
        let line = note(room, member, MessageType::Join, now).write(&mut tx).await?;
        tx.commit().await?;
        Ok(Join::Joined(Box::new(line)))
    }

    async fn leave_room(&self, room: RoomId, member: MemberId, now: Timestamp) -> Result<Leave> {
        let mut tx = self.write().await?;
        lock_room(&mut tx, room).await?;
        let found: Option<(RoomType, Option<MemberId>)> =
            sqlx::query_as("SELECT type, owner_id FROM room WHERE id = $1")
                .bind(room)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((room_type, owner)) = found else { return Ok(Leave::NoRoom) };
        if is_in(&mut tx, room, member).await? != Some(true) {
            return Ok(Leave::NotIn);
        }
        if room_type == RoomType::Private {
            return Ok(Leave::Private);
        }
        sqlx::query("DELETE FROM participant WHERE room_id = $1 AND member_id = $2")
            .bind(room)
            .bind(member)
            .execute(&mut *tx)
            .await?;
        let oldest: Option<MemberId> = sqlx::query_scalar(
            "SELECT member_id FROM participant WHERE room_id = $1 ORDER BY joined_at, member_id LIMIT 1",
        )
        .bind(room)
        .fetch_optional(&mut *tx)
        .await?;
        let left = if let Some(oldest) = oldest {
            let owner = owner.filter(|owner| *owner != member).unwrap_or(oldest);
            set_owner(&mut tx, room, owner).await?;
            let line = note(room, member, MessageType::Leave, now).write(&mut tx).await?;
            Leave::Left(Box::new(line), owner)
        } else {
            sqlx::query("DELETE FROM room WHERE id = $1").bind(room).execute(&mut *tx).await?;
            Leave::RoomDeleted
        };
        tx.commit().await?;
        Ok(left)
    }

    async fn participants(&self, room: RoomId) -> Result<Vec<Participant>> {
        let participants =
            sqlx::query_as("SELECT * FROM participant_view WHERE room_id = $1 ORDER BY joined_at, id");
        Ok(participants.bind(room).fetch_all(self.readers()).await?)
    }

    async fn is_participant(&self, room: RoomId, member: MemberId) -> Result<bool> {
        let found = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM participant WHERE room_id = $1 AND member_id = $2)",
        );
        Ok(found.bind(room).bind(member).fetch_one(self.readers()).await?)
    }

    async fn mark_read(
        &self,
        room: RoomId,
        member: MemberId,
        seq: Option<i64>,
    ) -> Result<Option<ReadMarker>> {
        let bounds = sqlx::query_as(
            "SELECT participant.last_read_seq, room.last_seq FROM participant JOIN room ON room.id = participant.room_id
             WHERE participant.room_id = $1 AND participant.member_id = $2",
        );
        let bounds = bounds.bind(room).bind(member).fetch_optional(self.readers()).await?;
        let Some((read, last)): Option<(i64, i64)> = bounds else { return Ok(None) };
        let seq = seq.unwrap_or(last).min(last);
        if seq <= read {
            return Ok(Some(ReadMarker { seq: read, moved: false }));
        }
        let moved = sqlx::query(
            "UPDATE participant SET last_read_seq = $3 WHERE room_id = $1 AND member_id = $2 AND last_read_seq < $3",
        );
        let moved = moved.bind(room).bind(member).bind(seq).execute(self.writer()).await?;
        Ok(Some(ReadMarker { seq, moved: moved.rows_affected() > 0 }))
    }
}

/// Puts a member into a room. What was said before counts as read: a badge of everything would say nothing.
async fn add_participant(
    tx: &mut Transaction<'_, Db>,
    room: RoomId,
    member: MemberId,
    role: ParticipantRole,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO participant (room_id, member_id, role, joined_seq, last_read_seq, joined_at)
         SELECT id, $2, $3, last_seq, last_seq, $4 FROM room WHERE id = $1",
    )
    .bind(room)
    .bind(member)
    .bind(role)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn set_owner(tx: &mut Transaction<'_, Db>, room: RoomId, owner: MemberId) -> Result<()> {
    sqlx::query("UPDATE room SET owner_id = $2 WHERE id = $1")
        .bind(room)
        .bind(owner)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE participant SET role = 'OWNER' WHERE room_id = $1 AND member_id = $2")
        .bind(room)
        .bind(owner)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The line that a member came or went: it has no text of its own.
fn note(room: RoomId, sender: MemberId, r#type: MessageType, now: Timestamp) -> Line<'static> {
    Line { room, sender, r#type, body: "", client_message_id: None, now }
}
