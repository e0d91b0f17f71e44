//! What happens to messages after they were said.

use super::{Chat, to_the_end};
use crate::{
    domain::{Change, Content, Emoji, MemberId, Message, MessageId, Problems, RoomId, Timestamp},
    error::{ChatError, Code},
    store::{Changed, Edit, React},
};

impl Chat {
    /// A message, for one who may read it.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`], also for a message that others may read.
    pub async fn message(&self, reader: MemberId, message: MessageId) -> Result<Message, ChatError> {
        self.store.message(message, reader).await?.ok_or_else(|| Code::MessageNotFound.into())
    }

    /// Puts another text in place of the one of that version.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`], [`Code::Forbidden`] for what somebody else said, or [`Code::VersionConflict`].
    pub async fn edit_message(
        &self,
        editor: MemberId,
        message: MessageId,
        content: Content,
        version: i64,
    ) -> Result<Message, ChatError> {
        let room = self.message(editor, message).await?.room_id;
        self.limits.send(editor, room)?;
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let edit = Edit { message, editor, content: &content, version, now: Timestamp::now() };
            let changed = chat.store.edit_message(edit).await?;
            chat.tell_change(changed).await?;
            chat.message(editor, message).await
        })
        .await
    }

    /// Takes a message's text and all that belongs to it away.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`], or [`Code::Forbidden`] for who neither said it nor owns the room nor administers.
    pub async fn delete_message(&self, by: MemberId, message: MessageId) -> Result<(), ChatError> {
        let room = self.store.room_of(message).await?.ok_or(Code::MessageNotFound)?;
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let changed = chat.store.delete_message(message, by, Timestamp::now()).await?;
            chat.tell_change(changed).await
        })
        .await
    }

    /// Adds a reaction to a message, or takes it back.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`], or [`ChatError::Invalid`] for one kind too many.
    pub async fn react(
        &self,
        member: MemberId,
        message: MessageId,
        emoji: Emoji,
        on: bool,
    ) -> Result<(), ChatError> {
        let room = self.message(member, message).await?.room_id;
        self.limits.send(member, room)?;
        let chat = self.clone();
        to_the_end(async move {
            let _turn = chat.turns.take(room).await;
            let react = React { message, member, emoji, on, now: Timestamp::now() };
            let changed = chat.store.react(react).await?;
            chat.tell_change(changed).await
        })
        .await
    }

    /// What happened to messages of a room after a change, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Code::NotParticipant`] or [`Code::RoomNotFound`].
    pub async fn changes(
        &self,
        reader: MemberId,
        room: RoomId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Change>, ChatError> {
        match self.store.changes(room, reader, after, limit).await? {
            Some(changes) => Ok(changes),
            None => Err(self.outsider(room).await),
        }
    }

    /// Who has read a message, besides who said it.
    ///
    /// # Errors
    ///
    /// [`Code::MessageNotFound`].
    pub async fn readers(&self, reader: MemberId, message: MessageId) -> Result<Vec<MemberId>, ChatError> {
        self.store.readers(message, reader).await?.ok_or_else(|| Code::MessageNotFound.into())
    }

    async fn tell_change(&self, changed: Changed) -> Result<(), ChatError> {
        match changed {
            Changed::Done(change) => {
                self.live.change(&change).await;
                self.rail.room_changed(change.message.room_id);
                Ok(())
            }
            Changed::Already => Ok(()),
            Changed::NoMessage => Err(Code::MessageNotFound.into()),
            Changed::NotAllowed => Err(Code::Forbidden.into()),
            Changed::Conflict => Err(Code::VersionConflict.into()),
            Changed::Full => {
                Err(Problems::one("emoji", "one of the reactions that the message has: it has 20").into())
            }
        }
    }
}
