//! What administrators do, in the database.

use async_trait::async_trait;

use super::{DbStore, containing};
use crate::{
    domain::{AdminMember, AdminRoom, AuditEntry, MemberId, Role, RoomId, Stats, Status, Timestamp},
    store::{AdminStore, MemberQuery, NewAuditEntry, Result},
};

#[async_trait]
impl AdminStore for DbStore {
    async fn has_admin(&self) -> Result<bool> {
        let has = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM member WHERE role = 'ADMIN' AND status = 'ACTIVE')",
        );
        Ok(has.fetch_one(self.readers()).await?)
    }

    async fn stats(&self) -> Result<Stats> {
        let stats = sqlx::query_as(
            "SELECT (SELECT count(*) FROM member WHERE status = 'ACTIVE' AND kind <> 'GUEST') AS users,
                    (SELECT count(*) FROM member WHERE status = 'ACTIVE' AND kind = 'GUEST') AS guests,
                    (SELECT count(*) FROM room) AS rooms, (SELECT count(*) FROM message) AS messages",
        );
        Ok(stats.fetch_one(self.readers()).await?)
    }

    async fn all_members(&self, query: MemberQuery<'_>) -> Result<Vec<AdminMember>> {
        let members = sqlx::query_as(
            r"SELECT id, name, tag, kind, role, status, email, created_at FROM member
              WHERE id > $1 AND (lower(name) LIKE lower($2) ESCAPE '\' OR lower(email) LIKE lower($2) ESCAPE '\')
              ORDER BY id LIMIT $3",
        );
        let members = members.bind(query.after).bind(containing(query.name)).bind(query.limit);
        Ok(members.fetch_all(self.readers()).await?)
    }

    async fn all_rooms(&self, name: &str, after: RoomId, limit: i64) -> Result<Vec<AdminRoom>> {
        let rooms = sqlx::query_as(
            r"SELECT id, coalesce(name, '') AS name, type, locked, listed, owner_id, member_count, last_seq,
                     last_message_at, created_at,
                     (SELECT member.name FROM member WHERE member.id = room_view.owner_id) AS owner_name
              FROM room_view WHERE id > $1 AND lower(coalesce(name, '')) LIKE lower($2) ESCAPE '\'
              ORDER BY id LIMIT $3",
        );
        Ok(rooms.bind(after).bind(containing(name)).bind(limit).fetch_all(self.readers()).await?)
    }

    async fn set_status(&self, member: MemberId, status: Status, now: Timestamp) -> Result<bool> {
        let set = sqlx::query(
            "UPDATE member SET status = $2, updated_at = $3 WHERE id = $1 AND status <> 'DELETED'",
        );
        let set = set.bind(member).bind(status).bind(now).execute(self.writer()).await?;
        Ok(set.rows_affected() > 0)
    }

    async fn set_role(&self, member: MemberId, role: Role, now: Timestamp) -> Result<bool> {
        let set =
            sqlx::query("UPDATE member SET role = $2, updated_at = $3 WHERE id = $1 AND status <> 'DELETED'");
        let set = set.bind(member).bind(role).bind(now).execute(self.writer()).await?;
        Ok(set.rows_affected() > 0)
    }

    async fn audit(&self, entry: NewAuditEntry<'_>) -> Result<()> {
        sqlx::query(
            "INSERT INTO audit_log (actor_id, action, target, ip, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(entry.actor)
        .bind(entry.action)
        .bind(entry.target)
        .bind(entry.ip)
        .bind(entry.now)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn audit_log(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>> {
        let entries = sqlx::query_as(
            "SELECT id, actor_id, action, target, ip, created_at FROM audit_log
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
        );
        Ok(entries.bind(before.unwrap_or(i64::MAX)).bind(limit).fetch_all(self.readers()).await?)
    }
}
