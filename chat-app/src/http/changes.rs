//! `/chat/message` and what happened there: edits, deletions, reactions, and finding messages.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    openapi::Refused,
    page::{limit, page},
};
use crate::{
    chat::{EditMessage, Hit},
    domain::{Change, Emoji, MemberId, Message, MessageId, Problems, RoomId, SearchText},
    store::Search,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(edit_message, delete_message))
        .routes(routes!(readers))
        .routes(routes!(add_reaction, remove_reaction))
        .routes(routes!(changes))
        .routes(routes!(search))
}

/// Puts another text in place of the one of that version; for who said it.
#[utoipa::path(
    patch,
    path = "/chat/message/{id}",
    tag = "messages",
    params(MessageId),
    responses((status = 200, body = Message), (status = 409, response = Refused<'_>))
)]
async fn edit_message(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<MessageId>,
    extract::Json(edit): extract::Json<EditMessage>,
) -> Result<Json<Message>> {
    let (content, version) = edit.parse()?;
    Ok(Json(http.chat.edit_message(caller.id(), id, content, version).await?.seen_by(caller.id())))
}

/// Takes a message's text and all that belongs to it away; for who said it, the room's owner and administrators.
#[utoipa::path(delete, path = "/chat/message/{id}", tag = "messages", params(MessageId), responses((status = 204)))]
async fn delete_message(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<StatusCode> {
    http.chat.delete_message(caller.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who has read a message, besides who said it.
#[utoipa::path(get, path = "/chat/message/{id}/readers", tag = "messages", params(MessageId), responses((status = 200, body = [MemberId])))]
async fn readers(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<MessageId>,
) -> Result<Json<Vec<MemberId>>> {
    Ok(Json(http.chat.readers(caller.id(), id).await?))
}

/// Reacts to a message.
#[utoipa::path(
    put,
    path = "/chat/message/{id}/reactions/{emoji}",
    tag = "messages",
    params(("id" = i64, Path), ("emoji" = String, Path)),
    responses((status = 204))
)]
async fn add_reaction(
    State(http): State<Http>,
    caller: Caller,
    Path((id, emoji)): Path<(MessageId, String)>,
) -> Result<StatusCode> {
    react(&http, &caller, id, &emoji, true).await
}

/// Takes a reaction back.
#[utoipa::path(
    delete,
    path = "/chat/message/{id}/reactions/{emoji}",
    tag = "messages",
    params(("id" = i64, Path), ("emoji" = String, Path)),
    responses((status = 204))
)]
async fn remove_reaction(
    State(http): State<Http>,
    caller: Caller,
    Path((id, emoji)): Path<(MessageId, String)>,
) -> Result<StatusCode> {
    react(&http, &caller, id, &emoji, false).await
}

async fn react(http: &Http, caller: &Caller, id: MessageId, emoji: &str, on: bool) -> Result<StatusCode> {
    let emoji = Emoji::parse(emoji).ok_or_else(|| Problems::one("emoji", Emoji::EXPECTED))?;
    http.chat.react(caller.id(), id, emoji, on).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct Changes {
    /// The last change that is known.
    after: Option<i64>,
    /// How many, at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<i64>,
}

/// What happened to messages of a room after a change, the oldest first; each with the message as it is now.
#[utoipa::path(
    get,
    path = "/chat/room/{id}/changes",
    tag = "messages",
    params(RoomId, Changes),
    responses((status = 200, body = [Change]))
)]
async fn changes(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(Changes { after, limit: asked }): Query<Changes>,
) -> Result<Response> {
    let limit = limit(asked, 200, 200)?;
    let changes = http.chat.changes(caller.id(), id, after.unwrap_or_default(), limit + 1).await?;
    let seen = |change: Change| Change { message: change.message.seen_by(caller.id()), ..change };
    Ok(page(changes.into_iter().map(seen).collect(), limit))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
struct Find {
    /// 1 to 64 characters with a letter or a digit among them; all of its words have to be there.
    #[param(min_length = 1)]
    q: String,
    /// In this room alone.
    room_id: Option<RoomId>,
    /// By this member alone.
    from: Option<MemberId>,
    /// The id of the last message of the page before.
    before: Option<MessageId>,
    /// How many, at most.
    #[param(minimum = 1, maximum = 50, default = 50)]
    limit: Option<i64>,
}

/// Messages in the rooms of who asks, the newest first.
#[utoipa::path(
    get,
    path = "/chat/search",
    tag = "messages",
    params(Find),
    responses((status = 200, body = [Hit]))
)]
async fn search(State(http): State<Http>, caller: Caller, Query(find): Query<Find>) -> Result<Response> {
    let limit = limit(find.limit, 50, 50)?;
    let text = SearchText::parse(&find.q).ok_or_else(|| Problems::one("q", SearchText::EXPECTED))?;
    let search = Search {
        member: caller.id(),
        text: &text,
        room: find.room_id,
        sender: find.from,
        before: find.before,
        limit: limit + 1,
    };
    Ok(page(http.chat.search(search).await?, limit))
}
