//! Sessions in the database.

use async_trait::async_trait;

use super::DbStore;
use crate::{
    domain::{Member, MemberId, Session, SessionId, Status, Timestamp},
    store::{NewSession, Result, Rotated, Rotation, SessionStore},
};

#[async_trait]
impl SessionStore for DbStore {
    async fn open_session(&self, new: NewSession<'_>) -> Result<SessionId> {
        let id = sqlx::query_scalar(
            "INSERT INTO session (member_id, family_hash, refresh_hash, user_agent, ip, created_at, last_used_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7) RETURNING id",
        )
        .bind(new.member)
        .bind(new.family_hash)
        .bind(new.refresh_hash)
        .bind(new.user_agent)
        .bind(new.ip)
        .bind(new.now)
        .bind(new.expires_at);
        Ok(id.fetch_one(self.writer()).await?)
    }

    async fn session_member(&self, id: SessionId, now: Timestamp) -> Result<Option<Member>> {
        let member = sqlx::query_as(
            "SELECT member_view.* FROM session JOIN member_view ON member_view.id = session.member_id
             WHERE session.id = $1 AND session.revoked_at IS NULL AND session.expires_at > $2",
        )
        .bind(id)
        .bind(now);
        Ok(member.fetch_optional(self.readers()).await?)
    }

    async fn rotate_session(&self, rotation: Rotation<'_>) -> Result<Rotated> {
        let mut tx = self.write().await?;
        let rotated: Option<(SessionId, MemberId)> = sqlx::query_as(
            "UPDATE session SET refresh_hash = $3, prev_hash = $2, rotated_at = $4, last_used_at = $4, expires_at = $5
             WHERE family_hash = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND expires_at > $4
             RETURNING id, member_id",
        )
        .bind(rotation.family_hash)
        .bind(rotation.shown_hash)
        .bind(rotation.next_hash)
        .bind(rotation.now)
        .bind(rotation.expires_at)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((id, member)) = rotated {
            tx.commit().await?;
            return Ok(Rotated::Done(id, member));
        }
        let session: Option<(SessionId, MemberId, bool)> = sqlx::query_as(
            "SELECT id, member_id, coalesce(prev_hash = $2 AND rotated_at > $3, FALSE) FROM session
             WHERE family_hash = $1 AND revoked_at IS NULL AND expires_at > $4",
        )
        .bind(rotation.family_hash)
        .bind(rotation.shown_hash)
        .bind(rotation.grace_from)
        .bind(rotation.now)
        .fetch_optional(&mut *tx)
        .await?;
        match session {
            None => Ok(Rotated::Unknown),
            Some((id, member, true)) => Ok(Rotated::Done(id, member)),
            Some((id, member, false)) => {
                sqlx::query("UPDATE session SET revoked_at = $2 WHERE id = $1")
                    .bind(id)
                    .bind(rotation.now)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok(Rotated::Reused(id, member))
            }
        }
    }

    async fn session_of_refresh(
        &self,
        refresh_hash: &[u8],
        now: Timestamp,
    ) -> Result<Option<(SessionId, MemberId)>> {
        let session = sqlx::query_as(
            "SELECT id, member_id FROM session WHERE refresh_hash = $1 AND revoked_at IS NULL AND expires_at > $2",
        );
        Ok(session.bind(refresh_hash).bind(now).fetch_optional(self.readers()).await?)
    }

    async fn sessions(&self, member: MemberId, now: Timestamp) -> Result<Vec<Session>> {
        let sessions = sqlx::query_as(
            "SELECT id, user_agent, ip, created_at, last_used_at, expires_at FROM session
             WHERE member_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, id DESC",
        );
        Ok(sessions.bind(member).bind(now).fetch_all(self.readers()).await?)
    }

    async fn revoke_session(&self, id: SessionId, member: MemberId, now: Timestamp) -> Result<bool> {
        let revoked = sqlx::query(
            "UPDATE session SET revoked_at = $3 WHERE id = $1 AND member_id = $2 AND revoked_at IS NULL",
        );
        let revoked = revoked.bind(id).bind(member).bind(now).execute(self.writer()).await?;
        Ok(revoked.rows_affected() > 0)
    }

    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<(SessionId, MemberId, Status)>> {
        let revoked = sqlx::query_as(
            "SELECT session.id, member_id, status FROM session JOIN member ON member.id = member_id
             WHERE revoked_at > $1",
        );
        Ok(revoked.bind(since).fetch_all(self.readers()).await?)
    }

    async fn revoke_sessions(
        &self,
        member: MemberId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>> {
        let revoked = sqlx::query_scalar(
            "UPDATE session SET revoked_at = $3
             WHERE member_id = $1 AND id <> coalesce($2, 0) AND revoked_at IS NULL RETURNING id",
        );
        Ok(revoked.bind(member).bind(except).bind(now).fetch_all(self.writer()).await?)
    }
}
