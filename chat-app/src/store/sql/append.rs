//! Storing messages in the database: a batch of them in one transaction, and in as many statements as one of them takes.

use std::collections::HashMap;

use sqlx::Transaction;

use super::{
    Db, DbStore,
    file::attach,
    ids,
    line::{Line, Place, write},
    lock_rooms,
    verdict::{Speaker, Verdict, judge},
};
use crate::{
    domain::{Message, MessageId, MessageType, grams},
    store::{Append, NewMessage, Result, StoreError},
};

/// Stores the messages that may be stored; the answers are in the order of the batch.
pub(super) async fn append(store: &DbStore, batch: &[NewMessage<'_>]) -> Result<Vec<Append>> {
    let mut tx = store.write().await?;
    let mut rooms: Vec<_> = batch.iter().map(|new| new.room).collect();
    rooms.sort_unstable();
    rooms.dedup();
    lock_rooms(&mut tx, &rooms).await?;
    let verdicts = judge(&mut tx, batch).await?;

    let to_store: Vec<_> =
        batch.iter().zip(&verdicts).filter_map(|(new, verdict)| Some((new, verdict.speaker()?))).collect();
    let mut lines: Vec<_> = to_store.iter().map(|(new, _)| line(new)).collect();
    let stored = write(&mut tx, &mut lines).await?;
    let mut messages = HashMap::with_capacity(batch.len());
    let mut to_read: Vec<_> = verdicts.iter().filter_map(Verdict::before).collect();
    for ((new, speaker), place) in to_store.into_iter().zip(&stored) {
        attach(&mut tx, new.files, place.id).await?;
        if is_plain(new) {
            messages.insert(place.id, plain(new, speaker, place));
        } else {
            to_read.push(place.id);
        }
    }
    messages.extend(read(&mut tx, &to_read).await?);
    tx.commit().await?;

    let mut stored = stored.iter().map(|place| place.id);
    let mut outcomes: Vec<Append> = Vec::with_capacity(batch.len());
    for verdict in verdicts {
        let outcome = match verdict {
            Verdict::Store(_) => Append::Stored(take(&mut messages, stored.next())?),
            Verdict::Before(id) => Append::Duplicate(take(&mut messages, Some(id))?),
            Verdict::SameAs(earlier) => again(outcomes.get(earlier)),
            Verdict::Refuse(refusal) => refusal,
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn line<'a>(new: &NewMessage<'a>) -> Line<'a> {
    Line {
        client_message_id: new.client_message_id.map(|id| id.as_str()),
        reply_to: new.reply_to,
        grams: grams(new.content.as_str()),
        ..Line::new(new.room, new.sender, MessageType::Talk, new.content.as_str(), new.now)
    }
}

/// Whether a message is all that it came as: it answers, carries and names nothing.
fn is_plain(new: &NewMessage<'_>) -> bool {
    new.reply_to.is_none() && new.files.is_empty() && !new.content.as_str().contains('@')
}

/// A plain message as clients get it, without looking it up: most are.
fn plain(new: &NewMessage<'_>, speaker: &Speaker, place: &Place) -> Message {
    let Speaker { sender_name, sender_tag, sender_avatar_url } = speaker.clone();
    Message {
        id: place.id,
        room_id: new.room,
        seq: place.seq,
        r#type: MessageType::Talk,
        body: new.content.as_str().to_owned(),
        sender_id: Some(new.sender),
        sender_name,
        sender_tag,
        sender_avatar_url,
        created_at: new.now,
        client_message_id: new.client_message_id.map(|id| id.as_str().to_owned()),
        reply_to: None,
        mentions: Vec::new(),
        files: Vec::new(),
        reactions: Vec::new(),
        version: 1,
        edited_at: None,
        deleted: false,
    }
}

/// Messages as clients get them.
async fn read(tx: &mut Transaction<'_, Db>, messages: &[MessageId]) -> Result<HashMap<MessageId, Message>> {
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let read = sqlx::query_as(concat!("SELECT * FROM message_view WHERE id", one_of!()));
    let messages: Vec<Message> = read.bind(ids(messages)).fetch_all(&mut **tx).await?;
    Ok(messages.into_iter().map(|message| (message.id, message)).collect())
}

/// Each is the outcome of one message of the batch alone; those that are the same take theirs from the first.
fn take(messages: &mut HashMap<MessageId, Message>, id: Option<MessageId>) -> Result<Box<Message>> {
    let message = id.and_then(|id| messages.remove(&id));
    message.map(Box::new).ok_or(StoreError::Failed(sqlx::Error::RowNotFound))
}

/// What a message gets that is the same as an earlier one.
fn again(earlier: Option<&Append>) -> Append {
    match earlier {
        Some(Append::Stored(message) | Append::Duplicate(message)) => Append::Duplicate(message.clone()),
        Some(refusal) => refusal.clone(),
        None => Append::NoRoom,
    }
}
