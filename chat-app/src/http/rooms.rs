//! `/chat/room` and `/chat/my`: making, finding and changing rooms.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query, given},
    page::{ByName, page},
};
use crate::{
    chat::{ChangeRoom, CreateRoom, RoomDetails},
    domain::{History, MemberId, MyRoom, Problems, Room, RoomId, RoomName, RoomPassword, RoomSettings},
    store::RoomQuery,
};

/// Members that a room can be made with, at most.
const MAX_FIRST_MEMBERS: usize = 100;

/// Days that messages can be kept, at most.
const MAX_RETENTION_DAYS: i64 = 36_500;

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(create_room))
        .routes(routes!(list_rooms))
        .routes(routes!(create_private_room))
        .routes(routes!(my_rooms))
        .routes(routes!(room, change_room, delete_room))
}

/// Older front ends say `private`, newer ones `isPrivate`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewRoom {
    /// 1 to 64 characters that show.
    #[schema(min_length = 1)]
    room_name: Option<String>,
    /// Whether it takes a password; if not given, whether there is one.
    #[serde(alias = "private")]
    is_private: Option<bool>,
    /// 1 to 128 bytes.
    #[schema(format = Password)]
    password: Option<String>,
    listed: Option<bool>,
    /// Who is in it from the start.
    #[serde(default)]
    #[schema(max_items = 100)]
    member_ids: Vec<MemberId>,
}

impl NewRoom {
    fn parse(self) -> Result<CreateRoom, Problems> {
        let mut problems = Problems::default();
        let name = RoomName::parse(self.room_name.as_deref().unwrap_or_default());
        let name = problems.check(name, "roomName", RoomName::EXPECTED);
        let given = self.password.filter(|password| !password.is_empty());
        let password = match self.is_private.unwrap_or_else(|| given.is_some()) {
            true => problems.check(given.and_then(RoomPassword::parse), "password", RoomPassword::EXPECTED),
            false => None,
        };
        let few = self.member_ids.len() <= MAX_FIRST_MEMBERS;
        problems.check(few.then_some(()), "memberIds", "100 members at most");
        match name {
            Some(name) if problems.is_empty() => {
                let listed = self.listed.unwrap_or(true);
                Ok(CreateRoom { name, password, listed, members: self.member_ids })
            }
            _ => Err(problems),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
struct RoomNameQuery {
    /// The name, from older front ends.
    room_name: Option<String>,
}

/// Makes a group room. The name comes in the body or, from older front ends, in the query.
#[utoipa::path(
    post,
    path = "/chat/room/group/create",
    tag = "rooms",
    params(RoomNameQuery),
    request_body = Option<NewRoom>,
    responses((status = 200, body = MyRoom))
)]
async fn create_room(
    State(http): State<Http>,
    caller: Caller,
    Query(RoomNameQuery { room_name }): Query<RoomNameQuery>,
    body: Option<extract::Json<NewRoom>>,
) -> Result<Json<MyRoom>> {
    let body = body.map(|extract::Json(body)| body).unwrap_or_default();
    let create = NewRoom { room_name: body.room_name.or(room_name), ..body }.parse()?;
    Ok(Json(http.chat.create_room(caller.id(), create).await?))
}

/// Group rooms that are listed, the one with the newest message first.
#[utoipa::path(
    get,
    path = "/chat/room/group/list",
    tag = "rooms",
    params(ByName),
    responses((status = 200, body = [Room]))
)]
async fn list_rooms(
    State(http): State<Http>,
    caller: Caller,
    Query(list): Query<ByName>,
) -> Result<Response> {
    let (name, limit) = list.parse()?;
    let query = RoomQuery { viewer: caller.id(), name, after: list.after.map(RoomId), limit: limit + 1 };
    Ok(page(http.chat.rooms(query).await?, limit))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
struct PrivateRoom {
    /// Who else is in it.
    other_member_id: MemberId,
}

/// The 1:1 room with another member, made if there is none. The answer is its bare id.
#[utoipa::path(post, path = "/chat/room/private/create", tag = "rooms", params(PrivateRoom), responses((status = 200, body = RoomId)))]
async fn create_private_room(
    State(http): State<Http>,
    caller: Caller,
    Query(PrivateRoom { other_member_id }): Query<PrivateRoom>,
) -> Result<Json<RoomId>> {
    Ok(Json(http.chat.private_room(caller.id(), other_member_id).await?))
}

/// The rooms of who asks, the one with the newest message first.
#[utoipa::path(get, path = "/chat/my/rooms", tag = "rooms", responses((status = 200, body = [MyRoom])))]
async fn my_rooms(State(http): State<Http>, caller: Caller) -> Result<Json<Vec<MyRoom>>> {
    Ok(Json(http.chat.my_rooms(caller.id()).await?))
}

/// A room with those who are in it, and how far each of them has read.
#[utoipa::path(get, path = "/chat/room/{id}", tag = "rooms", params(RoomId), responses((status = 200, body = RoomDetails)))]
async fn room(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<Json<RoomDetails>> {
    Ok(Json(http.chat.room_details(caller.id(), id).await?))
}

/// What is not given stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoomPatch {
    /// 1 to 64 characters that show.
    #[schema(min_length = 1)]
    room_name: Option<String>,
    /// 1 to 128 bytes; `null` opens the room.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 128)]
    password: Option<Option<String>>,
    listed: Option<bool>,
    history: Option<History>,
    /// 1 to 36,500; `null` keeps messages for good.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 36500)]
    retention_days: Option<Option<i64>>,
}

impl RoomPatch {
    fn parse(self) -> Result<ChangeRoom, Problems> {
        let mut problems = Problems::default();
        let name = self.room_name.map(|name| RoomName::parse(&name));
        let name = name.and_then(|name| problems.check(name, "roomName", RoomName::EXPECTED));
        let password = self.password.map(|password| {
            let password = password.map(RoomPassword::parse);
            password.and_then(|password| problems.check(password, "password", RoomPassword::EXPECTED))
        });
        let days = self.retention_days.flatten().unwrap_or(1);
        let kept = (1..=MAX_RETENTION_DAYS).contains(&days);
        problems.check(kept.then_some(()), "retentionDays", "1 to 36500, or null");
        let (listed, history, retention_days) = (self.listed, self.history, self.retention_days);
        let change = ChangeRoom { name, password, listed, history, retention_days };
        if problems.is_empty() { Ok(change) } else { Err(problems) }
    }
}

/// Changes what is given; for its owner and administrators.
#[utoipa::path(patch, path = "/chat/room/{id}", tag = "rooms", params(RoomId), responses((status = 200, body = RoomSettings)))]
async fn change_room(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(patch): extract::Json<RoomPatch>,
) -> Result<Json<RoomSettings>> {
    Ok(Json(http.chat.change_room(&caller.0.member, id, patch.parse()?).await?))
}

/// Deletes a room with all that is in it; for its owner and administrators.
#[utoipa::path(delete, path = "/chat/room/{id}", tag = "rooms", params(RoomId), responses((status = 204)))]
async fn delete_room(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<StatusCode> {
    http.chat.delete_room(&caller.0.member, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
