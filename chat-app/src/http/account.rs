//! What members change about their own account.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    cookie,
    error::Result,
    extract::{self, Device, Path},
    grant::Access,
    openapi::Refused,
};
use crate::{
    auth::UpgradeGuest,
    domain::{Email, MemberId, MemberName, Password, Problems},
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(upgrade))
        .routes(routes!(change_password))
        .routes(routes!(delete_me))
        .routes(routes!(blocked))
        .routes(routes!(block, unblock))
}

#[derive(Deserialize, ToSchema)]
struct UpgradeBody {
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// 2 to 32 characters that show; the name stays if not given.
    #[schema(min_length = 2)]
    name: Option<String>,
    /// The code of an invitation to a room, where registration takes one.
    invite: Option<String>,
}

impl UpgradeBody {
    fn parse(self) -> Result<UpgradeGuest, Problems> {
        let mut problems = Problems::default();
        let email = problems.check(Email::parse(&self.email), "email", Email::EXPECTED);
        let password = problems.check(Password::parse(self.password), "password", Password::EXPECTED);
        let name =
            self.name.and_then(|name| problems.check(MemberName::parse(&name), "name", MemberName::EXPECTED));
        match (email, password) {
            (Some(email), Some(password)) if problems.is_empty() => {
                Ok(UpgradeGuest { email, password, name, invite: self.invite })
            }
            _ => Err(problems),
        }
    }
}

/// Makes a user of a guest, who keeps its id, rooms and messages.
#[utoipa::path(
    post,
    path = "/auth/guest/upgrade",
    tag = "auth",
    responses((status = 200, body = Access), (status = 409, response = Refused<'_>))
)]
async fn upgrade(
    State(http): State<Http>,
    Caller(identity): Caller,
    device: Device,
    extract::Json(body): extract::Json<UpgradeBody>,
) -> Result<Json<Access>> {
    let token = http.auth.upgrade(&identity, body.parse()?, device.as_login()).await?;
    Ok(Json(Access::new(token, http.chat.me(identity.member.id).await?)))
}

#[derive(Deserialize, ToSchema)]
struct ChangePassword {
    /// Not needed by who has none yet.
    #[schema(format = Password)]
    current: Option<String>,
    /// 8 characters to 128 bytes.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    next: String,
}

/// Changes the password and logs out on all other devices.
#[utoipa::path(put, path = "/member/me/password", tag = "members", responses((status = 204)))]
async fn change_password(
    State(http): State<Http>,
    Caller(identity): Caller,
    device: Device,
    extract::Json(body): extract::Json<ChangePassword>,
) -> Result<StatusCode> {
    let next = Password::parse(body.next).ok_or_else(|| Problems::one("next", Password::EXPECTED))?;
    http.auth.change_password(&identity, body.current, next, device.as_login()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize, ToSchema)]
struct DeleteMe {
    /// Of those who have one.
    #[schema(format = Password)]
    password: Option<String>,
}

/// Deletes the account. What was said stays, under no name.
#[utoipa::path(
    delete,
    path = "/member/me",
    tag = "members",
    request_body = Option<DeleteMe>,
    responses((status = 204))
)]
async fn delete_me(
    State(http): State<Http>,
    caller: Caller,
    device: Device,
    body: Option<extract::Json<DeleteMe>>,
) -> Result<Response> {
    let DeleteMe { password } = body.map(|extract::Json(body)| body).unwrap_or_default();
    http.auth.confirm(caller.id(), password, device.as_login()).await?;
    http.chat.leave_all_rooms(caller.id()).await?;
    http.auth.erase(caller.id()).await?;
    Ok((cookie::clear(), StatusCode::NO_CONTENT).into_response())
}

/// Whom the member has blocked.
#[utoipa::path(get, path = "/member/me/blocks", tag = "members", responses((status = 200, body = [MemberId])))]
async fn blocked(State(http): State<Http>, caller: Caller) -> Result<Json<Vec<MemberId>>> {
    Ok(Json(http.chat.blocked(caller.id()).await?))
}

/// Blocks a member.
#[utoipa::path(put, path = "/member/{id}/block", tag = "members", params(MemberId), responses((status = 204)))]
async fn block(State(http): State<Http>, caller: Caller, Path(id): Path<MemberId>) -> Result<StatusCode> {
    http.chat.block(caller.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts the block.
#[utoipa::path(delete, path = "/member/{id}/block", tag = "members", params(MemberId), responses((status = 204)))]
async fn unblock(State(http): State<Http>, caller: Caller, Path(id): Path<MemberId>) -> Result<StatusCode> {
    http.chat.unblock(caller.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
