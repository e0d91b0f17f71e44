//! What members send.

use std::time::Instant;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::error::Category;
use stomp_broker::{
    Refusal,
    app::{Request, State},
};

use super::{authenticator::Session, destination::room_id, refusal::refusal};
use crate::{
    chat::{Chat, EditMessage, Queue, SendMessage},
    domain::{Emoji, MemberId, MessageId, Problems, RoomId},
    error::{ChatError, Code},
    metrics,
    object::Object,
};

/// `/app/chat.sendMessage` and `/pub/chat`: the body names the room.
pub(super) async fn send(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    send_message(&chat, &request, None).await
}

/// `/app/{roomId}` and `/publish/{roomId}`: the destination names the room.
pub(super) async fn send_to_room(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    let session = Session::of(&request.principal)?;
    match request.parameters.first().and_then(|(_, id)| room_id(id)) {
        Some(room) => send_message(&chat, &request, Some(room)).await,
        None => Err(refusal(&Code::NotFound.into(), &request.destination, None, session.locale)),
    }
}

/// Stores and tells, then acknowledges; the RECEIPT goes out when this is done.
async fn send_message(chat: &Chat, request: &Request, room: Option<RoomId>) -> Result<(), Refusal> {
    let Session { member, locale, .. } = Session::of(&request.principal)?;
    let refuse = |error: &ChatError, id: Option<&str>| refusal(error, &request.destination, id, locale);
    let message: SendMessage = parse(&request.body).map_err(|error| refuse(&error, None))?;
    let id = message.client_message_id().map(str::to_owned);
    let begin = Instant::now();
    let sent = async { chat.send(member, message.into_draft(room)?).await }.await;
    let sent = sent.map_err(|error| refuse(&error, id.as_deref()))?;
    metrics::sent(begin.elapsed());
    chat.live().tell(member, Queue::Acks, &sent.ack());
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Edit {
    message_id: MessageId,
    #[serde(flatten)]
    edit: EditMessage,
}

/// `/app/chat.editMessage`.
pub(super) async fn edit(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, Edit { message_id, edit }| async move {
        let (content, version) = edit.parse()?;
        chat.edit_message(member, message_id, content, version).await.map(|_| ())
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delete {
    message_id: MessageId,
}

/// `/app/chat.deleteMessage`.
pub(super) async fn delete(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, Delete { message_id }| async move {
        chat.delete_message(member, message_id).await
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct React {
    message_id: MessageId,
    emoji: String,
    on: bool,
}

/// `/app/chat.react`.
pub(super) async fn react(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, React { message_id, emoji, on }| async move {
        let emoji = Emoji::parse(&emoji).ok_or_else(|| Problems::one("emoji", Emoji::EXPECTED))?;
        chat.react(member, message_id, emoji, on).await
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typing {
    room_id: RoomId,
    on: bool,
}

/// `/app/chat.typing`.
pub(super) async fn typing(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(
        &request,
        |member, Typing { room_id, on }| async move { chat.typing(member, room_id, on).await },
    )
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    room_id: RoomId,
    seq: Option<i64>,
}

/// `/app/chat.read`.
pub(super) async fn read(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, Read { room_id, seq }| async move { chat.read(member, room_id, seq).await })
        .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    room_id: RoomId,
}

/// `/app/chat.enter`: joins the room if it is open; who is in it already just stays.
pub(super) async fn enter(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, Place { room_id }| async move {
        chat.join_room(member, room_id, None).await.map(|_| ())
    })
    .await
}

/// `/app/chat.exit`: closes the room on the screen, without leaving it.
pub(super) async fn exit(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    carry_out(&request, |member, Place { room_id }| async move { chat.typing(member, room_id, false).await })
        .await
}

#[derive(Deserialize)]
struct Visible {
    visible: bool,
}

/// `/app/session.visible`: whether the page of this connection is to be seen.
pub(super) async fn visible(request: Request) -> Result<(), Refusal> {
    let connection = Session::of(&request.principal)?.connection;
    carry_out(&request, |_, Visible { visible }| async move {
        connection.show(visible);
        Ok(())
    })
    .await
}

/// Does what a body asks for; refusals name the destination, and are in the language of who connected.
async fn carry_out<T: DeserializeOwned, F: Future<Output = Result<(), ChatError>>>(
    request: &Request,
    act: impl FnOnce(MemberId, T) -> F,
) -> Result<(), Refusal> {
    let Session { member, locale, .. } = Session::of(&request.principal)?;
    let done = match parse(&request.body) {
        Ok(body) => act(member, body).await,
        Err(error) => Err(error),
    };
    done.map_err(|error| refusal(&error, &request.destination, None, locale))
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ChatError> {
    let parsed = serde_json::from_slice(body).map(|Object(body)| body);
    parsed.map_err(|error| match error.classify() {
        Category::Data => Problems::one("body", "the fields and types of this destination").into(),
        _ => Code::MalformedJson.into(),
    })
}
