//! A message on its way out.

use std::{
    fmt,
    io::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use stomp_proto::{ByteStr, Headers, Version, fanout::MessageTail, header::name};

#[cfg(feature = "redis")]
use crate::NodeId;
#[cfg(feature = "websocket")]
use crate::transport::deflate;
use crate::{Destination, Position, Publish, hub::Holds};

/// A message that subscribers share: cloning it costs a count, and what all of them get is encoded once per
/// protocol version, when the first one needs it.
#[derive(Debug, Clone)]
pub struct Message {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: MessageId,
    position: Option<Position>,
    /// Messages before it are missing.
    after_loss: bool,
    destination: Destination,
    headers: Headers,
    body: Bytes,
    size: usize,
    holds: Holds,
    is_text: OnceLock<bool>,
    tails: [OnceLock<Option<MessageTail>>; Version::ALL.len()],
    #[cfg(feature = "websocket")]
    compressed: [OnceLock<Option<Bytes>>; Version::ALL.len()],
}

/// What a header takes beside its text, in octets.
const ENTRY: usize = 20;

/// The header with a message's offset in the history of its destination; in SUBSCRIBE, that of the last one held.
pub(crate) const OFFSET: &str = "x-offset";

/// The header with the epoch of that offset.
pub(crate) const EPOCH: &str = "x-epoch";

/// The header of RECEIPT that says whether everything since the offset of SUBSCRIBE is there.
pub(crate) const RECOVERED: &str = "x-recovered";

/// The header of a MESSAGE that says that messages before it will never come.
const LOST: &str = "x-lost";

/// Headers of SEND that are addressed to the server, and headers of MESSAGE that only the server may set:
/// neither is handed on.
const NOT_HANDED_ON: [&str; 14] = [
    name::DESTINATION,
    name::CONTENT_LENGTH,
    name::RECEIPT,
    name::TRANSACTION,
    name::MESSAGE_ID,
    name::SUBSCRIPTION,
    name::ACK,
    "user-name",
    "redelivered",
    "x-delivery-count",
    OFFSET,
    EPOCH,
    RECOVERED,
    LOST,
];

/// Whether a header of SEND is for the readers of the message.
pub(crate) fn is_handed_on(name: &str) -> bool {
    !NOT_HANDED_ON.contains(&name)
}

impl Message {
    /// A message under an id that is unique on the back-end.
    pub fn new(id: MessageId, publish: Publish) -> Self {
        Self::at(id, publish, None)
    }

    /// A message with its place in the history of its destination.
    pub fn at(id: MessageId, publish: Publish, position: Option<Position>) -> Self {
        Self::build(id, publish, position, false)
    }

    /// The same message, marked as the first one behind some that are lost: subscribers read `x-lost:true`.
    #[must_use]
    pub fn after_loss(&self) -> Self {
        Self::build(self.id(), self.to_publish(self.destination().clone()), self.position(), true)
    }

    fn build(id: MessageId, publish: Publish, position: Option<Position>, after_loss: bool) -> Self {
        let Publish { destination, headers, body } = publish;
        let of_headers = headers.iter().map(|(name, value)| name.len() + value.len() + ENTRY).sum::<usize>();
        let shared = Shared {
            id,
            size: size_of::<Shared>() + of_headers + body.len(),
            position,
            after_loss,
            destination,
            headers,
            body,
            holds: Holds::default(),
            is_text: OnceLock::new(),
            tails: Default::default(),
            #[cfg(feature = "websocket")]
            compressed: Default::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether messages before it are missing.
    pub fn is_after_loss(&self) -> bool {
        self.shared.after_loss
    }

    /// The same message with other headers and another body.
    pub(crate) fn with(&self, changed: Publish) -> Self {
        let Shared { id, position, destination, .. } = &*self.shared;
        Self::at(*id, Publish { destination: destination.clone(), ..changed }, *position)
    }

    /// Where it was sent to.
    pub fn destination(&self) -> &Destination {
        &self.shared.destination
    }

    /// Its place in the history of its destination, if that has one.
    pub fn position(&self) -> Option<Position> {
        self.shared.position
    }

    /// The value of a header of the sender's.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.shared.headers.get(name)
    }

    /// The same, sharing the message's memory.
    pub(crate) fn shared_header(&self, name: &str) -> Option<ByteStr> {
        self.shared.headers.get_shared(name)
    }

    /// The octets of the message.
    pub fn body(&self) -> &Bytes {
        &self.shared.body
    }

    /// The same message for another destination.
    pub(crate) fn to_publish(&self, destination: Destination) -> Publish {
        Publish { destination, headers: self.shared.headers.clone(), body: self.shared.body.clone() }
    }

    /// The id on the wire.
    pub(crate) fn id(&self) -> MessageId {
        self.shared.id
    }

    /// About what it costs to keep, in octets.
    pub(crate) fn size(&self) -> usize {
        self.shared.size
    }

    /// Who holds it while it waits in outboxes.
    pub(crate) fn holds(&self) -> &Holds {
        &self.shared.holds
    }

    /// Whether the body is UTF-8; headers always are.
    pub(crate) fn is_text(&self) -> bool {
        *self.shared.is_text.get_or_init(|| std::str::from_utf8(&self.shared.body).is_ok())
    }

    /// What all subscribers of that version get behind their own prefix; `None` if the version has no way to
    /// write the destination.
    pub(crate) fn tail(&self, version: Version) -> Option<&MessageTail> {
        let shared = &self.shared;
        let encode = || {
            let position = shared.position.map(|at| (at.offset.to_string(), at.epoch.to_string()));
            let position =
                position.iter().flat_map(|(offset, epoch)| [(OFFSET, &**offset), (EPOCH, &**epoch)]);
            let sent = shared.headers.iter().filter(|(name, _)| is_handed_on(name));
            let lost = shared.after_loss.then_some((LOST, "true"));
            let headers = position.chain(lost).chain(sent);
            let mut id = [0; MessageId::MAX];
            let id = shared.id.write(&mut id);
            MessageTail::encode(id, &shared.destination, headers, &shared.body, version).ok()
        };
        shared.tails[version as usize].get_or_init(encode).as_ref()
    }

    /// The same, [compressed](crate::transport::deflate) when the first one asks; `None` if that gains nothing.
    #[cfg(feature = "websocket")]
    pub(crate) fn compressed(&self, version: Version) -> Option<&Bytes> {
        let compress = || deflate::compress(self.tail(version)?.as_bytes());
        self.shared.compressed[version as usize].get_or_init(compress).as_ref()
    }

    #[cfg(not(feature = "websocket"))]
    pub(crate) fn compressed(&self, _: Version) -> Option<&Bytes> {
        None
    }
}

/// The `message-id` of a message: unique per back-end, made of `[0-9a-f-]` so that no version need escape it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    epoch: u32,
    number: u64,
}

impl MessageId {
    /// The most octets of its text.
    const MAX: usize = 8 + 1 + 16;

    /// Writes its text to the buffer, for which nothing need be allocated.
    fn write(self, buffer: &mut [u8; Self::MAX]) -> &str {
        let mut rest = &mut buffer[..];
        // The buffer has room for the longest.
        let _ = write!(rest, "{self}");
        let left = rest.len();
        buffer.get(..Self::MAX - left).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:x}", self.epoch, self.number)
    }
}

#[cfg(feature = "redis")]
impl MessageId {
    /// The id of a node's message of that number.
    pub(crate) fn of_node(node: NodeId, number: u64) -> Self {
        Self { epoch: node.0 as u32, number }
    }
}

/// Hands out [`MessageId`]s.
#[derive(Debug)]
pub struct MessageIds {
    epoch: u32,
    next: AtomicU64,
}

impl MessageIds {
    /// Ids that start with a random part, so that two runs do not give the same.
    pub fn new() -> Self {
        Self { epoch: rand::random(), next: AtomicU64::new(0) }
    }

    /// An id that was not given out before.
    pub fn next(&self) -> MessageId {
        MessageId { epoch: self.epoch, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Default for MessageIds {
    fn default() -> Self {
        Self::new()
    }
}
