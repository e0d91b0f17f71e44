//! Which messages of a batch may be stored.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::{FromRow, Transaction, types::Json};

use super::{Db, all, file::are_free};
use crate::{
    domain::{FileId, MemberId, MessageId, RoomId},
    store::{Append, NewMessage, Result},
};

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is stored, as said by this member.
    Store(Speaker),
    /// It was stored before, as this.
    Before(MessageId),
    /// It is in the batch twice; this is where it is for the first time.
    SameAs(usize),
    /// It is not stored.
    Refuse(Append),
}

/// How a member is shown now.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Speaker {
    pub(super) sender_name: Option<String>,
    pub(super) sender_tag: Option<String>,
    pub(super) sender_avatar_url: Option<String>,
}

impl Verdict {
    pub(super) fn speaker(&self) -> Option<&Speaker> {
        if let Self::Store(speaker) = self { Some(speaker) } else { None }
    }

    pub(super) fn before(&self) -> Option<MessageId> {
        if let Self::Before(id) = self { Some(*id) } else { None }
    }
}

/// Judges a batch, whose rooms are locked.
pub(super) async fn judge(tx: &mut Transaction<'_, Db>, batch: &[NewMessage<'_>]) -> Result<Vec<Verdict>> {
    let mut first = HashMap::new();
    let mut verdicts = Vec::with_capacity(batch.len());
    for (n, (new, circumstances)) in batch.iter().zip(look_up(tx, batch).await?).enumerate() {
        let named = new.client_message_id.map(|id| (new.room, new.sender, id.as_str()));
        let earlier = named.map_or(n, |named| *first.entry(named).or_insert(n));
        verdicts.push(if earlier < n { Verdict::SameAs(earlier) } else { circumstances.verdict() });
    }
    judge_files(tx, batch, &mut verdicts).await?;
    Ok(verdicts)
}

/// What has to be known of a message before it is stored.
#[derive(FromRow)]
struct Circumstances {
    has_room: bool,
    is_in: bool,
    is_blocked: bool,
    before: Option<MessageId>,
    may_reply: bool,
    #[sqlx(flatten)]
    speaker: Speaker,
}

impl Circumstances {
    fn verdict(self) -> Verdict {
        match self {
            Self { before: Some(message), .. } => Verdict::Before(message),
            Self { has_room: false, .. } => Verdict::Refuse(Append::NoRoom),
            Self { is_in: false, .. } => Verdict::Refuse(Append::NotIn),
            Self { is_blocked: true, .. } => Verdict::Refuse(Append::Blocked),
            Self { may_reply: false, .. } => Verdict::Refuse(Append::NoSuchReply),
            Self { speaker, .. } => Verdict::Store(speaker),
        }
    }
}

async fn look_up(tx: &mut Transaction<'_, Db>, batch: &[NewMessage<'_>]) -> Result<Vec<Circumstances>> {
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
    // Values where EXISTS or a join would read better: PostgreSQL answers those from a hash of the whole table.
    let circumstances = sqlx::query(concat!(
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
                      AND access.member_id = asked.sender AND message.seq > access.floor) IS NOT NULL AS may_reply,
                (SELECT name FROM member WHERE id = asked.sender) AS sender_name,
                (SELECT tag FROM member WHERE id = asked.sender) AS sender_tag,
                (SELECT avatar_url FROM member_view WHERE id = asked.sender) AS sender_avatar_url
         FROM (SELECT CAST(value ->> 'n' AS BIGINT) AS n, CAST(value ->> 'room' AS BIGINT) AS room,
                      CAST(value ->> 'sender' AS BIGINT) AS sender, value ->> 'client_id' AS client_id,
                      CAST(value ->> 'reply_to' AS BIGINT) AS reply_to FROM ",
        rows!(),
        ") AS asked ORDER BY n"
    ));
    all(circumstances.bind(Json(asked.collect::<Vec<_>>())), tx).await
}

/// Refuses messages whose files their senders may not send, or that another one of the batch carries.
async fn judge_files(
    tx: &mut Transaction<'_, Db>,
    batch: &[NewMessage<'_>],
    verdicts: &mut [Verdict],
) -> Result<()> {
    let mut carried: HashSet<FileId> = HashSet::new();
    for (new, verdict) in batch.iter().zip(verdicts) {
        if new.files.is_empty() || !matches!(verdict, Verdict::Store(_)) {
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
