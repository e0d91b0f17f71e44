//! The histories of topics, as Redis keeps them.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use redis::{Pipeline, Script, pipe};

use super::{
    envelope::Envelope,
    keys::{Keys, Place},
    link::Link,
    sequence::Page,
};
use crate::{BrokerError, Destination, Epoch, HistoryPage, HistoryPolicy, Message, Position, Start};

/// Entries that are read from a log at a time.
const PAGE: usize = 1000;

pub(super) static PUBLISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("publish.lua")));
pub(super) static FORGET: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("forget.lua")));

/// A stream's entries: the id `0-offset`, and one field with the envelope.
type Entries = Vec<(String, Vec<(String, Vec<u8>)>)>;

/// A stored message and its offset.
struct Stored {
    offset: u64,
    envelope: Envelope,
}

/// The newest position of a topic; none if nothing was sent there.
pub(super) async fn newest(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
) -> Result<Option<Position>, BrokerError> {
    let mut pipeline = pipe();
    ask_epoch(&mut pipeline, keys, topic);
    pipeline.cmd("XREVRANGE").arg(keys.log(topic)).arg("+").arg("-").arg("COUNT").arg(1);
    let (epoch, entries): (Option<u64>, Entries) = link.query(Place::of(topic), &mut pipeline).await?;
    let offset = stored(entries).last().map(|stored| stored.offset);
    Ok(epoch.zip(offset).map(|(epoch, offset)| Position { epoch: Epoch(epoch), offset }))
}

/// What the log has from a position on, that one included.
pub(super) async fn page(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    from: Position,
) -> Result<Page, BrokerError> {
    let (epoch, entries) = range(link, keys, topic, from.offset, PAGE).await?;
    let is_full = entries.len() == PAGE;
    let stored = stored(entries);
    let newest = match stored.last() {
        Some(last) => last.offset.saturating_add(is_full.into()),
        None => self::newest(link, keys, topic).await?.map_or(0, |newest| newest.offset),
    };
    let place = |offset| epoch.map(|epoch| Position { epoch, offset });
    let messages =
        stored.into_iter().map(|Stored { offset, envelope }| (offset, envelope.into_message(place(offset))));
    Ok(Page { epoch, messages: messages.collect(), newest })
}

/// What a subscriber asks for.
pub(super) async fn history(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    start: Start,
    policy: HistoryPolicy,
) -> Result<HistoryPage, BrokerError> {
    let (epoch, entries) = range(link, keys, topic, 0, usize::MAX).await?;
    // Redis trims in blocks, and knows nothing of age.
    let mut kept = stored(entries);
    kept.drain(..kept.len().saturating_sub(policy.messages));
    let now = SystemTime::now();
    kept.retain(|stored| stored.envelope.age(now) <= policy.age);
    let first = kept.first().map(|stored| stored.offset);
    let last = kept.last().map(|stored| stored.offset);
    let (from, complete) = match start {
        Start::First => (0, true),
        Start::Last(count) => {
            (last.map_or(0, |last| last.saturating_add(1).saturating_sub(count as u64)), true)
        }
        Start::After { offset, epoch: asked } => {
            let is_same = asked.is_none_or(|asked| Some(asked) == epoch);
            let reaches_back = first.is_some_and(|first| first <= offset.saturating_add(1));
            let is_known = last.is_some_and(|last| offset <= last);
            if is_same && is_known { (offset.saturating_add(1), reaches_back) } else { (0, false) }
        }
    };
    kept.retain(|stored| stored.offset >= from);
    let place = |offset| epoch.map(|epoch| Position { epoch, offset });
    let message = |Stored { offset, envelope }: Stored| envelope.into_message(place(offset));
    let messages: Vec<Message> = kept.into_iter().map(message).collect();
    Ok(HistoryPage { messages, complete })
}

/// Ends an epoch whose log went back.
pub(super) async fn forget(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    epoch: Epoch,
) -> Result<(), BrokerError> {
    let mut pipeline = pipe();
    let command = pipeline.cmd("EVALSHA").arg(FORGET.get_hash()).arg(2);
    command.arg(keys.log(topic)).arg(keys.log_state(topic)).arg(epoch.0).ignore();
    link.query(Place::of(topic), &mut pipeline).await
}

/// How long a topic's log outlives its last message: somewhat longer than any message in it counts.
pub(super) fn time_to_live(policy: HistoryPolicy) -> u64 {
    let age = policy.age.saturating_add(Duration::from_secs(60));
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX).min(i64::MAX as u64 / 4)
}

async fn range(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    from: u64,
    count: usize,
) -> Result<(Option<Epoch>, Entries), BrokerError> {
    let mut pipeline = pipe();
    ask_epoch(&mut pipeline, keys, topic);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    pipeline.cmd("XRANGE").arg(keys.log(topic)).arg(format!("0-{from}")).arg("+").arg("COUNT").arg(count);
    let (epoch, entries): (Option<u64>, Entries) = link.query(Place::of(topic), &mut pipeline).await?;
    Ok((epoch.map(Epoch), entries))
}

fn ask_epoch(pipeline: &mut Pipeline, keys: &Keys, topic: &Destination) {
    pipeline.cmd("HGET").arg(keys.log_state(topic)).arg("e");
}

/// Entries that a node of this release wrote; there are no others below our prefix.
fn stored(entries: Entries) -> Vec<Stored> {
    let read = |(id, fields): (String, Vec<(String, Vec<u8>)>)| {
        let offset = id.strip_prefix("0-")?.parse().ok()?;
        let (_, envelope) = fields.into_iter().next()?;
        Some(Stored { offset, envelope: Envelope::decode(Bytes::from(envelope))? })
    };
    entries.into_iter().filter_map(read).collect()
}
