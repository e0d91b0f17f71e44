//! What administrators do to rooms and messages.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    admin::Administrator,
    error::Result,
    extract::{Path, Query},
    page::{limit, page},
};
use crate::domain::{AdminRoom, MessageId, RoomId};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(admin_rooms))
        .routes(routes!(admin_delete_room))
        .routes(routes!(admin_delete_message))
}

#[derive(Deserialize, IntoParams)]
struct ListRooms {
    /// Part of the name.
    #[serde(default)]
    q: String,
    /// How many, at most.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<i64>,
    /// The last one of the page before.
    after: Option<i64>,
}

/// All rooms in the order of their ids, 1:1 rooms without a name.
#[utoipa::path(
    get,
    path = "/admin/api/rooms",
    tag = "admin",
    params(ListRooms),
    responses((status = 200, body = [AdminRoom], headers(("X-Has-More" = bool, description = "Whether there is another page"))))
)]
async fn admin_rooms(
    State(http): State<Http>,
    _: Administrator,
    Query(list): Query<ListRooms>,
) -> Result<Response> {
    let limit = limit(list.limit, 100, 100)?;
    let after = RoomId(list.after.unwrap_or(0));
    Ok(page(http.admin.rooms(list.q.trim(), after, limit + 1).await?, limit))
}

/// Deletes a group room with all that is in it.
#[utoipa::path(delete, path = "/admin/api/rooms/{id}", tag = "admin", params(RoomId), responses((status = 204)))]
async fn admin_delete_room(
    State(http): State<Http>,
    by: Administrator,
    Path(id): Path<RoomId>,
) -> Result<StatusCode> {
    http.chat.delete_room(&by.member, id).await?;
    http.admin.audit(by.actor(), "DELETE_ROOM", &format!("room:{id}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a message's text and all that belongs to it away, whatever room it is in.
#[utoipa::path(delete, path = "/admin/api/messages/{id}", tag = "admin", params(MessageId), responses((status = 204)))]
async fn admin_delete_message(
    State(http): State<Http>,
    by: Administrator,
    Path(id): Path<MessageId>,
) -> Result<StatusCode> {
    http.chat.delete_message(by.member.id, id).await?;
    http.admin.audit(by.actor(), "DELETE_MESSAGE", &format!("message:{id}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
