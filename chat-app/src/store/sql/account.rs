//! Accounts in the database.

use async_trait::async_trait;

use super::DbStore;
use crate::{
    domain::{MemberId, MemberName, Tag, Timestamp},
    store::{AccountStore, Result, Upgrade, Upgraded},
};

/// What a member is called who is gone; clients word it by the status.
const NOBODY: &str = "(알 수 없음)";

#[async_trait]
impl AccountStore for DbStore {
    async fn password_hash(&self, member: MemberId) -> Result<Option<String>> {
        let hash = sqlx::query_scalar("SELECT password_hash FROM member WHERE id = $1").bind(member);
        Ok(hash.fetch_optional(self.readers()).await?.flatten())
    }

    async fn set_password(&self, member: MemberId, hash: &str, now: Timestamp) -> Result<()> {
        let set = sqlx::query("UPDATE member SET password_hash = $2, updated_at = $3 WHERE id = $1");
        set.bind(member).bind(hash).bind(now).execute(self.writer()).await?;
        Ok(())
    }

    async fn upgrade_guest(&self, guest: MemberId, upgrade: Upgrade<'_>) -> Result<Upgraded> {
        let taken = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM member WHERE email = $1)");
        if taken.bind(upgrade.email.as_str()).fetch_one(self.readers()).await? {
            return Ok(Upgraded::EmailTaken);
        }
        let upgraded = sqlx::query(
            "UPDATE member SET kind = 'USER', email = $2, password_hash = $3, name = coalesce($4, name),
                 tag = coalesce($5, tag), updated_at = $6
             WHERE id = $1 AND kind = 'GUEST'",
        )
        .bind(guest)
        .bind(upgrade.email.as_str())
        .bind(upgrade.password_hash)
        .bind(upgrade.name.map(MemberName::as_str))
        .bind(upgrade.tag.map(Tag::as_str))
        .bind(upgrade.now)
        .execute(self.writer())
        .await;
        match upgraded {
            Ok(done) if done.rows_affected() > 0 => Ok(Upgraded::Done),
            Ok(_) => Ok(Upgraded::NoGuest),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Upgraded::TagTaken),
            Err(error) => Err(error.into()),
        }
    }

    async fn erase_member(&self, member: MemberId, tag: &Tag, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE member SET status = 'DELETED', role = 'USER', name = $2, tag = $3, email = NULL,
                 email_verified = FALSE, password_hash = NULL, locale = NULL, token_epoch = token_epoch + 1, updated_at = $4
             WHERE id = $1",
        )
        .bind(member)
        .bind(NOBODY)
        .bind(tag.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await?;
        for what in [
            "DELETE FROM oauth_identity WHERE member_id = $1",
            "DELETE FROM session WHERE member_id = $1",
            "DELETE FROM push_subscription WHERE member_id = $1",
            "DELETE FROM file WHERE owner_id = $1",
            "DELETE FROM member_block WHERE member_id = $1 OR blocked_id = $1",
        ] {
            sqlx::query(what).bind(member).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn block(&self, member: MemberId, blocked: MemberId, now: Timestamp) -> Result<bool> {
        let known =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM member WHERE id = $1 AND status <> 'DELETED')");
        if !known.bind(blocked).fetch_one(self.readers()).await? {
            return Ok(false);
        }
        let block = sqlx::query(
            "INSERT INTO member_block (member_id, blocked_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        block.bind(member).bind(blocked).bind(now).execute(self.writer()).await?;
        Ok(true)
    }

    async fn unblock(&self, member: MemberId, blocked: MemberId) -> Result<()> {
        let unblock = sqlx::query("DELETE FROM member_block WHERE member_id = $1 AND blocked_id = $2");
        unblock.bind(member).bind(blocked).execute(self.writer()).await?;
        Ok(())
    }

    async fn has_blocked(&self, member: MemberId, other: MemberId) -> Result<bool> {
        let blocked = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM member_block WHERE member_id = $1 AND blocked_id = $2)",
        );
        Ok(blocked.bind(member).bind(other).fetch_one(self.readers()).await?)
    }

    async fn blocked(&self, member: MemberId) -> Result<Vec<MemberId>> {
        let blocked = sqlx::query_scalar(
            "SELECT blocked_id FROM member_block WHERE member_id = $1 ORDER BY created_at, blocked_id",
        );
        Ok(blocked.bind(member).fetch_all(self.readers()).await?)
    }
}
