//! Accounts elsewhere in the database.

use async_trait::async_trait;
use sqlx::Transaction;

use super::{Db, DbStore};
use crate::{
    domain::{Email, LinkedAccount, MemberId, Provider, Timestamp},
    store::{Account, AddMemberOf, IdentityStore, NewMember, Result, Unlink},
};

#[async_trait]
impl IdentityStore for DbStore {
    async fn member_of(&self, provider: Provider, subject: &str) -> Result<Option<MemberId>> {
        let member =
            sqlx::query_scalar("SELECT member_id FROM oauth_identity WHERE provider = $1 AND subject = $2");
        Ok(member.bind(provider).bind(subject).fetch_optional(self.readers()).await?)
    }

    async fn member_of_verified(&self, email: &Email) -> Result<Option<MemberId>> {
        let member = sqlx::query_scalar("SELECT id FROM member WHERE email = $1 AND email_verified");
        Ok(member.bind(email.as_str()).fetch_optional(self.readers()).await?)
    }

    async fn add_member_of(&self, new: NewMember<'_>, account: Account<'_>) -> Result<AddMemberOf> {
        let mut tx = self.write().await?;
        let email = account.email.filter(|_| account.verified).map(Email::as_str);
        let added = sqlx::query_scalar(
            "INSERT INTO member (kind, name, tag, email, email_verified, locale, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(new.kind)
        .bind(new.name.as_str())
        .bind(new.tag.as_str())
        .bind(email)
        .bind(email.is_some())
        .bind(new.locale)
        .bind(new.now)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(member) = added else {
            let taken = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM member WHERE email = $1)");
            let taken = taken.bind(email).fetch_one(&mut *tx).await?;
            return Ok(if taken { AddMemberOf::EmailTaken } else { AddMemberOf::TagTaken });
        };
        if !insert(&mut tx, member, account, new.now).await? {
            return Ok(AddMemberOf::Linked);
        }
        tx.commit().await?;
        Ok(AddMemberOf::Added(member))
    }

    async fn link(&self, member: MemberId, account: Account<'_>, now: Timestamp) -> Result<bool> {
        let mut tx = self.write().await?;
        let linked = insert(&mut tx, member, account, now).await?;
        tx.commit().await?;
        Ok(linked)
    }

    async fn linked(&self, member: MemberId) -> Result<Vec<LinkedAccount>> {
        let linked = sqlx::query_as(
            "SELECT provider, email, created_at FROM oauth_identity WHERE member_id = $1 ORDER BY provider",
        );
        Ok(linked.bind(member).fetch_all(self.readers()).await?)
    }

    async fn unlink(&self, member: MemberId, provider: Provider) -> Result<Unlink> {
        let mut tx = self.write().await?;
        let unlinked = sqlx::query("DELETE FROM oauth_identity WHERE member_id = $1 AND provider = $2");
        let unlinked = unlinked.bind(member).bind(provider).execute(&mut *tx).await?;
        if unlinked.rows_affected() == 0 {
            return Ok(Unlink::NotLinked);
        }
        // The update holds the row, so that of two accounts taken away at once one stays.
        let way_in: Option<i64> = sqlx::query_scalar(
            "UPDATE member SET updated_at = updated_at
             WHERE id = $1 AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM oauth_identity WHERE member_id = $1))
             RETURNING id",
        )
        .bind(member)
        .fetch_optional(&mut *tx)
        .await?;
        if way_in.is_none() {
            return Ok(Unlink::LastWayIn);
        }
        tx.commit().await?;
        Ok(Unlink::Unlinked)
    }
}

/// Says whether the account is the member's now.
async fn insert(
    tx: &mut Transaction<'_, Db>,
    member: MemberId,
    account: Account<'_>,
    now: Timestamp,
) -> Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO oauth_identity (provider, subject, member_id, email, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(account.provider)
    .bind(account.subject)
    .bind(member)
    .bind(account.email.map(Email::as_str))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() > 0)
}
