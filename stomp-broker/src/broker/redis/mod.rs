//! Many nodes as one broker, over Redis 7 or Valkey. Needs the feature `redis`.
//!
//! ```no_run
//! use stomp_broker::{Open, Server, redis::{RedisRelay, RedisSettings}};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let relay = RedisRelay::new(RedisSettings::new("redis://localhost:6379"))?;
//! let server = Server::builder(Open, Open).broker(relay).topics("/topic").queues("/queue").start().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # How does it work?
//!
//! A node has two connections to Redis: one for commands, one that Redis pushes through. Both are made anew, without
//! end and with jitter, when they fail; then the node subscribes again to all that its clients want, 512 channels at
//! a time.
//!
//! - **Topics.** A message is a `PUBLISH` to the channel of its topic, to which those nodes are subscribed that have
//!   subscribers. It reaches the publisher's own node the same way, so that all nodes see one order. Each node
//!   numbers its messages; what comes twice has a number that is not new, and is dropped.
//! - **Topics with a history.** One script gives a batch of messages their offsets, keeps them in streams and publishes
//!   them. Each node puts the messages of a topic in order, from what is pushed, what its own publishing was answered, and,
//!   where that leaves a hole, one reading of the stream.
//! - **Queues** are streams with a consumer group. Every node is one consumer of it. What a node has out when it
//!   dies goes to the others, which see that its key has expired.
//! - **Users.** What is for a user goes to all nodes as control, and each looks for the user's sessions.
//! - **Presence.** Every node keeps the number of sessions of each of its users in a hash that expires with it.
//! - **Pipelines.** Messages of all sessions of a node go out in pipelines, of as many as wait while the last one is
//!   being answered.
//!
//! | name, behind the prefix | type | what |
//! | --- | --- | --- |
//! | `t:/topic/a` | channel | messages of a topic |
//! | `h:/topic/a` | stream | the history of a topic: entry `E-N` is the message of epoch E and offset N |
//! | `d:NODE` | string | the number of the last message of a node that is in a history |
//! | `r:/queue/a` | channel | the queue has something to lease |
//! | `q:/queue/a` | stream | the messages of a queue |
//! | `b:/queue/a` | sorted set | those that came back |
//! | `c:/queue/a` | hash | how often they were refused, and the octets of all messages |
//! | `e:NODE:N` | string | a batch of a node is in its queues |
//! | `queues` | set | the queues that hold messages |
//! | `o:all`, `o:NODE` | channel | control for all nodes, or for one |
//! | `n:NODE` | hash | the users of a node; it expires when the node is dead |
//! | `nodes` | set | the nodes |
//!
//! # What happens when...
//!
//! | | what the relay does | what clients see |
//! | --- | --- | --- |
//! | the pushing connection fails | subscribes again, then reads what was published meanwhile from the streams | nothing; of topics without a history, messages published meanwhile are missing |
//! | Redis does not answer for a second | gives the connections up, makes new ones; [`is_ready`](crate::Handle::is_ready) is false meanwhile | senders: an ERROR ([`WhileAway::Fail`]), a late RECEIPT ([`WhileAway::BufferFor`]), or nothing ([`WhileAway::LocalOnly`]); a SUBSCRIBE to something new is refused; nobody is disconnected |
//! | a message's answer is lost with the connection | sends it again under the same number | nothing: it is stored once |
//! | Redis comes back without its data, or has lost the newest, as it can unless `appendfsync` is `always` | a new epoch begins; [`Inbound::lost`] | the next message has `x-lost:true`; who recovers reads `x-recovered:false` |
//! | a stream was trimmed further than a node had read | [`Inbound::lost`] | the same |
//! | a node dies | others take over what it had out of queues after [`RedisSettings::node_timeout`] | consumers elsewhere: a redelivery with `x-delivery-count` |
//! | somebody else publishes to our channels | drops what no node could have sent, and logs it | nothing |
//!
//! Redis Cluster, Sentinel and TLS are not supported.

mod batch;
mod envelope;
mod heart;
mod keys;
mod link;
mod log;
mod node;
mod presence;
mod publisher;
mod queues;
mod relay;
mod sequence;
mod settings;
mod subscriber;
mod topics;

use self::node::Node;
pub use self::{
    relay::RedisRelay,
    settings::{RedisSettings, WhileAway},
};

/// Reads octets as if Redis had pushed them, for the fuzz target `relay_envelope`.
#[cfg(fuzzing)]
pub fn read_push(octets: &[u8]) {
    if let Some((_, envelope)) = envelope::split(bytes::Bytes::copy_from_slice(octets)) {
        let _ = envelope::Envelope::decode(envelope);
    }
}
