//! Writing the lines of rooms in the database, whoever speaks.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{FromRow, Transaction};

use super::{
    Db, insert_lines,
    message::{message, note_mentions},
};
use crate::{
    domain::{MemberId, Message, MessageId, MessageType, RoomId, Timestamp},
    store::{Result, StoreError},
};

/// A message to write.
#[derive(Debug, Serialize)]
pub(in super::super) struct Line<'a> {
    pub(super) room: RoomId,
    pub(super) sender: MemberId,
    pub(super) r#type: MessageType,
    pub(super) body: &'a str,
    pub(super) client_message_id: Option<&'a str>,
    pub(super) reply_to: Option<MessageId>,
    /// What it is found by.
    pub(super) grams: Vec<String>,
    pub(super) now: Timestamp,
    /// Lines of its room that come after it in what is written together: its number is the room's newest less so many.
    pub(super) behind: i64,
}

/// Where a line is.
#[derive(Debug, Clone, Copy, FromRow)]
pub(in super::super) struct Place {
    pub(super) id: MessageId,
    room_id: RoomId,
    pub(super) seq: i64,
}

impl<'a> Line<'a> {
    /// One that is no answer, has no id of the sender's and is not found by search.
    pub(super) fn new(
        room: RoomId,
        sender: MemberId,
        r#type: MessageType,
        body: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            room,
            sender,
            r#type,
            body,
            client_message_id: None,
            reply_to: None,
            grams: Vec::new(),
            now,
            behind: 0,
        }
    }

    /// Writes the line alone.
    pub(super) async fn write(self, tx: &mut Transaction<'_, Db>) -> Result<Message> {
        let places = write(tx, &mut [self]).await?;
        let place = places.first().ok_or(StoreError::Failed(sqlx::Error::RowNotFound))?;
        message(tx, place.id).await
    }
}

/// Writes lines under the next numbers of their rooms, in the transaction: a number that is not used after all is not
/// taken. Says where they are, in the same order.
pub(super) async fn write(tx: &mut Transaction<'_, Db>, lines: &mut [Line<'_>]) -> Result<Vec<Place>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut of_room: HashMap<RoomId, i64> = HashMap::new();
    for line in lines.iter_mut().rev() {
        let behind = of_room.entry(line.room).or_default();
        line.behind = *behind;
        *behind += 1;
    }
    let places = in_order(insert_lines(tx, lines).await?, lines)?;
    for (line, place) in lines.iter().zip(&places) {
        note_mentions(tx, line.room, place.id, place.seq, line.body).await?;
    }
    Ok(places)
}

/// Databases say in any order what they have written.
fn in_order(places: Vec<Place>, lines: &[Line<'_>]) -> Result<Vec<Place>> {
    let mut newest: HashMap<RoomId, i64> = HashMap::new();
    for Place { room_id, seq, .. } in &places {
        let newest = newest.entry(*room_id).or_default();
        *newest = (*seq).max(*newest);
    }
    let places: HashMap<_, _> = places.into_iter().map(|place| ((place.room_id, place.seq), place)).collect();
    let place = |line: &Line<'_>| places.get(&(line.room, newest.get(&line.room)? - line.behind)).copied();
    lines.iter().map(|line| place(line).ok_or(StoreError::Failed(sqlx::Error::RowNotFound))).collect()
}
