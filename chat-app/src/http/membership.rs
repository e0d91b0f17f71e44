//! `/chat/room/../members` and what belongs to it: who is in a room.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    openapi::Refused,
    page::{ByName, page},
};
use crate::{
    domain::{MemberId, MyRoom, Notify, Participant, Problems, RoomId, RoomPassword},
    store::ParticipantQuery,
};

/// Members that can be put into a room at once.
const MAX_ADDED: usize = 100;

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(join))
        .routes(routes!(verify_password))
        .routes(routes!(leave_group))
        .routes(routes!(leave))
        .routes(routes!(room_members, add_room_members))
        .routes(routes!(remove_room_member))
        .routes(routes!(pass_room))
        .routes(routes!(set_notify))
        .routes(routes!(hide_room))
}

#[derive(Default, Deserialize, ToSchema)]
struct Password {
    /// 1 to 128 bytes.
    #[schema(format = Password, max_length = 128)]
    password: Option<String>,
}

/// Joins a group room: one that is open, or by its password, given here or verified within the last 5 minutes.
#[utoipa::path(
    post,
    path = "/chat/room/group/{id}/join",
    tag = "members of rooms",
    params(RoomId),
    request_body = Option<Password>,
    responses((status = 200, body = MyRoom), (status = 409, response = Refused<'_>))
)]
async fn join(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    body: Option<extract::Json<Password>>,
) -> Result<Json<MyRoom>> {
    let Password { password } = body.map(|extract::Json(body)| body).unwrap_or_default();
    let password = password.and_then(RoomPassword::parse);
    Ok(Json(http.chat.join_room(caller.id(), id, password).await?))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Verified {
    /// Seconds for which the member may join.
    expires_in: u64,
}

/// Checks a room's password; who shows the right one may join for 5 minutes.
#[utoipa::path(
    post,
    path = "/chat/room/group/{id}/verify-password",
    tag = "members of rooms",
    params(RoomId),
    responses((status = 200, body = Verified), (status = 401, response = Refused<'_>))
)]
async fn verify_password(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(Password { password }): extract::Json<Password>,
) -> Result<Json<Verified>> {
    let password = password.and_then(RoomPassword::parse);
    let password = password.ok_or_else(|| Problems::one("password", RoomPassword::EXPECTED))?;
    let lifetime = http.chat.verify_password(caller.id(), id, password).await?;
    Ok(Json(Verified { expires_in: lifetime.as_secs() }))
}

/// Leaves a group room; the last one out deletes it.
#[utoipa::path(delete, path = "/chat/room/group/{id}/leave", tag = "members of rooms", params(RoomId), responses((status = 200)))]
async fn leave_group(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<()> {
    Ok(http.chat.leave_room(caller.id(), id).await?)
}

/// The same by another path.
#[utoipa::path(delete, path = "/chat/room/{id}/leave", tag = "members of rooms", params(RoomId), responses((status = 200)))]
async fn leave(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<()> {
    Ok(http.chat.leave_room(caller.id(), id).await?)
}

/// Who is in a room, in the order of their ids.
#[utoipa::path(
    get,
    path = "/chat/room/{id}/members",
    tag = "members of rooms",
    params(RoomId, ByName),
    responses((status = 200, body = [Participant]))
)]
async fn room_members(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(list): Query<ByName>,
) -> Result<Response> {
    let (name, limit) = list.parse()?;
    let after = MemberId(list.after.unwrap_or_default());
    let query = ParticipantQuery { room: id, name, after, limit: limit + 1 };
    Ok(page(http.chat.participants(caller.id(), query).await?, limit))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AddedMembers {
    #[schema(max_items = 100)]
    member_ids: Vec<MemberId>,
}

/// Puts other members into a group room.
#[utoipa::path(
    post,
    path = "/chat/room/{id}/members",
    tag = "members of rooms",
    params(RoomId),
    responses((status = 204), (status = 409, response = Refused<'_>))
)]
async fn add_room_members(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(AddedMembers { member_ids }): extract::Json<AddedMembers>,
) -> Result<StatusCode> {
    if member_ids.len() > MAX_ADDED {
        return Err(Problems::one("memberIds", "100 members at most").into());
    }
    http.chat.add_members(caller.id(), id, member_ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct Removal {
    /// 1 to keep the member from coming back.
    #[param(minimum = 0, maximum = 1)]
    ban: Option<u8>,
}

/// Puts a member out of a group room; for its owner and administrators.
#[utoipa::path(
    delete,
    path = "/chat/room/{id}/members/{member}",
    tag = "members of rooms",
    params(("id" = i64, Path), ("member" = i64, Path), Removal),
    responses((status = 204))
)]
async fn remove_room_member(
    State(http): State<Http>,
    caller: Caller,
    Path((id, member)): Path<(RoomId, MemberId)>,
    Query(Removal { ban }): Query<Removal>,
) -> Result<StatusCode> {
    let ban = ban.unwrap_or_default() != 0;
    http.chat.remove_member(&caller.0.member, id, member, ban).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewOwner {
    member_id: MemberId,
}

/// Makes another participant the owner; for the owner and administrators.
#[utoipa::path(put, path = "/chat/room/{id}/owner", tag = "members of rooms", params(RoomId), responses((status = 204)))]
async fn pass_room(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(NewOwner { member_id }): extract::Json<NewOwner>,
) -> Result<StatusCode> {
    http.chat.pass_room(&caller.0.member, id, member_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct NotifyLevel {
    level: Notify,
}

/// Sets what who asks wants to be told of.
#[utoipa::path(put, path = "/chat/room/{id}/notify", tag = "members of rooms", params(RoomId), responses((status = 204)))]
async fn set_notify(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(NotifyLevel { level }): extract::Json<NotifyLevel>,
) -> Result<StatusCode> {
    http.chat.set_notify(caller.id(), id, level).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a 1:1 room off the list of who asks until its next message.
#[utoipa::path(post, path = "/chat/room/{id}/hide", tag = "members of rooms", params(RoomId), responses((status = 204)))]
async fn hide_room(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<StatusCode> {
    http.chat.hide_room(caller.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
