//! Reports in the database.

use async_trait::async_trait;

use super::DbStore;
use crate::{
    domain::{MemberId, MessageId, Reason, Report, ReportState, Timestamp},
    store::{ReportStore, Result},
};

#[async_trait]
impl ReportStore for DbStore {
    async fn report_message(
        &self,
        reporter: MemberId,
        message: MessageId,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<()> {
        let report = sqlx::query(
            "INSERT INTO report (message_id, member_id, reporter_id, reason, snapshot, created_at)
             SELECT message.id, message.sender_id, access.member_id, $3, message.body, $4
             FROM message JOIN access ON access.room_id = message.room_id AND access.member_id = $2
             WHERE message.id = $1 AND message.seq > access.floor AND message.type = 'TALK'
             ON CONFLICT DO NOTHING",
        );
        report.bind(message).bind(reporter).bind(reason.as_str()).bind(now).execute(self.writer()).await?;
        Ok(())
    }

    async fn report_member(
        &self,
        reporter: MemberId,
        member: MemberId,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let snapshot: Option<String> =
            sqlx::query_scalar("SELECT name || '#' || tag FROM member WHERE id = $1 AND status <> 'DELETED'")
                .bind(member)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(snapshot) = snapshot else { return Ok(false) };
        sqlx::query(
            "INSERT INTO report (member_id, reporter_id, reason, snapshot, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(member)
        .bind(reporter)
        .bind(reason.as_str())
        .bind(snapshot)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn reports(
        &self,
        state: Option<ReportState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Report>> {
        let reports = sqlx::query_as(
            "SELECT report.id, report.message_id, message.room_id, report.member_id, reported.name AS member_name,
                    report.reporter_id, reporter.name AS reporter_name, report.reason, report.snapshot, report.state,
                    report.handled_by, report.handled_at, report.created_at
             FROM report LEFT JOIN message ON message.id = report.message_id
                         LEFT JOIN member AS reported ON reported.id = report.member_id
                         LEFT JOIN member AS reporter ON reporter.id = report.reporter_id
             WHERE ($1 IS NULL OR report.state = $1) AND report.id < $2 ORDER BY report.id DESC LIMIT $3",
        );
        let reports = reports.bind(state).bind(before.unwrap_or(i64::MAX)).bind(limit);
        Ok(reports.fetch_all(self.readers()).await?)
    }

    async fn resolve_report(&self, report: i64, by: MemberId, now: Timestamp) -> Result<bool> {
        let resolved = sqlx::query(
            "UPDATE report SET state = 'RESOLVED', handled_by = $2, handled_at = $3 WHERE id = $1 AND state = 'OPEN'",
        );
        let resolved = resolved.bind(report).bind(by).bind(now).execute(self.writer()).await?;
        Ok(resolved.rows_affected() > 0)
    }
}
