//! Invitations in the database.

use async_trait::async_trait;

use super::DbStore;
use crate::{
    domain::{Invite, Room, RoomId, Timestamp},
    store::{InviteStore, NewInvite, Result},
};

#[async_trait]
impl InviteStore for DbStore {
    async fn add_invite(&self, new: NewInvite<'_>) -> Result<Invite> {
        let invite = sqlx::query_as(
            "INSERT INTO invite (code, room_id, created_by, max_uses, expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             RETURNING code, '/join/' || code AS url, created_by, max_uses, uses, expires_at",
        )
        .bind(new.code)
        .bind(new.room)
        .bind(new.by)
        .bind(new.max_uses)
        .bind(new.expires_at)
        .bind(new.now);
        Ok(invite.fetch_one(self.writer()).await?)
    }

    async fn invites(&self, room: RoomId, now: Timestamp) -> Result<Vec<Invite>> {
        let invites = sqlx::query_as(
            "SELECT code, url, created_by, max_uses, uses, expires_at FROM invite_view
             WHERE room_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, code",
        );
        Ok(invites.bind(room).bind(now).fetch_all(self.readers()).await?)
    }

    async fn invited_to(&self, code: &str, now: Timestamp) -> Result<Option<Room>> {
        let room = sqlx::query_as(
            "SELECT room_view.* FROM invite_view JOIN room_view ON room_view.id = invite_view.room_id
             WHERE invite_view.code = $1 AND (expires_at IS NULL OR expires_at > $2)",
        );
        Ok(room.bind(code).bind(now).fetch_optional(self.readers()).await?)
    }

    async fn revoke_invite(&self, room: RoomId, code: &str, now: Timestamp) -> Result<bool> {
        let revoke = sqlx::query(
            "UPDATE invite SET revoked_at = $3 WHERE room_id = $1 AND code = $2 AND revoked_at IS NULL",
        );
        Ok(revoke.bind(room).bind(code).bind(now).execute(self.writer()).await?.rows_affected() > 0)
    }
}
