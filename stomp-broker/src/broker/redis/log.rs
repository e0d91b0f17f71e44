//! The histories of topics, as Redis keeps them.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use redis::{Pipeline, Script, pipe};

use super::{envelope::Envelope, keys::Keys, link::Link, sequence::Page};
use crate::{BrokerError, Destination, Epoch, HistoryPage, HistoryPolicy, Position, Start};

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
    let (epoch, entries): (Option<u64>, Entries) = link.query(&mut pipeline).await?;
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

/// What a subscriber asks for, up to so many messages.
pub(super) async fn history(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    start: Start,
    limit: usize,
    policy: HistoryPolicy,
) -> Result<HistoryPage, BrokerError> {
    let Some(newest) = newest(link, keys, topic).await? else {
        return Ok(HistoryPage { messages: Vec::new(), complete: !matches!(start, Start::After { .. }) });
    };
    // Redis trims in blocks.
    let behind = newest.offset.saturating_add(1);
    let oldest = behind.saturating_sub(policy.messages as u64);
    let (from, is_known) = match start {
        Start::First => (oldest, true),
        Start::Last(count) => (behind.saturating_sub(count as u64), true),
        Start::After { offset, epoch } => {
            let is_known = epoch.is_none_or(|epoch| epoch == newest.epoch) && offset <= newest.offset;
            (if is_known { offset.saturating_add(1) } else { oldest }, is_known)
        }
    };
    let (epoch, kept) = younger(link, keys, topic, from.max(oldest), limit, policy.age).await?;
    let first = kept.first().map_or(behind, |stored| stored.offset);
    let reaches_back = first <= from || !matches!(start, Start::After { .. });
    let place = |offset| epoch.map(|epoch| Position { epoch, offset });
    let message = |Stored { offset, envelope }: Stored| envelope.into_message(place(offset));
    let complete = is_known && reaches_back && epoch == Some(newest.epoch);
    Ok(HistoryPage { messages: kept.into_iter().map(message).collect(), complete })
}

/// So many messages from an offset on that are not too old, which Redis knows nothing of.
async fn younger(
    link: &Link,
    keys: &Keys,
    topic: &Destination,
    mut from: u64,
    limit: usize,
    age: Duration,
) -> Result<(Option<Epoch>, Vec<Stored>), BrokerError> {
    let (now, mut kept) = (SystemTime::now(), Vec::new());
    loop {
        let missing = limit - kept.len();
        let (epoch, entries) = range(link, keys, topic, from, missing).await?;
        let is_end = entries.len() < missing;
        let read = stored(entries);
        from = read.last().map_or(from, |last| last.offset.saturating_add(1));
        kept.extend(read.into_iter().filter(|stored| stored.envelope.age(now) <= age));
        if is_end || kept.len() == limit {
            return Ok((epoch, kept));
        }
    }
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
    link.query(&mut pipeline).await
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
    let (epoch, entries): (Option<u64>, Entries) = link.query(&mut pipeline).await?;
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
