//! Sessions in SQLite.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    domain::{Member, MemberId, SessionId, Timestamp},
    store::{NewSession, Result, Rotated, Rotation, SessionStore},
};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn open_session(&self, new: NewSession<'_>) -> Result<SessionId> {
        let id = sqlx::query_scalar(
            "INSERT INTO session (member_id, family_hash, refresh_hash, user_agent, ip, created_at, last_used_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) RETURNING id",
        )
        .bind(new.member)
        .bind(new.family_hash)
        .bind(new.refresh_hash)
        .bind(new.user_agent)
        .bind(new.ip)
        .bind(new.now.to_string())
        .bind(new.expires_at.to_string());
        Ok(id.fetch_one(&self.writer).await?)
    }

    async fn session_member(&self, id: SessionId, now: Timestamp) -> Result<Option<Member>> {
        let member = sqlx::query_as(
            "SELECT member_view.* FROM session JOIN member_view ON member_view.id = session.member_id
             WHERE session.id = ? AND session.revoked_at IS NULL AND session.expires_at > ?",
        )
        .bind(id)
        .bind(now.to_string());
        Ok(member.fetch_optional(&self.readers).await?)
    }

    async fn rotate_session(&self, rotation: Rotation<'_>) -> Result<Rotated> {
        let mut tx = self.write().await?;
        let session: Option<(SessionId, MemberId, Vec<u8>)> = sqlx::query_as(
            "SELECT id, member_id, refresh_hash FROM session
             WHERE family_hash = ? AND revoked_at IS NULL AND expires_at > ?",
        )
        .bind(rotation.family_hash)
        .bind(rotation.now.to_string())
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id, member, newest_hash)) = session else { return Ok(Rotated::Unknown) };
        let rotated = if newest_hash == rotation.shown_hash {
            sqlx::query(
                "UPDATE session SET refresh_hash = ?2, last_used_at = ?3, expires_at = ?4 WHERE id = ?1",
            )
            .bind(id)
            .bind(rotation.next_hash)
            .bind(rotation.now.to_string())
            .bind(rotation.expires_at.to_string())
            .execute(&mut *tx)
            .await?;
            Rotated::Done(id, member)
        } else {
            revoke(id, rotation.now).execute(&mut *tx).await?;
            Rotated::Reused(member)
        };
        tx.commit().await?;
        Ok(rotated)
    }

    async fn revoke_session(&self, id: SessionId, now: Timestamp) -> Result<()> {
        revoke(id, now).execute(&self.writer).await?;
        Ok(())
    }
}

fn revoke(
    id: SessionId,
    now: Timestamp,
) -> sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    sqlx::query("UPDATE session SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now.to_string())
}
