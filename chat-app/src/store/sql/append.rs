//! Writing messages in the database: a batch of them in one transaction, and in as many statements as one of them takes.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::{FromRow, Transaction, types::Json};

use super::{
    Db, DbStore,
    file::{are_free, attach},
    ids, insert_lines, lock_rooms,
    message::{message, note_mentions},
};
use crate::{
    domain::{FileId, MemberId, Message, MessageId, MessageType, RoomId, Timestamp, grams},
    store::{Append, NewMessage, Result, StoreError},
};

/// Stores the messages that may be stored; the answers are in the order of the batch.
pub(super) async fn append(store: &DbStore, batch: &[NewMessage<'_>]) -> Result<Vec<Append>> {
    let mut tx = store.write().await?;
    let mut rooms: Vec<_> = batch.iter().map(|new| new.room).collect();
    rooms.sort_unstable();
    rooms.dedup();
    lock_rooms(&mut tx, &rooms).await?;
    let mut verdicts = judge(&mut tx, batch).await?;
    judge_files(&mut tx, batch, &mut verdicts).await?;
    let mut lines: Vec<_> =
        batch.iter().zip(&verdicts).filter_map(|(new, verdict)| verdict.line(new)).collect();
    let stored = write(&mut tx, &mut lines).await?;
    let to_store = batch.iter().zip(&verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::Store));
    for ((new, _), message) in to_store.zip(&stored) {
        attach(&mut tx, new.files, *message).await?;
    }
    let before = verdicts.iter().filter_map(Verdict::before);
    let mut messages = read(&mut tx, stored.iter().copied().chain(before).collect()).await?;
    tx.commit().await?;

    let mut stored = stored.into_iter();
    let mut outcomes: Vec<Append> = Vec::with_capacity(batch.len());
    for verdict in verdicts {
        let outcome = match verdict {
            Verdict::Store => Append::Stored(take(&mut messages, stored.next())?),
            Verdict::Before(id) => Append::Duplicate(take(&mut messages, Some(id))?),
            Verdict::SameAs(earlier) => again(outcomes.get(earlier)),
            Verdict::Refuse(refusal) => refusal,
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// What becomes of a message.
#[derive(Debug)]
enum Verdict {
    /// It is stored.
    Store,
    /// It was stored before, as this.
    Before(MessageId),
    /// It is in the batch twice; this is where it is for the first time.
    SameAs(usize),
    /// It is not stored.
    Refuse(Append),
}

impl Verdict {
    fn line<'a>(&self, new: &NewMessage<'a>) -> Option<Line<'a>> {
        matches!(self, Self::Store).then(|| Line {
            client_message_id: new.client_message_id.map(|id| id.as_str()),
            reply_to: new.reply_to,
            grams: grams(new.content.as_str()),
            ..Line::new(new.room, new.sender, MessageType::Talk, new.content.as_str(), new.now)
        })
    }

    fn before(&self) -> Option<MessageId> {
        if let Self::Before(id) = self { Some(*id) } else { None }
    }
}

/// What has to be known of a message before it is stored.
#[derive(FromRow)]
struct Circumstances {
    has_room: bool,
    is_in: bool,
    is_blocked: bool,
    before: Option<MessageId>,
    may_reply: bool,
}

impl Circumstances {
    fn verdict(self) -> Verdict {
        match self {
            Self { before: Some(message), .. } => Verdict::Before(message),
            Self { has_room: false, .. } => Verdict::Refuse(Append::NoRoom),
            Self { is_in: false, .. } => Verdict::Refuse(Append::NotIn),
            Self { is_blocked: true, .. } => Verdict::Refuse(Append::Blocked),
            Self { may_reply: false, .. } => Verdict::Refuse(Append::NoSuchReply),
            Self { .. } => Verdict::Store,
        }
    }
}

async fn judge(tx: &mut Transaction<'_, Db>, batch: &[NewMessage<'_>]) -> Result<Vec<Verdict>> {
    #[derive(Serialize)]
    struct Asked<'a> {
        n: usize,
        room: RoomId,
        sender: MemberId,
        client_id: Option<&'a str>,
        reply_to: Option<MessageId>,
    }
    let asked = batch.iter().enumerate().map(|(n, new)| Asked {
        n,
        room: new.room,
        sender: new.sender,
        client_id: new.client_message_id.map(|id| id.as_str()),
        reply_to: new.reply_to,
    });
    // Values where EXISTS would read better: PostgreSQL answers that from a hash of the whole table.
    let circumstances: Vec<Circumstances> = sqlx::query_as(concat!(
        "SELECT (SELECT id FROM room WHERE id = asked.room) IS NOT NULL AS has_room,
                (SELECT member_id FROM participant
                 WHERE room_id = asked.room AND member_id = asked.sender) IS NOT NULL AS is_in,
                (SELECT other.member_id FROM room JOIN participant AS other ON other.room_id = room.id
                                 JOIN member_block ON member_block.member_id = other.member_id
                 WHERE room.id = asked.room AND room.type = 'PRIVATE'
                   AND member_block.blocked_id = asked.sender LIMIT 1) IS NOT NULL AS is_blocked,
                (SELECT id FROM message WHERE room_id = asked.room AND sender_id = asked.sender
                                          AND client_message_id = asked.client_id) AS before,
                asked.reply_to IS NULL OR (
                    SELECT message.id FROM message JOIN access ON access.room_id = message.room_id
                    WHERE message.id = asked.reply_to AND message.room_id = asked.room AND message.type = 'TALK'
                      AND access.member_id = asked.sender AND message.seq > access.floor) IS NOT NULL AS may_reply
         FROM (SELECT CAST(value ->> 'n' AS BIGINT) AS n, CAST(value ->> 'room' AS BIGINT) AS room,
                      CAST(value ->> 'sender' AS BIGINT) AS sender, value ->> 'client_id' AS client_id,
                      CAST(value ->> 'reply_to' AS BIGINT) AS reply_to FROM ",
        rows!(),
        ") AS asked ORDER BY n"
    ))
    .bind(Json(asked.collect::<Vec<_>>()))
    .fetch_all(&mut **tx)
    .await?;

    let mut first = HashMap::new();
    let mut verdict = |(n, (new, circumstances)): (usize, (&NewMessage<'_>, Circumstances))| {
        let earlier = new
            .client_message_id
            .map(|id| *first.entry((new.room, new.sender, id.as_str().to_owned())).or_insert(n));
        match earlier {
            Some(earlier) if earlier < n => Verdict::SameAs(earlier),
            _ => circumstances.verdict(),
        }
    };
    Ok(batch.iter().zip(circumstances).enumerate().map(&mut verdict).collect())
}

/// Refuses messages whose files their senders may not send, or that another one of the batch carries.
async fn judge_files(
    tx: &mut Transaction<'_, Db>,
    batch: &[NewMessage<'_>],
    verdicts: &mut [Verdict],
) -> Result<()> {
    let mut carried: HashSet<FileId> = HashSet::new();
    for (new, verdict) in batch.iter().zip(verdicts) {
        if new.files.is_empty() || !matches!(verdict, Verdict::Store) {
            continue;
        }
        let known = new.files.iter().any(|file| carried.contains(file));
        if known || !are_free(tx, new.files, new.room, new.sender).await? {
            *verdict = Verdict::Refuse(Append::NoSuchFile);
        } else {
            carried.extend(new.files);
        }
    }
    Ok(())
}

/// What a message gets that is the same as an earlier one.
fn again(earlier: Option<&Append>) -> Append {
    match earlier {
        Some(Append::Stored(message) | Append::Duplicate(message)) => Append::Duplicate(message.clone()),
        Some(refusal) => refusal.clone(),
        None => Append::NoRoom,
    }
}

fn take(messages: &mut HashMap<MessageId, Message>, id: Option<MessageId>) -> Result<Box<Message>> {
    let message = id.and_then(|id| messages.get(&id).cloned());
    message.map(Box::new).ok_or(StoreError::Failed(sqlx::Error::RowNotFound))
}

/// A message to write, whoever speaks.
#[derive(Debug, Serialize)]
pub(in super::super) struct Line<'a> {
    pub(super) room: RoomId,
    /// The database gives it.
    seq: i64,
    pub(super) sender: MemberId,
    pub(super) r#type: MessageType,
    pub(super) body: &'a str,
    pub(super) client_message_id: Option<&'a str>,
    pub(super) reply_to: Option<MessageId>,
    /// What it is found by.
    pub(super) grams: Vec<String>,
    pub(super) now: Timestamp,
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
            seq: 0,
            sender,
            r#type,
            body,
            client_message_id: None,
            reply_to: None,
            grams: Vec::new(),
            now,
        }
    }

    /// Writes the line alone.
    pub(super) async fn write(self, tx: &mut Transaction<'_, Db>) -> Result<Message> {
        let ids = write(tx, &mut [self]).await?;
        let id = ids.first().ok_or(StoreError::Failed(sqlx::Error::RowNotFound))?;
        message(tx, *id).await
    }
}

/// Writes lines under the next numbers of their rooms; their ids, in the same order.
async fn write(tx: &mut Transaction<'_, Db>, lines: &mut [Line<'_>]) -> Result<Vec<MessageId>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    number(tx, lines).await?;
    let mut ids: HashMap<(RoomId, i64), MessageId> =
        insert_lines(tx, lines).await?.into_iter().map(|(id, room, seq)| ((room, seq), id)).collect();
    let mut in_order = Vec::with_capacity(lines.len());
    for line in lines {
        let id = ids.remove(&(line.room, line.seq)).ok_or(StoreError::Failed(sqlx::Error::RowNotFound))?;
        note_mentions(tx, line.room, id, line.seq, line.body).await?;
        in_order.push(id);
    }
    Ok(in_order)
}

/// Takes the next numbers of the rooms, in the transaction: a number that is not used after all is not taken.
async fn number(tx: &mut Transaction<'_, Db>, lines: &mut [Line<'_>]) -> Result<()> {
    let mut taken: HashMap<RoomId, i64> = HashMap::new();
    for line in &*lines {
        *taken.entry(line.room).or_default() += 1;
    }
    let newest: Vec<(RoomId, i64)> = sqlx::query_as(concat!(
        "UPDATE room SET last_seq = last_seq + taken.lines, last_message_at = $2
         FROM (SELECT CAST(value ->> 0 AS BIGINT) AS room_id, CAST(value ->> 1 AS BIGINT) AS lines FROM ",
        rows!(),
        ") AS taken WHERE room.id = taken.room_id RETURNING id, last_seq"
    ))
    .bind(Json(taken.into_iter().collect::<Vec<_>>()))
    .bind(lines.iter().map(|line| line.now).max())
    .fetch_all(&mut **tx)
    .await?;
    let mut newest: HashMap<_, _> = newest.into_iter().collect();
    for line in lines.iter_mut().rev() {
        let seq = newest.get_mut(&line.room).ok_or(StoreError::Failed(sqlx::Error::RowNotFound))?;
        line.seq = *seq;
        *seq -= 1;
    }
    Ok(())
}

/// Messages as clients get them.
async fn read(tx: &mut Transaction<'_, Db>, messages: Vec<MessageId>) -> Result<HashMap<MessageId, Message>> {
    let read = sqlx::query_as(concat!("SELECT * FROM message_view WHERE id", one_of!()));
    let messages: Vec<Message> = read.bind(ids(&messages)).fetch_all(&mut **tx).await?;
    Ok(messages.into_iter().map(|message| (message.id, message)).collect())
}
