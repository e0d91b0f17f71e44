//! Storing reports.

use async_trait::async_trait;

use super::Result;
use crate::domain::{MemberId, MessageId, Reason, Report, ReportState, Timestamp};

/// What members report.
#[async_trait]
pub trait ReportStore {
    /// Notes that a member reports a message that it may read; once, however often it does.
    async fn report_message(
        &self,
        reporter: MemberId,
        message: MessageId,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<()>;

    /// Notes that a member reports another; once until that is resolved. `false` if there is no such member.
    async fn report_member(
        &self,
        reporter: MemberId,
        member: MemberId,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool>;

    /// Reports in a state, or all, the newest first, from before `before` on.
    async fn reports(
        &self,
        state: Option<ReportState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Report>>;

    /// Notes who has seen to an open report; says whether there is such a one.
    async fn resolve_report(&self, report: i64, by: MemberId, now: Timestamp) -> Result<bool>;
}
