//! What administrators do to rooms and messages.

use axum::{extract::State, http::StatusCode, response::Response};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    admin::Administrator,
    error::Result,
    extract::{Path, Query},
    page::{ByName, page},
};
use crate::domain::{AdminRoom, MessageId, RoomId};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(admin_rooms))
        .routes(routes!(admin_delete_room))
        .routes(routes!(admin_delete_message))
}

/// All rooms in the order of their ids, 1:1 rooms without a name.
#[utoipa::path(
    get,
    path = "/admin/api/rooms",
    tag = "admin",
    params(ByName),
    responses((status = 200, body = [AdminRoom]))
)]
async fn admin_rooms(
    State(http): State<Http>,
    _: Administrator,
    Query(list): Query<ByName>,
) -> Result<Response> {
    let (name, limit) = list.parse()?;
    let after = RoomId(list.after.unwrap_or_default());
    Ok(page(http.admin.rooms(name, after, limit + 1).await?, limit))
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
