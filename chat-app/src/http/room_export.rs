//! `/chat/room/{id}/export`: all that was said in a room, to take away.

use axum::{
    body::Body,
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Http,
    caller::Caller,
    error::Result,
    extract::{Path, Query},
};
use crate::{
    domain::{MemberId, Message, MessageType, RoomId},
    error::ChatError,
};

pub(super) fn router() -> OpenApiRouter<Http> {
    OpenApiRouter::new().routes(routes!(export_room))
}

#[derive(Deserialize, IntoParams)]
struct Export {
    /// An array of messages, or a line of text for each.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Txt,
}

/// All messages of a group room, the oldest first; for its owner and administrators.
#[utoipa::path(
    get,
    path = "/chat/room/{id}/export",
    tag = "rooms",
    params(RoomId, Export),
    responses((status = 200, content(([Message] = "application/json"), (String = "text/plain"))))
)]
async fn export_room(
    State(http): State<Http>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(Export { format }): Query<Export>,
) -> Result<Response> {
    let pages = http.chat.export_room(&caller.0.member, id).await?;
    let reader = caller.id();
    let mut is_first = true;
    let text = pages.map(move |messages| {
        let mut text = String::new();
        for message in messages? {
            text.push_str(&format.written(message, reader, is_first)?);
            is_first = false;
        }
        Ok::<_, ChatError>(text)
    });
    let (begin, end) = format.frame();
    let text = stream::iter([Ok(begin.to_owned())]).chain(text).chain(stream::iter([Ok(end.to_owned())]));
    let name = format!("attachment; filename=\"room-{id}.{}\"", format.extension());
    let headers = [(CONTENT_TYPE, format.content_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(text)).into_response())
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Txt => "text/plain; charset=utf-8",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Txt => "txt",
        }
    }

    /// What is before all messages, and behind them.
    fn frame(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("[", "\n]\n"),
            Self::Txt => ("", ""),
        }
    }

    fn written(
        self,
        message: Message,
        reader: MemberId,
        is_first: bool,
    ) -> Result<String, serde_json::Error> {
        Ok(match self {
            Self::Json => {
                let comma = if is_first { "" } else { "," };
                let json = serde_json::to_string(&message.seen_by(reader))?;
                format!("{comma}\n{json}")
            }
            Self::Txt => line(&message),
        })
    }
}

/// A message for people. What it has of lines is set in, so that no text looks like another message.
fn line(message: &Message) -> String {
    let name = message.sender_name.as_deref().unwrap_or_default();
    let said = match message.r#type {
        MessageType::Talk => message.body.replace('\n', "\n    "),
        other => other.as_str().to_owned(),
    };
    let files: String = message.files.iter().map(|file| format!(" [{}]", file.name)).collect();
    format!("{} {name}: {said}{files}\n", message.created_at)
}
