//! Members in the database.

use async_trait::async_trait;

use super::{DbStore, containing};
use crate::{
    domain::{Email, Me, Member, MemberId},
    store::{AddMember, MemberChange, MemberQuery, MemberStore, NewMember, Result},
};

#[async_trait]
impl MemberStore for DbStore {
    async fn add_member(&self, new: NewMember<'_>) -> Result<AddMember> {
        let (email, hash) = new.login.unzip();
        let added = sqlx::query_scalar(
            "INSERT INTO member (kind, name, tag, email, password_hash, locale, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(new.kind)
        .bind(new.name.as_str())
        .bind(new.tag.as_str())
        .bind(email.map(Email::as_str))
        .bind(hash)
        .bind(new.locale)
        .bind(new.now)
        .fetch_optional(self.writer())
        .await?;
        if let Some(id) = added {
            return Ok(AddMember::Added(id));
        }
        let email_taken = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM member WHERE email = $1)");
        let email_taken = email_taken.bind(email.map(Email::as_str)).fetch_one(self.writer()).await?;
        Ok(if email_taken { AddMember::EmailTaken } else { AddMember::TagTaken })
    }

    async fn me(&self, id: MemberId) -> Result<Option<Me>> {
        let me = sqlx::query_as("SELECT * FROM member_view WHERE id = $1").bind(id);
        Ok(me.fetch_optional(self.readers()).await?)
    }

    async fn login(&self, email: &Email) -> Result<Option<(Member, Option<String>)>> {
        let id_and_hash =
            sqlx::query_as("SELECT id, password_hash FROM member WHERE email = $1").bind(email.as_str());
        let Some((id, hash)) = id_and_hash.fetch_optional(self.readers()).await? else {
            return Ok(None);
        };
        Ok(self.me(id).await?.map(|me| (me.member, hash)))
    }

    async fn members(&self, query: MemberQuery<'_>) -> Result<Vec<Member>> {
        let members = sqlx::query_as(
            r"SELECT * FROM member_view
              WHERE status = 'ACTIVE' AND id > $1 AND id <> $2 AND lower(name) LIKE lower($3) ESCAPE '\'
              ORDER BY id LIMIT $4",
        )
        .bind(query.after)
        .bind(query.except)
        .bind(containing(query.name))
        .bind(query.limit);
        Ok(members.fetch_all(self.readers()).await?)
    }

    async fn change_member(&self, id: MemberId, change: MemberChange<'_>) -> Result<bool> {
        let changed = sqlx::query(
            "UPDATE member SET name = coalesce($2, name), tag = coalesce($3, tag), locale = coalesce($4, locale),
                 updated_at = $5
             WHERE id = $1",
        )
        .bind(id)
        .bind(change.name.map(|name| name.as_str()))
        .bind(change.tag.map(|tag| tag.as_str()))
        .bind(change.locale)
        .bind(change.now)
        .execute(self.writer())
        .await;
        match changed {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
