//! Telling members of messages that are meant for them, wherever on the page they are, or without one.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;
use tokio::time::sleep;

use super::{Chat, Queue};
use crate::{
    domain::{Message, MessageId, RoomId},
    store::{Notice, NoticeKind},
};

/// Characters of a message that a notification shows. With all else it stays below the 3,993 octets that may be pushed
/// (RFC 8291, 4).
const EXCERPT: usize = 200;

/// How long the next look-up waits, so that under load one does for many messages.
const PAUSE: Duration = Duration::from_millis(100);

/// What a member is told of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification<'a> {
    kind: NoticeKind,
    room_id: RoomId,
    message_id: MessageId,
    title: &'a str,
    body: &'a str,
}

impl<'a> Notification<'a> {
    /// The beginning of a message; the name of what it carries if it has no text.
    pub(crate) fn new(kind: NoticeKind, message: &'a Message) -> Self {
        let text = match message.files.first() {
            Some(file) if message.body.is_empty() => &file.name,
            _ => &message.body,
        };
        let end = text.char_indices().nth(EXCERPT).map_or(text.len(), |(end, _)| end);
        Self {
            kind,
            room_id: message.room_id,
            message_id: message.id,
            title: message.sender_name.as_deref().unwrap_or_default(),
            body: text.get(..end).unwrap_or_default(),
        }
    }
}

impl Chat {
    /// Tells those whom a message is for; soon, so that its sender does not wait for it.
    pub(super) fn notify_soon(&self, message: &Message) {
        self.push.push_soon(message);
        if !self.to_notify.push(message.clone()) {
            tracing::warn!(message = %message.id, "too much is stored: nobody is notified of a message");
        }
    }

    /// Tells those whom messages are for, of all that wait in one look-up. Ends never.
    pub(super) async fn notify(&self) {
        loop {
            let messages: BTreeMap<_, _> =
                self.to_notify.take().await.into_iter().map(|message| (message.id, message)).collect();
            let ids: Vec<_> = messages.keys().copied().collect();
            match self.store.notices(&ids).await {
                Ok(notices) => self.tell_notices(&notices, &messages),
                Err(error) => tracing::warn!(%error, "nobody is notified of {} messages", ids.len()),
            }
            sleep(PAUSE).await;
        }
    }

    fn tell_notices(&self, notices: &[Notice], messages: &BTreeMap<MessageId, Message>) {
        for Notice { message_id, member_id, kind } in notices {
            if let Some(message) = messages.get(message_id) {
                self.live.tell(*member_id, Queue::Notifications, &Notification::new(*kind, message));
            }
        }
    }
}
