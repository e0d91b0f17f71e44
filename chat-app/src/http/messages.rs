//! What was said in rooms, and how far it was read.

use axum::{
    Json, Router,
    extract::State,
    http::HeaderName,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{self, Path, Query},
    page::{HAS_MORE, limit},
};
use crate::{
    chat::SendMessage,
    domain::{Message, Problems, RoomId},
    store::Cursor,
};

const LAST_SEQ: HeaderName = HeaderName::from_static("x-last-seq");

pub(super) fn router() -> Router<Http> {
    Router::new()
        .route("/chat/history/{id}", get(history))
        .route("/chat/room/{id}/messages", post(send))
        .route("/chat/room/{id}/read", post(read))
}

#[derive(Deserialize)]
struct History {
    limit: Option<i64>,
    before: Option<i64>,
    after: Option<i64>,
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

async fn history(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(history): Query<History>,
) -> Result<Response> {
    let (cursor, limit) = (history.cursor()?, limit(history.limit, 50, 200)?);
    let page = http.chat.history(caller.id(), id, cursor, limit).await?;
    let headers = [(HAS_MORE, page.has_more.to_string()), (LAST_SEQ, page.last_seq.to_string())];
    Ok((headers, Json(page.messages)).into_response())
}

async fn send(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    extract::Json(message): extract::Json<SendMessage>,
) -> Result<Json<Message>> {
    let draft = message.into_draft(Some(id))?;
    Ok(Json(http.chat.send(caller.id(), draft).await?.message))
}

#[derive(Default, Deserialize)]
struct Read {
    seq: Option<i64>,
}

async fn read(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    body: Option<extract::Json<Read>>,
) -> Result<()> {
    let Read { seq } = body.map(|extract::Json(read)| read).unwrap_or_default();
    Ok(http.chat.read(caller.id(), id, seq).await?)
}
