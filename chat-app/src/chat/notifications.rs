//! Telling members of messages that are meant for them, wherever on the page they are.

use serde::Serialize;

use super::{Chat, Queue};
use crate::{
    domain::{MemberId, Message, MessageId, RoomId},
    store::NoticeKind,
};

/// Characters of a message that a notification shows.
const EXCERPT: usize = 200;

/// What a member is told of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    kind: NoticeKind,
    room_id: RoomId,
    message_id: MessageId,
    title: &'a str,
    body: &'a str,
}

impl Chat {
    /// Tells those whom a message is for; soon, so that its sender does not wait for it.
    pub(super) fn notify_soon(&self, message: &Message) {
        let (chat, message) = (self.clone(), message.clone());
        tokio::spawn(async move {
            match chat.store.notices(message.id).await {
                Ok(notices) => {
                    notices.into_iter().for_each(|(member, kind)| chat.notify(member, kind, &message))
                }
                Err(error) => tracing::warn!(%error, message = %message.id, "nobody is notified"),
            }
        });
    }

    fn notify(&self, member: MemberId, kind: NoticeKind, message: &Message) {
        let end = message.body.char_indices().nth(EXCERPT).map_or(message.body.len(), |(end, _)| end);
        let notification = Notification {
            kind,
            room_id: message.room_id,
            message_id: message.id,
            title: message.sender_name.as_deref().unwrap_or_default(),
            body: message.body.get(..end).unwrap_or_default(),
        };
        self.live.tell(member, Queue::Notifications, &notification);
    }
}
