//! Reports: members make them, administrators see to them.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    admin::Administrator,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    page::{limit, page},
};
use crate::domain::{MemberId, MessageId, Problems, Reason, Report, ReportState};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(report_message))
        .routes(routes!(report_member))
        .routes(routes!(reports))
        .routes(routes!(resolve_report))
}

#[derive(Deserialize, ToSchema)]
struct NewReport {
    /// 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl NewReport {
    fn parse(self) -> Result<Reason, Problems> {
        Reason::parse(&self.reason).ok_or_else(|| Problems::one("reason", Reason::EXPECTED))
    }
}

/// Reports a message; the same again changes nothing.
#[utoipa::path(post, path = "/chat/message/{id}/report", tag = "messages", params(MessageId), responses((status = 204)))]
async fn report_message(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<MessageId>,
    extract::Json(report): extract::Json<NewReport>,
) -> Result<StatusCode> {
    http.chat.report_message(caller.id(), id, &report.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reports a member; the same again changes nothing.
#[utoipa::path(post, path = "/member/{id}/report", tag = "members", params(MemberId), responses((status = 204)))]
async fn report_member(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<MemberId>,
    extract::Json(report): extract::Json<NewReport>,
) -> Result<StatusCode> {
    http.chat.report_member(caller.id(), id, &report.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct Reports {
    /// Those in this state alone.
    #[param(inline)]
    state: Option<ReportState>,
    /// How many, at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
    /// The last one of the page before.
    before: Option<i64>,
}

/// What members reported, the newest first.
#[utoipa::path(
    get,
    path = "/admin/api/reports",
    tag = "admin",
    params(Reports),
    responses((status = 200, body = [Report]))
)]
async fn reports(
    State(http): State<Http>,
    _: Administrator,
    Query(query): Query<Reports>,
) -> Result<Response> {
    let limit = limit(query.limit, 50, 100)?;
    Ok(page(http.admin.reports(query.state, query.before, limit + 1).await?, limit))
}

/// Notes that a report was seen to.
#[utoipa::path(
    post,
    path = "/admin/api/reports/{id}/resolve",
    tag = "admin",
    params(("id" = i64, Path, description = "The report's number")),
    responses((status = 204))
)]
async fn resolve_report(
    State(http): State<Http>,
    by: Administrator,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    http.admin.resolve_report(by.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
