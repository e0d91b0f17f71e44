//! Messages in the database.

use async_trait::async_trait;
use sqlx::{FromRow, Transaction, pool::PoolConnection};

use super::{Db, DbStore, all, append::append, ids};
use crate::{
    domain::{MemberId, Message, MessageId, Nameable, RoomId, mentioned},
    store::{Append, Cursor, MessageStore, NewMessage, Notice, Page, Result},
};

#[async_trait]
impl MessageStore for DbStore {
    async fn append(&self, batch: &[NewMessage<'_>]) -> Result<Vec<Append>> {
        append(self, batch).await
    }

    async fn history(
        &self,
        room: RoomId,
        member: MemberId,
        from: Cursor,
        limit: i64,
    ) -> Result<Option<Page>> {
        let mut connection = self.readers().acquire().await?;
        let range = |low, high, newest| Range { room, member, low, high, newest, limit };
        let page = match from {
            Cursor::Newest => range(0, i64::MAX, true).read(&mut connection).await?,
            Cursor::Before(seq) => range(0, seq, true).read(&mut connection).await?,
            Cursor::After(seq) => range(seq, i64::MAX, false).read(&mut connection).await?,
            Cursor::Around(place) => {
                let seq = seq_of(&mut connection, room, place).await?;
                let older = Range { limit: limit / 2, ..range(0, seq, true) };
                let Some(older) = older.read(&mut connection).await? else { return Ok(None) };
                let newer =
                    Range { limit: limit - limit / 2, ..range(seq.saturating_sub(1), i64::MAX, false) };
                // What is in both knows of all that the first one knows of.
                newer.read(&mut connection).await?.map(|mut newer| {
                    newer.messages.splice(..0, older.messages);
                    Page { messages: newer.messages, ..older }
                })
            }
        };
        Ok(page)
    }

    async fn message(&self, message: MessageId, member: MemberId) -> Result<Option<Message>> {
        let message = sqlx::query_as(
            "SELECT message_view.* FROM message_view JOIN access ON access.room_id = message_view.room_id
             WHERE message_view.id = $1 AND access.member_id = $2 AND message_view.seq > access.floor",
        )
        .bind(message)
        .bind(member);
        Ok(message.fetch_optional(self.readers()).await?)
    }

    async fn readers(&self, message: MessageId, member: MemberId) -> Result<Option<Vec<MemberId>>> {
        let Some(Message { room_id, seq, sender_id, .. }) = self.message(message, member).await? else {
            return Ok(None);
        };
        let readers = sqlx::query_scalar(
            "SELECT member_id FROM participant WHERE room_id = $1 AND last_read_seq >= $2 AND member_id <> $3
             ORDER BY member_id",
        )
        .bind(room_id)
        .bind(seq)
        .bind(sender_id.unwrap_or(MemberId(0)));
        Ok(Some(readers.fetch_all(self.readers()).await?))
    }

    async fn messages_of(&self, sender: MemberId, after: MessageId, limit: i64) -> Result<Vec<Message>> {
        let messages = sqlx::query_as(
            "SELECT * FROM message_view WHERE sender_id = $1 AND id > $2 AND type = 'TALK' ORDER BY id LIMIT $3",
        );
        Ok(messages.bind(sender).bind(after).bind(limit).fetch_all(self.readers()).await?)
    }

    async fn notices(&self, messages: &[MessageId]) -> Result<Vec<Notice>> {
        // Most are for nobody in particular: only for the others all participants are looked at. In two statements,
        // because PostgreSQL, which guesses how many there are, would begin one with the participants of all rooms.
        let particular: Vec<MessageId> = sqlx::query_scalar(concat!(
            "SELECT message.id FROM message JOIN room ON room.id = message.room_id
             WHERE message.id",
            one_of!(),
            "AND (message.reply_to IS NOT NULL OR room.type = 'PRIVATE'
                  OR (SELECT count(*) FROM mention WHERE mention.message_id = message.id) > 0)"
        ))
        .bind(ids(messages))
        .fetch_all(self.readers())
        .await?;
        if particular.is_empty() {
            return Ok(Vec::new());
        }
        let notices = sqlx::query_as(concat!(
            "SELECT message_id, member_id, kind FROM notice_view WHERE kind <> 'MESSAGE' AND message_id",
            one_of!(),
            "ORDER BY message_id, member_id"
        ));
        Ok(notices.bind(ids(&particular)).fetch_all(self.readers()).await?)
    }

    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(self.readers()).await?;
        Ok(())
    }
}

/// Whether a member is in a room; `None` if there is no such room.
pub(super) async fn is_in(
    tx: &mut Transaction<'_, Db>,
    room: RoomId,
    member: MemberId,
) -> Result<Option<bool>> {
    let is_in = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM participant WHERE room_id = room.id AND member_id = $2) FROM room WHERE id = $1",
    )
    .bind(room)
    .bind(member);
    Ok(is_in.fetch_optional(&mut **tx).await?)
}

/// Notes whom a text names.
pub(super) async fn note_mentions(
    tx: &mut Transaction<'_, Db>,
    room: RoomId,
    message: MessageId,
    seq: i64,
    text: &str,
) -> Result<()> {
    if !text.contains('@') {
        return Ok(());
    }
    let members: Vec<Nameable> =
        sqlx::query_as("SELECT id, name, tag FROM participant_view WHERE room_id = $1")
            .bind(room)
            .fetch_all(&mut **tx)
            .await?;
    for member in mentioned(text, &members) {
        sqlx::query("INSERT INTO mention (message_id, member_id, room_id, seq) VALUES ($1, $2, $3, $4)")
            .bind(message)
            .bind(member)
            .bind(room)
            .bind(seq)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// A message as clients get it.
pub(super) async fn message(tx: &mut Transaction<'_, Db>, id: MessageId) -> Result<Message> {
    Ok(sqlx::query_as("SELECT * FROM message_view WHERE id = $1").bind(id).fetch_one(&mut **tx).await?)
}

/// The number that a place stands for: itself, or that of the message of this id.
async fn seq_of(connection: &mut PoolConnection<Db>, room: RoomId, place: i64) -> Result<i64> {
    let seq = sqlx::query_scalar(
        "SELECT CASE WHEN $2 <= last_seq THEN $2
                ELSE coalesce((SELECT seq FROM message WHERE id = $2 AND room_id = room.id), last_seq) END
         FROM room WHERE id = $1",
    )
    .bind(room)
    .bind(place);
    Ok(seq.fetch_optional(&mut **connection).await?.unwrap_or(place))
}

/// Messages numbered between `low` and `high`, both left out, as far as the member may read them; the newest or the
/// oldest `limit` of them.
struct Range {
    room: RoomId,
    member: MemberId,
    low: i64,
    high: i64,
    newest: bool,
    limit: i64,
}

/// A message of a page, and what the room has at that moment.
#[derive(FromRow)]
struct Line {
    #[sqlx(flatten)]
    message: Message,
    #[sqlx(flatten)]
    newest: Newest,
}

/// The newest numbers of a room.
#[derive(Clone, Copy, FromRow)]
struct Newest {
    last_seq: i64,
    last_change_seq: i64,
}

/// A statement for the messages of a [`Range`], in one order or the other.
///
/// Without `+ 0`, SQLite plans a query anew for each value that it may compare with or stop at; planning this one takes
/// as long as running it.
macro_rules! range {
    ($order:literal) => {
        concat!(
            "SELECT message_view.*, (SELECT last_seq FROM room WHERE id = $1 + 0) AS last_seq,
                    (SELECT last_change_seq FROM room WHERE id = $1 + 0) AS last_change_seq
             FROM message_view
             WHERE room_id = $1 + 0 AND seq < $4
               AND seq > (SELECT CASE WHEN floor > $3 THEN floor ELSE $3 END
                          FROM access WHERE room_id = $1 + 0 AND member_id = $2 + 0)
             ORDER BY seq ",
            $order,
            " LIMIT $5 + 0"
        )
    };
}

impl Range {
    /// The messages, ascending; `None` if the member is not in the room.
    async fn read(self, connection: &mut PoolConnection<Db>) -> Result<Option<Page>> {
        let mut lines = self.lines(connection).await?;
        let newest = if let Some(line) = lines.first() {
            Some(line.newest)
        } else {
            // The numbers first: what comes meanwhile is in the page or beyond them.
            let newest = self.newest(connection).await?;
            lines = self.lines(connection).await?;
            newest
        };
        let Some(Newest { last_seq, last_change_seq }) = newest else { return Ok(None) };
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        if self.newest {
            lines.reverse();
        }
        let messages = lines.into_iter().map(|line| line.message).collect();
        Ok(Some(Page { messages, has_more, last_seq, last_change_seq }))
    }

    /// One message more than asked for, if there is one.
    async fn lines(&self, connection: &mut PoolConnection<Db>) -> Result<Vec<Line>> {
        let sql = if self.newest { range!("DESC") } else { range!("") };
        let lines = sqlx::query(sql).bind(self.room).bind(self.member).bind(self.low).bind(self.high);
        all(lines.bind(self.limit.saturating_add(1)), connection).await
    }

    /// What the room has, without a message to say it.
    async fn newest(&self, connection: &mut PoolConnection<Db>) -> Result<Option<Newest>> {
        let newest = sqlx::query_as(
            "SELECT last_seq, last_change_seq FROM access WHERE room_id = $1 AND member_id = $2",
        );
        Ok(newest.bind(self.room).bind(self.member).fetch_optional(&mut **connection).await?)
    }
}
