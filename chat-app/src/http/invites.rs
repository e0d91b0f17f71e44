//! Invitations to rooms.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path},
    openapi::Refused,
};
use crate::{
    chat::Invitation,
    domain::{Invite, MyRoom, Problems, RoomId},
};

/// Seconds that an invitation can be valid, at most: a year.
const MAX_LIFETIME: u64 = 365 * 24 * 60 * 60;

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(list_invites, create_invite))
        .routes(routes!(revoke_invite))
        .routes(routes!(invitation))
        .routes(routes!(accept_invite))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewInvite {
    /// How many may come by it; any number if not given.
    #[schema(minimum = 1)]
    max_uses: Option<i64>,
    /// Seconds, up to a year; for good if not given.
    #[schema(minimum = 1, maximum = 31536000)]
    expires_in: Option<u64>,
}

/// Makes an invitation to a group room that who asks is in.
#[utoipa::path(
    post,
    path = "/chat/room/{id}/invites",
    tag = "invitations",
    params(RoomId),
    request_body = Option<NewInvite>,
    responses((status = 200, body = Invite))
)]
async fn create_invite(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    body: Option<extract::Json<NewInvite>>,
) -> Result<Json<Invite>> {
    let NewInvite { max_uses, expires_in } = body.map(|extract::Json(body)| body).unwrap_or_default();
    let mut problems = Problems::default();
    let uses = max_uses.unwrap_or(1) >= 1;
    problems.check(uses.then_some(()), "maxUses", "1 or more");
    let lasts = (1..=MAX_LIFETIME).contains(&expires_in.unwrap_or(1));
    problems.check(lasts.then_some(()), "expiresIn", "1 to 31536000");
    if !problems.is_empty() {
        return Err(problems.into());
    }
    Ok(Json(http.chat.invite(caller.id(), id, max_uses, expires_in.map(Duration::from_secs)).await?))
}

/// The valid invitations to a room that who asks is in, the newest first.
#[utoipa::path(get, path = "/chat/room/{id}/invites", tag = "invitations", params(RoomId), responses((status = 200, body = [Invite])))]
async fn list_invites(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<Json<Vec<Invite>>> {
    Ok(Json(http.chat.invites(caller.id(), id).await?))
}

/// Ends an invitation.
#[utoipa::path(
    delete,
    path = "/chat/room/{id}/invites/{code}",
    tag = "invitations",
    params(("id" = i64, Path), ("code" = String, Path)),
    responses((status = 204))
)]
async fn revoke_invite(
    State(http): State<Http>,
    caller: Caller,
    Path((id, code)): Path<(RoomId, String)>,
) -> Result<StatusCode> {
    http.chat.revoke_invite(caller.id(), id, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What an invitation leads to, for whoever has its code.
#[utoipa::path(
    get,
    path = "/chat/invite/{code}",
    tag = "invitations",
    security(()),
    params(("code" = String, Path)),
    responses((status = 200, body = Invitation))
)]
async fn invitation(State(http): State<Http>, Path(code): Path<String>) -> Result<Json<Invitation>> {
    Ok(Json(http.chat.invitation(&code).await?))
}

/// Joins the room that an invitation leads to.
#[utoipa::path(
    post,
    path = "/chat/invite/{code}/accept",
    tag = "invitations",
    params(("code" = String, Path)),
    responses((status = 200, body = MyRoom), (status = 409, response = Refused<'_>))
)]
async fn accept_invite(
    State(http): State<Http>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<MyRoom>> {
    Ok(Json(http.chat.accept_invite(caller.id(), code).await?))
}
