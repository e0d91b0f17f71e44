//! `/admin/api`: looking after the service.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::{Error, Result},
    extract::{self, Device, Path, Query},
    members::CreateMember,
    page::{ByName, limit, page},
};
use crate::{
    admin::{Actor, require_admin},
    domain::{
        AdminMember, AuditEntry, Member, MemberId, MemberName, Problems, Registration, Role, Settings, Stats,
    },
    store::MemberQuery,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(set_up))
        .routes(routes!(stats))
        .routes(routes!(admin_members))
        .routes(routes!(ban))
        .routes(routes!(unban))
        .routes(routes!(set_role))
        .routes(routes!(log_out_member))
        .routes(routes!(audit_log))
        .routes(routes!(settings, change_settings))
}

/// An administrator who asks.
pub(super) struct Administrator {
    pub(super) member: Member,
    device: Device,
}

impl Administrator {
    pub(super) fn actor(&self) -> Actor<'_> {
        Actor { id: self.member.id, device: self.device.as_login() }
    }
}

impl FromRequestParts<Http> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Error> {
        let Caller(identity) = Caller::from_request_parts(parts, http).await?;
        require_admin(&identity)?;
        Ok(Self { member: identity.member, device: Device::from_request_parts(parts, http).await? })
    }
}

#[derive(Deserialize, ToSchema)]
struct SetUp {
    /// From the server's log.
    code: String,
    #[serde(flatten)]
    account: CreateMember,
}

/// Makes the first administrator. The answer is its bare id.
#[utoipa::path(
    post,
    path = "/admin/api/setup",
    tag = "admin",
    security(()),
    responses((status = 200, body = MemberId), (status = 409, response = super::openapi::Refused<'_>))
)]
async fn set_up(
    State(http): State<Http>,
    device: Device,
    extract::Json(body): extract::Json<SetUp>,
) -> Result<Json<MemberId>> {
    let account = body.account.parse()?;
    Ok(Json(http.admin.set_up(body.code, account, device.as_login()).await?))
}

/// How much there is.
#[utoipa::path(get, path = "/admin/api/stats", tag = "admin", responses((status = 200, body = Stats)))]
async fn stats(State(http): State<Http>, _: Administrator) -> Result<Json<Stats>> {
    Ok(Json(http.admin.stats().await?))
}

/// All members in the order of their ids.
#[utoipa::path(
    get,
    path = "/admin/api/users",
    tag = "admin",
    params(ByName),
    responses((status = 200, body = [AdminMember]))
)]
async fn admin_members(
    State(http): State<Http>,
    administrator: Administrator,
    Query(list): Query<ByName>,
) -> Result<Response> {
    let (name, limit) = list.parse()?;
    let after = MemberId(list.after.unwrap_or_default());
    let query = MemberQuery { except: administrator.member.id, name, after, limit: limit + 1 };
    Ok(page(http.admin.members(query).await?, limit))
}

/// Keeps a member out, and ends its sessions.
#[utoipa::path(post, path = "/admin/api/users/{id}/ban", tag = "admin", params(MemberId), responses((status = 204)))]
async fn ban(State(http): State<Http>, by: Administrator, Path(id): Path<MemberId>) -> Result<StatusCode> {
    http.admin.ban(by.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a member in again.
#[utoipa::path(post, path = "/admin/api/users/{id}/unban", tag = "admin", params(MemberId), responses((status = 204)))]
async fn unban(State(http): State<Http>, by: Administrator, Path(id): Path<MemberId>) -> Result<StatusCode> {
    http.admin.unban(by.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct SetRole {
    role: Role,
}

/// Makes a member an administrator, or none any more.
#[utoipa::path(post, path = "/admin/api/users/{id}/role", tag = "admin", params(MemberId), responses((status = 204)))]
async fn set_role(
    State(http): State<Http>,
    by: Administrator,
    Path(id): Path<MemberId>,
    extract::Json(body): extract::Json<SetRole>,
) -> Result<StatusCode> {
    http.admin.set_role(by.actor(), id, body.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Logs a member out everywhere.
#[utoipa::path(post, path = "/admin/api/users/{id}/logout", tag = "admin", params(MemberId), responses((status = 204)))]
async fn log_out_member(
    State(http): State<Http>,
    by: Administrator,
    Path(id): Path<MemberId>,
) -> Result<StatusCode> {
    http.admin.log_out(by.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct AuditPage {
    /// How many, at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
    /// The last one of the page before.
    before: Option<i64>,
}

/// What administrators did, the newest first.
#[utoipa::path(
    get,
    path = "/admin/api/audit",
    tag = "admin",
    params(AuditPage),
    responses((status = 200, body = [AuditEntry]))
)]
async fn audit_log(
    State(http): State<Http>,
    _: Administrator,
    Query(query): Query<AuditPage>,
) -> Result<Response> {
    let limit = limit(query.limit, 50, 100)?;
    Ok(page(http.admin.audit_log(query.before, limit + 1).await?, limit))
}

/// What is set.
#[utoipa::path(get, path = "/admin/api/settings", tag = "admin", responses((status = 200, body = Settings)))]
async fn settings(State(http): State<Http>, _: Administrator) -> Result<Json<Settings>> {
    Ok(Json(http.admin.settings().await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangeSettings {
    /// 2 to 32 characters that show.
    #[schema(min_length = 2)]
    site_name: Option<String>,
    registration_mode: Option<Registration>,
    guests: Option<bool>,
}

/// Sets what is given.
#[utoipa::path(patch, path = "/admin/api/settings", tag = "admin", responses((status = 200, body = Settings)))]
async fn change_settings(
    State(http): State<Http>,
    by: Administrator,
    extract::Json(change): extract::Json<ChangeSettings>,
) -> Result<Json<Settings>> {
    let before = http.admin.settings().await?;
    let site_name = match change.site_name.as_deref().map(MemberName::parse) {
        Some(None) => return Err(Problems::one("siteName", MemberName::EXPECTED).into()),
        Some(Some(name)) => name.as_str().to_owned(),
        None => before.site_name,
    };
    let settings = Settings {
        site_name,
        registration_mode: change.registration_mode.unwrap_or(before.registration_mode),
        guests: change.guests.unwrap_or(before.guests),
    };
    http.admin.change_settings(by.actor(), &settings).await?;
    Ok(Json(settings))
}
