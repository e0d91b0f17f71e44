//! Saying something and reading what was said.

use axum::{
    Json,
    extract::State,
    http::HeaderName,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    page::{HAS_MORE, limit},
};
use crate::{
    chat::SendMessage,
    domain::{MemberId, Message, MessageId, Problems, RoomId},
    metrics,
    store::{Cursor, Page},
};

const LAST_SEQ: HeaderName = HeaderName::from_static("x-last-seq");
const LAST_CHANGE_SEQ: HeaderName = HeaderName::from_static("x-last-change-seq");

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new()
        .routes(routes!(history))
        .routes(routes!(newest))
        .routes(routes!(older))
        .routes(routes!(send))
        .routes(routes!(read))
}

#[derive(Deserialize, IntoParams)]
struct History {
    /// How many, at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// Those before this number.
    before: Option<i64>,
    /// Those after this number.
    after: Option<i64>,
    /// Those around this number, or around the message of this id.
    around: Option<i64>,
}

impl History {
    fn cursor(&self) -> Result<Cursor, Problems> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Cursor::Newest),
            (Some(seq), None, None) => Ok(Cursor::Before(seq)),
            (None, Some(seq), None) => Ok(Cursor::After(seq)),
            (None, None, Some(place)) => Ok(Cursor::Around(place)),
            _ => Err(Problems::one("before", "one of before, after and around")),
        }
    }
}

/// A page of a room's messages, ascending; the newest if no place is given.
#[utoipa::path(
    get,
    path = "/chat/history/{id}",
    tag = "messages",
    params(RoomId, History),
    responses((
        status = 200,
        body = [Message],
        headers(
            ("X-Last-Seq" = i64, description = "Of the room's newest message"),
            ("X-Last-Change-Seq" = i64, description = "Of the newest change that the page knows of")
        )
    ))
)]
async fn history(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(history): Query<History>,
) -> Result<Response> {
    let (cursor, limit) = (history.cursor()?, limit(history.limit, 50, 200)?);
    if matches!(cursor, Cursor::After(_)) {
        metrics::gap_filled();
    }
    Ok(answer(http.chat.history(caller.id(), id, cursor, limit).await?, caller.id()))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
struct Newest {
    room_id: RoomId,
    /// How many, at most.
    #[param(minimum = 1, maximum = 200, default = 10)]
    limit: Option<i64>,
}

/// A room's newest messages, the newest first, for older front ends.
#[utoipa::path(get, path = "/message", tag = "messages", params(Newest), responses((status = 200, body = [Message])))]
async fn newest(
    State(http): State<Http>,
    caller: Caller,
    Query(Newest { room_id, limit: asked }): Query<Newest>,
) -> Result<Response> {
    let limit = limit(asked, 10, 200)?;
    let page = http.chat.history(caller.id(), room_id, Cursor::Newest, limit).await?;
    Ok(answer(descending(page), caller.id()))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
struct Older {
    room_id: RoomId,
    /// How many, at most.
    #[param(minimum = 1, maximum = 200, default = 10)]
    limit: Option<i64>,
    /// The last one of the page before.
    last_message_id: MessageId,
}

/// A room's messages before one, the newest first, for older front ends.
#[utoipa::path(get, path = "/message/lastMessageId", tag = "messages", params(Older), responses((status = 200, body = [Message])))]
async fn older(
    State(http): State<Http>,
    caller: Caller,
    Query(Older { room_id, limit: asked, last_message_id }): Query<Older>,
) -> Result<Response> {
    let limit = limit(asked, 10, 200)?;
    let last = http.chat.message(caller.id(), last_message_id).await?;
    let page = http.chat.history(caller.id(), room_id, Cursor::Before(last.seq), limit).await?;
    Ok(answer(descending(page), caller.id()))
}

fn descending(page: Page) -> Page {
    Page { messages: page.messages.into_iter().rev().collect(), ..page }
}

fn answer(page: Page, reader: MemberId) -> Response {
    let headers = [
        (HAS_MORE, page.has_more.to_string()),
        (LAST_SEQ, page.last_seq.to_string()),
        (LAST_CHANGE_SEQ, page.last_change_seq.to_string()),
    ];
    let messages: Vec<_> = page.messages.into_iter().map(|message| message.seen_by(reader)).collect();
    (headers, Json(messages)).into_response()
}

/// Says something. With a `clientMessageId` that was sent before, the answer is the message that was stored then.
#[utoipa::path(post, path = "/chat/room/{id}/messages", tag = "messages", params(RoomId), responses((status = 200, body = Message)))]
async fn send(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(message): extract::Json<SendMessage>,
) -> Result<Json<Message>> {
    let draft = message.into_draft(Some(id))?;
    Ok(Json(http.chat.send(caller.id(), draft).await?.message.seen_by(caller.id())))
}

#[derive(Default, Deserialize, ToSchema)]
struct Read {
    /// Of the last message read; the newest if not given.
    seq: Option<i64>,
}

/// Moves the marker of who asks forward.
#[utoipa::path(
    post,
    path = "/chat/room/{id}/read",
    tag = "messages",
    params(RoomId),
    request_body = Option<Read>,
    responses((status = 200))
)]
async fn read(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    body: Option<extract::Json<Read>>,
) -> Result<()> {
    let Read { seq } = body.map(|extract::Json(read)| read).unwrap_or_default();
    Ok(http.chat.read(caller.id(), id, seq).await?)
}
