//! Who is in a room, in the database.

use async_trait::async_trait;
use sqlx::Transaction;

use super::{Db, DbStore, containing, ids, line::Line, lock_room, message::is_in};
use crate::{
    domain::{
        MAX_PARTICIPANTS, MemberId, MessageType, Notify, Participant, ParticipantRole, ReadMarker, RoomId,
        RoomType, Timestamp,
    },
    store::{Ban, Entrance, Join, Joining, Leave, MembershipStore, ParticipantQuery, Result},
};

#[async_trait]
impl MembershipStore for DbStore {
    async fn join_room(&self, joining: Joining<'_>) -> Result<Join> {
        let Joining { room, member, now, .. } = joining;
        let mut tx = self.write().await?;
        lock_room(&mut tx, room).await?;
        let Some(door) = Door::of(&mut tx, room, member).await? else { return Ok(Join::NoRoom) };
        if let Some(refused) = door.refusal() {
            return Ok(refused);
        }
        match joining.by {
            Entrance::Admitted => {}
            Entrance::Asking if door.locked => {
                if !use_grant(&mut tx, room, member, now).await? {
                    return Ok(Join::Locked);
                }
            }
            Entrance::Asking if door.listed => {}
            Entrance::Invite(code) if use_invite(&mut tx, room, code, now).await? => {}
            Entrance::Asking | Entrance::Invite(_) => return Ok(Join::Closed),
        }
        add_participant(&mut tx, room, member, ParticipantRole::Member, now).await?;
        let line = note(room, member, MessageType::Join, now).write(&mut tx).await?;
        tx.commit().await?;
        Ok(Join::Joined(Box::new(line)))
    }

    async fn leave_room(
        &self,
        room: RoomId,
        member: MemberId,
        ban: Option<Ban>,
        now: Timestamp,
    ) -> Result<Leave> {
        let mut tx = self.write().await?;
        lock_room(&mut tx, room).await?;
        let found: Option<(RoomType, Option<MemberId>)> =
            sqlx::query_as("SELECT type, owner_id FROM room WHERE id = $1")
                .bind(room)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((room_type, owner)) = found else { return Ok(Leave::NoRoom) };
        if room_type == RoomType::Private {
            return Ok(Leave::Private);
        }
        if let Some(ban) = ban {
            keep_out(&mut tx, room, member, ban, now).await?;
        }
        if is_in(&mut tx, room, member).await? != Some(true) {
            tx.commit().await?;
            return Ok(Leave::NotIn);
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
            make_owner(&mut tx, room, owner).await?;
            let line = note(room, member, MessageType::Leave, now).write(&mut tx).await?;
            Leave::Left(Box::new(line), owner)
        } else {
            sqlx::query("DELETE FROM room WHERE id = $1").bind(room).execute(&mut *tx).await?;
            Leave::RoomDeleted
        };
        tx.commit().await?;
        Ok(left)
    }

    async fn grant_entry(&self, room: RoomId, member: MemberId, until: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO room_grant (room_id, member_id, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (room_id, member_id) DO UPDATE SET expires_at = excluded.expires_at",
        )
        .bind(room)
        .bind(member)
        .bind(until)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn set_owner(&self, room: RoomId, owner: MemberId) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_room(&mut tx, room).await?;
        if is_in(&mut tx, room, owner).await? != Some(true) {
            return Ok(false);
        }
        make_owner(&mut tx, room, owner).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn participants(&self, room: RoomId) -> Result<Vec<Participant>> {
        let participants =
            sqlx::query_as("SELECT * FROM participant_view WHERE room_id = $1 ORDER BY joined_at, id");
        Ok(participants.bind(room).fetch_all(self.readers()).await?)
    }

    async fn members_of(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, MemberId)>> {
        let members =
            sqlx::query_as(concat!("SELECT room_id, member_id FROM participant WHERE room_id", one_of!()));
        Ok(members.bind(ids(rooms)).fetch_all(self.readers()).await?)
    }

    async fn find_participants(&self, query: ParticipantQuery<'_>) -> Result<Vec<Participant>> {
        let participants = sqlx::query_as(
            r"SELECT * FROM participant_view
              WHERE room_id = $1 AND id > $2 AND lower(name) LIKE lower($3) ESCAPE '\' ORDER BY id LIMIT $4",
        )
        .bind(query.room)
        .bind(query.after)
        .bind(containing(query.name))
        .bind(query.limit);
        Ok(participants.fetch_all(self.readers()).await?)
    }

    async fn rooms_of(&self, member: MemberId) -> Result<Vec<RoomId>> {
        let rooms = sqlx::query_scalar("SELECT room_id FROM participant WHERE member_id = $1").bind(member);
        Ok(rooms.fetch_all(self.readers()).await?)
    }

    async fn set_notify(&self, room: RoomId, member: MemberId, notify: Notify) -> Result<bool> {
        let set = sqlx::query("UPDATE participant SET notify = $3 WHERE room_id = $1 AND member_id = $2")
            .bind(room)
            .bind(member)
            .bind(notify);
        Ok(set.execute(self.writer()).await?.rows_affected() > 0)
    }

    async fn hide_room(&self, room: RoomId, member: MemberId) -> Result<bool> {
        let hide = sqlx::query(
            "UPDATE participant
             SET hidden_seq = (SELECT last_seq FROM room WHERE id = participant.room_id AND type = 'PRIVATE')
             WHERE room_id = $1 AND member_id = $2
               AND EXISTS (SELECT 1 FROM room WHERE id = participant.room_id AND type = 'PRIVATE')",
        )
        .bind(room)
        .bind(member);
        Ok(hide.execute(self.writer()).await?.rows_affected() > 0)
    }

    async fn mark_read(
        &self,
        room: RoomId,
        member: MemberId,
        seq: Option<i64>,
    ) -> Result<Option<ReadMarker>> {
        let bounds = sqlx::query_as(
            "SELECT last_read_seq, last_seq FROM access WHERE room_id = $1 AND member_id = $2",
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

/// What stands between a member and a room.
#[derive(sqlx::FromRow)]
struct Door {
    is_group: bool,
    listed: bool,
    locked: bool,
    member_count: i64,
    is_in: bool,
    is_banned: bool,
}

impl Door {
    /// That of a room for an active member, if both are there.
    async fn of(tx: &mut Transaction<'_, Db>, room: RoomId, member: MemberId) -> Result<Option<Self>> {
        let door = sqlx::query_as(
            "SELECT room_view.type = 'GROUP' AS is_group, listed, locked, member_count,
                    EXISTS (SELECT 1 FROM participant WHERE room_id = room_view.id AND member_id = $2) AS is_in,
                    EXISTS (SELECT 1 FROM room_ban WHERE room_id = room_view.id AND member_id = $2) AS is_banned
             FROM room_view JOIN member ON member.id = $2 AND member.status = 'ACTIVE' WHERE room_view.id = $1",
        )
        .bind(room)
        .bind(member);
        Ok(door.fetch_optional(&mut **tx).await?)
    }

    /// Why it does not open, whatever the member shows.
    fn refusal(&self) -> Option<Join> {
        match self {
            Self { is_in: true, .. } => Some(Join::AlreadyIn),
            Self { is_group: false, .. } => Some(Join::Closed),
            Self { is_banned: true, .. } => Some(Join::Banned),
            Self { member_count, .. } => (*member_count >= MAX_PARTICIPANTS).then_some(Join::Full),
        }
    }
}

/// Uses up a grant to join; whether there was one.
async fn use_grant(
    tx: &mut Transaction<'_, Db>,
    room: RoomId,
    member: MemberId,
    now: Timestamp,
) -> Result<bool> {
    let used =
        sqlx::query("DELETE FROM room_grant WHERE room_id = $1 AND member_id = $2 AND expires_at > $3")
            .bind(room)
            .bind(member)
            .bind(now);
    Ok(used.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Uses an invitation once more; whether it is valid.
async fn use_invite(tx: &mut Transaction<'_, Db>, room: RoomId, code: &str, now: Timestamp) -> Result<bool> {
    let used = sqlx::query(
        "UPDATE invite SET uses = uses + 1
         WHERE room_id = $1 AND code = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
           AND (max_uses IS NULL OR uses < max_uses)",
    )
    .bind(room)
    .bind(code)
    .bind(now);
    Ok(used.execute(&mut **tx).await?.rows_affected() > 0)
}

async fn keep_out(
    tx: &mut Transaction<'_, Db>,
    room: RoomId,
    member: MemberId,
    ban: Ban,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO room_ban (room_id, member_id, by_id, created_at)
         SELECT $1, id, $3, $4 FROM member WHERE id = $2 ON CONFLICT DO NOTHING",
    )
    .bind(room)
    .bind(member)
    .bind(ban.by)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts a member into a room. What was said before counts as read: a badge of everything would say nothing.
pub(super) async fn add_participant(
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

async fn make_owner(tx: &mut Transaction<'_, Db>, room: RoomId, owner: MemberId) -> Result<()> {
    sqlx::query("UPDATE room SET owner_id = $2 WHERE id = $1")
        .bind(room)
        .bind(owner)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "UPDATE participant SET role = CASE WHEN member_id = $2 THEN 'OWNER' ELSE 'MEMBER' END
         WHERE room_id = $1 AND (member_id = $2 OR role = 'OWNER')",
    )
    .bind(room)
    .bind(owner)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The line that a member came or went: it has no text of its own.
fn note(room: RoomId, sender: MemberId, r#type: MessageType, now: Timestamp) -> Line<'static> {
    Line::new(room, sender, r#type, "", now)
}
