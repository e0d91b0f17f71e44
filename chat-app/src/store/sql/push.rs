//! Subscriptions to pushed messages in the database.

use async_trait::async_trait;

use super::{DbStore, ids};
use crate::{
    domain::{MemberId, MessageId, Timestamp},
    store::{NewSubscription, PushStore, PushTarget, Result},
};

#[async_trait]
impl PushStore for DbStore {
    async fn add_subscription(&self, new: NewSubscription<'_>, keep: i64) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO push_subscription (member_id, session_id, endpoint, p256dh, auth, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (endpoint) DO UPDATE SET member_id = excluded.member_id, session_id = excluded.session_id,
                 p256dh = excluded.p256dh, auth = excluded.auth, failures = 0, created_at = excluded.created_at",
        )
        .bind(new.member)
        .bind(new.session)
        .bind(new.endpoint)
        .bind(new.p256dh)
        .bind(new.auth)
        .bind(new.now)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM push_subscription WHERE member_id = $1 AND id NOT IN (
                 SELECT id FROM push_subscription WHERE member_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2)",
        )
        .bind(new.member)
        .bind(keep)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn remove_subscription(&self, member: MemberId, endpoint: &str) -> Result<()> {
        let remove = sqlx::query("DELETE FROM push_subscription WHERE member_id = $1 AND endpoint = $2");
        remove.bind(member).bind(endpoint).execute(self.writer()).await?;
        Ok(())
    }

    async fn push_targets(&self, messages: &[MessageId], now: Timestamp) -> Result<Vec<PushTarget>> {
        // Each room once: of messages to rooms without a device, nothing else is looked at. In two statements, as for
        // notices.
        let heard: Vec<MessageId> = sqlx::query_scalar(concat!(
            "SELECT id FROM message WHERE id",
            one_of!(),
            "AND room_id IN (SELECT participant.room_id FROM participant
                             JOIN push_subscription ON push_subscription.member_id = participant.member_id
                             WHERE participant.room_id IN (SELECT room_id FROM message WHERE id",
            one_of!(),
            "))"
        ))
        .bind(ids(messages))
        .fetch_all(self.readers())
        .await?;
        if heard.is_empty() {
            return Ok(Vec::new());
        }
        let targets = sqlx::query_as(concat!(
            "SELECT notice_view.message_id, push_subscription.id, push_subscription.member_id, notice_view.kind,
                    endpoint, p256dh, auth
             FROM notice_view
             JOIN push_subscription ON push_subscription.member_id = notice_view.member_id
             JOIN session ON session.id = push_subscription.session_id
             WHERE notice_view.message_id",
            one_of!(),
            "AND session.revoked_at IS NULL AND session.expires_at > $2
             ORDER BY notice_view.message_id, push_subscription.member_id, push_subscription.id"
        ));
        Ok(targets.bind(ids(&heard)).bind(now).fetch_all(self.readers()).await?)
    }

    async fn push_succeeded(&self, subscription: i64) -> Result<()> {
        let clear = sqlx::query("UPDATE push_subscription SET failures = 0 WHERE id = $1 AND failures > 0");
        clear.bind(subscription).execute(self.writer()).await?;
        Ok(())
    }

    async fn push_failed(&self, subscription: i64, times: i64) -> Result<()> {
        let mut tx = self.write().await?;
        let count = sqlx::query("UPDATE push_subscription SET failures = failures + 1 WHERE id = $1");
        count.bind(subscription).execute(&mut *tx).await?;
        let end = sqlx::query("DELETE FROM push_subscription WHERE id = $1 AND failures >= $2");
        end.bind(subscription).bind(times).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn push_ended(&self, subscription: i64) -> Result<()> {
        let end = sqlx::query("DELETE FROM push_subscription WHERE id = $1");
        end.bind(subscription).execute(self.writer()).await?;
        Ok(())
    }
}
