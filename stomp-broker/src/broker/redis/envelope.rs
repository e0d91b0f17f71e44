//! A message as it goes through Redis.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::{
    Epoch, Message, MessageId, NodeId, Position, Publish,
    wire::{Reader, Writer},
};

/// A message, and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    /// The node that published it.
    pub(super) origin: NodeId,
    /// 1, 2, 3... in the order in which that node published.
    pub(super) number: u64,
    /// When, by that node's clock.
    pub(super) sent_at: SystemTime,
    pub(super) publish: Publish,
}

/// The first octet, of this layout. Other versions are for nodes that run another release.
const VERSION: u8 = 1;

/// The largest envelope that is read, in octets: more than the body and the headers of any sane limit.
const MAX: usize = 64 << 20;

impl Envelope {
    pub(super) fn new(origin: NodeId, number: u64, publish: Publish) -> Self {
        Self { origin, number, sent_at: SystemTime::now(), publish }
    }

    pub(super) fn encode(origin: NodeId, number: u64, publish: &Publish) -> Bytes {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let milliseconds = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let head = Writer::default().tag(VERSION).number(origin.0).number(number).number(milliseconds);
        head.publish(publish).finish()
    }

    /// `None` for anything that no node of this release wrote.
    pub(super) fn decode(octets: Bytes) -> Option<Self> {
        if octets.len() > MAX {
            return None;
        }
        let mut reader = Reader::new(octets);
        if reader.tag()? != VERSION {
            return None;
        }
        let (origin, number) = (NodeId(reader.number()?), reader.number()?);
        let sent_at = UNIX_EPOCH.checked_add(Duration::from_millis(reader.number()?))?;
        Some(Self { origin, number, sent_at, publish: reader.publish()? })
    }

    /// How long ago it was sent; clocks that differ make it no younger than now.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.sent_at).unwrap_or_default()
    }

    pub(super) fn message_id(&self) -> MessageId {
        MessageId::of_node(self.origin, self.number)
    }

    /// What subscribers get.
    pub(super) fn into_message(self, position: Option<Position>) -> Message {
        Message::at(self.message_id(), self.publish, position)
    }
}

/// What is pushed of a message that is kept: see [`split`].
pub(super) fn join(at: Position, envelope: &[u8]) -> Bytes {
    let head = format!("{}-{}:", at.epoch.0, at.offset);
    [head.as_bytes(), envelope].concat().into()
}

/// Splits what is pushed into a position, which topics with a history have, and the envelope: `epoch-offset:envelope`
/// or the envelope alone, whose first octet is no digit.
pub(super) fn split(pushed: Bytes) -> Option<(Option<Position>, Bytes)> {
    if pushed.first() == Some(&VERSION) {
        return Some((None, pushed));
    }
    let colon = pushed.iter().take(POSITION).position(|&octet| octet == b':')?;
    let (at, envelope) = pushed.split_at_checked(colon)?;
    Some((Some(position(at)?), pushed.slice_ref(envelope.get(1..)?)))
}

/// The octets of a position and what ends it, at most.
const POSITION: usize = 20 + 1 + 20 + 1;

/// Reads a position as Redis writes the id of a stream's entry: `epoch-offset`.
pub(super) fn position(id: &[u8]) -> Option<Position> {
    let (epoch, offset) = str::from_utf8(id).ok()?.split_once('-')?;
    Some(Position { epoch: Epoch(epoch.parse().ok()?), offset: offset.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn publish() -> Publish {
        Publish::new("/topic/a".try_into().unwrap(), "body").header("name", "value")
    }

    #[test]
    fn an_envelope_comes_out_as_it_went_in() {
        let envelope = Envelope::decode(Envelope::encode(NodeId(7), 9, &publish())).unwrap();
        assert_eq!((envelope.origin, envelope.number), (NodeId(7), 9));
        assert_eq!(envelope.publish.body, "body");
        assert!(envelope.sent_at.elapsed().is_ok_and(|age| age < Duration::from_secs(60)));
    }

    #[test]
    fn a_push_has_a_position_or_none() {
        let plain = Envelope::encode(NodeId(7), 9, &publish());
        assert_eq!(split(plain.clone()).unwrap(), (None, plain.clone()));
        let position = Position { epoch: Epoch(12), offset: 34 };
        let kept = join(position, &plain);
        assert!(kept.starts_with(b"12-34:"));
        assert_eq!(split(kept).unwrap(), (Some(position), plain));
        for wrong in ["", "12", "12-", "12-34", "a-1:x", "12--1:x", "12:34:x"] {
            assert!(split(Bytes::from_static(wrong.as_bytes())).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn octets_from_elsewhere_are_refused_and_nothing_else(octets: Vec<u8>, version: bool) {
            let octets = if version { [&[VERSION], &*octets].concat() } else { octets };
            let _ = split(octets.clone().into());
            let _ = Envelope::decode(octets.into());
        }
    }
}
