//! `/chat/room` and `/chat/my`: rooms and who is in them.

use axum::{
    Json, Router,
    extract::State,
    response::Response,
    routing::{delete, get, post},
};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    page::{limit, page},
};
use crate::{
    chat::RoomDetails,
    domain::{MemberId, MyRoom, Problems, RoomId, RoomName},
    store::RoomQuery,
};

pub(super) fn router() -> Router<Http> {
    Router::new()
        .route("/chat/room/group/create", post(create))
        .route("/chat/room/group/list", get(list))
        .route("/chat/room/group/{id}/join", post(join))
        .route("/chat/room/group/{id}/leave", delete(leave))
        .route("/chat/room/{id}/leave", delete(leave))
        .route("/chat/room/private/create", post(create_private))
        .route("/chat/my/rooms", get(mine))
        .route("/chat/room/{id}", get(details))
}

/// Older front ends say `private`, newer ones `isPrivate`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    room_name: Option<String>,
    #[serde(default, alias = "private")]
    is_private: bool,
    password: Option<String>,
    listed: Option<bool>,
    #[serde(default)]
    member_ids: Vec<IgnoredAny>,
}

impl Create {
    fn parse(self) -> Result<RoomName, Problems> {
        let mut problems = Problems::default();
        let mut unsupported =
            |absent: bool, field, expected| problems.check(absent.then_some(()), field, expected);
        unsupported(!self.is_private, "isPrivate", "false: rooms with a password are not supported yet");
        let no_password = self.password.is_none_or(|password| password.is_empty());
        unsupported(no_password, "password", "nothing: rooms with a password are not supported yet");
        unsupported(
            self.listed.unwrap_or(true),
            "listed",
            "true: rooms that are not listed are not supported yet",
        );
        unsupported(self.member_ids.is_empty(), "memberIds", "nothing: adding members is not supported yet");
        let name = RoomName::parse(self.room_name.as_deref().unwrap_or_default());
        match problems.check(name, "roomName", RoomName::EXPECTED) {
            Some(name) if problems.is_empty() => Ok(name),
            _ => Err(problems),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoomNameQuery {
    room_name: Option<String>,
}

/// The name comes in the body or, from older front ends, in the query.
async fn create(
    State(http): State<Http>,
    caller: Caller,
    Query(RoomNameQuery { room_name }): Query<RoomNameQuery>,
    body: Option<extract::Json<Create>>,
) -> Result<Json<MyRoom>> {
    let body = body.map(|extract::Json(body)| body).unwrap_or_default();
    let name = Create { room_name: body.room_name.or(room_name), ..body }.parse()?;
    Ok(Json(http.chat.create_room(caller.id(), name).await?))
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    cursor: Option<RoomId>,
}

/// The cursor is the id of the last room of the page before.
async fn list(State(http): State<Http>, caller: Caller, Query(list): Query<List>) -> Result<Response> {
    let limit = limit(list.limit, 100, 100)?;
    let query = RoomQuery { viewer: caller.id(), name: list.q.trim(), after: list.cursor, limit: limit + 1 };
    Ok(page(http.chat.rooms(query).await?, limit))
}

#[derive(Default, Deserialize)]
struct Join {
    password: Option<String>,
}

async fn join(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    body: Option<extract::Json<Join>>,
) -> Result<Json<MyRoom>> {
    if body
        .is_some_and(|extract::Json(Join { password })| password.is_some_and(|password| !password.is_empty()))
    {
        return Err(Problems::one("password", "nothing: rooms with a password are not supported yet").into());
    }
    Ok(Json(http.chat.join_room(caller.0.member, id).await?))
}

async fn leave(State(http): State<Http>, caller: Caller, Path(id): Path<RoomId>) -> Result<()> {
    Ok(http.chat.leave_room(caller.id(), id).await?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatePrivate {
    other_member_id: MemberId,
}

async fn create_private(
    State(http): State<Http>,
    caller: Caller,
    Query(CreatePrivate { other_member_id }): Query<CreatePrivate>,
) -> Result<Json<RoomId>> {
    Ok(Json(http.chat.private_room(caller.id(), other_member_id).await?))
}

async fn mine(State(http): State<Http>, caller: Caller) -> Result<Json<Vec<MyRoom>>> {
    Ok(Json(http.chat.my_rooms(caller.id()).await?))
}

async fn details(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<Json<RoomDetails>> {
    Ok(Json(http.chat.room_details(caller.id(), id).await?))
}
