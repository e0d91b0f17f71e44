//! What members send.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::error::Category;
use stomp_broker::{
    Refusal,
    app::{Request, State},
};

use super::{authenticator::Session, destination::room_id, refusal::refusal};
use crate::{
    chat::{Chat, Queue, SendMessage},
    domain::{Problems, RoomId},
    error::{ChatError, Code},
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
    let Session { member, locale } = Session::of(&request.principal)?;
    let refuse = |error: &ChatError, id: Option<&str>| refusal(error, &request.destination, id, locale);
    let message: SendMessage = parse(&request.body).map_err(|error| refuse(&error, None))?;
    let id = message.client_message_id().map(str::to_owned);
    let sent = async { chat.send(member, message.into_draft(room)?).await }.await;
    let sent = sent.map_err(|error| refuse(&error, id.as_deref()))?;
    chat.live().tell(member, Queue::Acks, &sent.ack());
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    room_id: RoomId,
    seq: Option<i64>,
}

/// `/app/chat.read`.
pub(super) async fn read(State(chat): State<Chat>, request: Request) -> Result<(), Refusal> {
    let Session { member, locale } = Session::of(&request.principal)?;
    let done = async {
        let Read { room_id, seq } = parse(&request.body)?;
        chat.read(member, room_id, seq).await
    };
    done.await.map_err(|error| refusal(&error, &request.destination, None, locale))
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ChatError> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Problems::one("body", "the fields and types of this destination").into(),
        _ => Code::MalformedJson.into(),
    })
}
