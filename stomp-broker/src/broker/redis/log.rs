//! The histories of topics, as Redis keeps them: streams whose entries have positions for ids.

use std::{
    ops::RangeInclusive,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use redis::{Script, pipe};

use super::{
    envelope::{Envelope, position},
    keys::{Keys, Place},
    link::Link,
    sequence::Page,
};
use crate::{BrokerError, Destination, Epoch, HistoryPage, HistoryPolicy, Message, Position, Start};

/// Entries that are read from a log at a time.
const PAGE: usize = 256;

pub(super) static PUBLISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("publish.lua")));
pub(super) static FORGET: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("forget.lua")));

/// A stream's entries: the id, and one field with the envelope.
type Entries = Vec<(String, Vec<(String, Vec<u8>)>)>;

/// A stored message and where it stands.
struct Stored {
    at: Position,
    envelope: Envelope,
}

/// The newest position of each topic of one lane; none where nothing was sent.
pub(super) async fn newest(
    link: &Link,
    keys: &Keys,
    topics: &[Destination],
) -> Result<Vec<Option<Position>>, BrokerError> {
    let Some(first) = topics.first() else { return Ok(Vec::new()) };
    let mut pipeline = pipe();
    for topic in topics {
        pipeline.cmd("XREVRANGE").arg(keys.log(topic)).arg("+").arg("-").arg("COUNT").arg(1);
    }
    let newest: Vec<Entries> = link.query(keys.lane(first), &mut pipeline).await?;
    Ok(newest.into_iter().map(|entries| position(entries.first()?.0.as_bytes())).collect())
}

async fn newest_of(link: &Link, keys: &Keys, topic: &Destination) -> Result<Option<Position>, BrokerError> {
    Ok(newest(link, keys, std::slice::from_ref(topic)).await?.pop().flatten())
}

/// What the log has from a position on, that one included.
pub(super) async fn page(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    from: Position,
) -> Result<Page, BrokerError> {
    let stored = range(link, keys, topic, from, "+").await?;
    let Some(last) = stored.last().map(|stored| stored.at) else {
        let newest = newest_of(link, keys, topic).await?;
        let epoch = newest.map(|newest| newest.epoch);
        return Ok(Page { epoch, messages: Vec::new(), newest: newest.map_or(0, |newest| newest.offset) });
    };
    let is_full = stored.len() == PAGE;
    Ok(Page {
        epoch: Some(last.epoch),
        messages: stored.into_iter().map(|stored| (stored.at.offset, stored.into_message())).collect(),
        newest: last.offset.saturating_add(is_full.into()),
    })
}

/// What a subscriber asks for, up to so many messages.
pub(super) async fn history(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    start: Start,
    limit: usize,
    policy: HistoryPolicy,
) -> Result<HistoryPage, BrokerError> {
    let nothing = HistoryPage { messages: Vec::new(), complete: !matches!(start, Start::After { .. }) };
    let Some(newest) = newest_of(link, keys, topic).await? else { return Ok(nothing) };
    let end = newest.offset.saturating_add(1);
    let (wanted, is_known) = match start {
        Start::First => (0, true),
        Start::Last(count) => (end.saturating_sub(count as u64), true),
        Start::After { offset, epoch } => {
            let is_known = offset <= newest.offset && epoch.is_none_or(|epoch| epoch == newest.epoch);
            (if is_known { offset.saturating_add(1) } else { 0 }, is_known)
        }
    };
    // Redis trims in blocks.
    let oldest = end.saturating_sub(policy.messages as u64);
    let from = Position { offset: wanted.max(oldest), ..newest };
    let kept = read(link, keys, topic, from..=newest, limit, policy.age).await?;
    let first = kept.first().map_or(end, |first| first.at.offset);
    let complete = is_known && (first <= wanted || !matches!(start, Start::After { .. }));
    Ok(HistoryPage { messages: kept.into_iter().map(Stored::into_message).collect(), complete })
}

/// So many entries within a range, without holes: what is trimmed meanwhile takes what is before it along. Redis knows
/// nothing of their age.
async fn read(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    wanted: RangeInclusive<Position>,
    limit: usize,
    age: Duration,
) -> Result<Vec<Stored>, BrokerError> {
    let (mut next, to) = wanted.into_inner();
    let (now, mut all) = (SystemTime::now(), Vec::new());
    while next.offset <= to.offset && all.len() < limit {
        let page = range(link, keys, topic, next, &id(to)).await?;
        let Some((first, last)) = page.first().zip(page.last()) else { break };
        if first.at.offset != next.offset {
            all.clear();
        }
        next.offset = last.at.offset.saturating_add(1);
        all.extend(page.into_iter().filter(|stored| stored.envelope.age(now) <= age));
    }
    all.truncate(limit);
    Ok(all)
}

/// Ends an epoch whose log went back.
pub(super) async fn forget(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    epoch: Epoch,
) -> Result<(), BrokerError> {
    let mut pipeline = pipe();
    let command = pipeline.cmd("EVALSHA").arg(FORGET.get_hash()).arg(1);
    command.arg(keys.log(topic)).arg(epoch.0).ignore();
    link.query(Place::of(topic), &mut pipeline).await
}

/// How long a topic's log outlives its last message, in milliseconds: somewhat longer than any message in it counts.
pub(super) fn time_to_live(policy: HistoryPolicy) -> u64 {
    milliseconds(policy.age.saturating_add(Duration::from_secs(60)))
}

/// A time to live, as far as Redis can count.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).min(i64::MAX as u64 / 4)
}

/// A page of entries; nobody else writes below our prefix.
async fn range(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    from: Position,
    to: &str,
) -> Result<Vec<Stored>, BrokerError> {
    let mut pipeline = pipe();
    pipeline.cmd("XRANGE").arg(keys.log(topic)).arg(id(from)).arg(to).arg("COUNT").arg(PAGE);
    let (entries,): (Entries,) = link.query(Place::of(topic), &mut pipeline).await?;
    let stored = |(id, fields): (String, Vec<(String, Vec<u8>)>)| {
        let (_, envelope) = fields.into_iter().next()?;
        Some(Stored { at: position(id.as_bytes())?, envelope: Envelope::decode(Bytes::from(envelope))? })
    };
    Ok(entries.into_iter().filter_map(stored).collect())
}

/// The id of the entry at a position.
fn id(at: Position) -> String {
    format!("{}-{}", at.epoch.0, at.offset)
}

impl Stored {
    fn into_message(self) -> Message {
        self.envelope.into_message(Some(self.at))
    }
}
