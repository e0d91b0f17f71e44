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
//! # Where Redis is
//!
//! | URL | what it is |
//! | --- | --- |
//! | `redis://user:password@host:6379/0` | one server |
//! | `redis+sentinel://user:password@host1:26379,host2/name/0` | the master of that name, for which all Sentinels are asked each second |
//! | `redis+cluster://user:password@host1:6379,host2` | a Redis Cluster, with some members to start from |
//! | `unix:///path` | one server on this machine |
//!
//! With `rediss` in place of `redis` all of it is over TLS, which needs the feature `tls`; `?ca=/path/to/ca.pem` names
//! the certificates to trust in place of the system's. `?sentinel-user=...&sentinel-password=...` is for Sentinels
//! that want a login. A user of Redis needs the following rights and no more, `stomp:` being the prefix:
//!
//! ```text
//! ACL SETUSER node on >secret ~stomp:* &stomp:* -@all +@connection +@pubsub +@scripting +@stream
//!     +@hash +@set +@sortedset +@read +@keyspace +@transaction +set +time +role +cluster|info +cluster|slots +asking
//! ```
//!
//! Where clients may subscribe to patterns of topics and Redis is no Cluster, it is `allchannels` in place of
//! `&stomp:*`: Redis lets a user subscribe to such patterns only as are in the user's rights word for word.
//!
//! # How does it work?
//!
//! A node has two connections to each master, of which there is one unless Redis is a Cluster: one for commands, one
//! that Redis pushes through; and one to each Sentinel, or to one member of a Cluster, that it asks. All are made anew,
//! without end and with jitter, when they fail; then the node subscribes again to all that its clients want, 512
//! channels at a time.
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
//! - **In a Cluster** topics are spread over 256 partitions by a hash of their names. All keys and channels of a
//!   partition have its number as their hash tag, so that each script stays on one master. Messages go out in the order
//!   of each partition: a master that is away holds up its own partitions only. Channels are sharded (`SPUBLISH`);
//!   because these have no patterns, each message goes to a channel of all its partition as well, which a node listens
//!   to while its clients have patterns. Queues, presence and control share one slot: transactions, dead letters and
//!   the taking back of leases look at several of them in one step. The masters are asked for each second and at any
//!   sign of change.
//!
//! | name, behind the prefix | type | what |
//! | --- | --- | --- |
//! | `t:{17}:/topic/a` | channel | messages of a topic |
//! | `a:{17}` | channel | messages of all topics of a partition, in a Cluster |
//! | `h:{17}:/topic/a` | stream | the history of a topic: entry `E-N` is the message of epoch E and offset N |
//! | `d:{17}:NODE` | string | the number of the last message of a node that is in a history, of a partition in a Cluster |
//! | `r:{common}:/queue/a` | channel | the queue has something to lease |
//! | `q:{common}:/queue/a` | stream | the messages of a queue |
//! | `b:{common}:/queue/a` | sorted set | those that came back |
//! | `c:{common}:/queue/a` | hash | how often they were refused, and the octets of all messages |
//! | `e:{common}:NODE:N` | string | a batch of a node is in its queues |
//! | `queues:{common}:` | set | the queues that hold messages |
//! | `o:{common}:all`, `o:{common}:NODE` | channel | control for all nodes, or for one |
//! | `n:{common}:NODE` | hash | the users of a node; it expires when the node is dead |
//! | `nodes:{common}:` | set | the nodes |
//! | `p:{17}:NODE` | channel | what a node sends itself to see whether it hears |
//!
//! # What happens when...
//!
//! | | what the relay does | what clients see |
//! | --- | --- | --- |
//! | the pushing connection fails | subscribes again, then reads what was published meanwhile from the streams | nothing; of topics without a history, messages published meanwhile are missing |
//! | Redis takes long to confirm many subscriptions | waits for as long as any come; [`is_ready`](crate::Handle::is_ready) is false meanwhile | nothing |
//! | Redis does not let the node listen: no room for connections, no rights to channels | tries again at least twice a second; [`is_ready`](crate::Handle::is_ready) is false meanwhile | senders: an ERROR for what Redis refuses |
//! | Redis does not answer for a second | gives the connections up, makes new ones; [`is_ready`](crate::Handle::is_ready) is false meanwhile | senders: an ERROR ([`WhileAway::Fail`]), a late RECEIPT ([`WhileAway::BufferFor`]), or nothing ([`WhileAway::LocalOnly`]); a SUBSCRIBE to something new is refused; nobody is disconnected |
//! | a message's answer is lost with the connection | sends it again under the same number | nothing: it is stored once |
//! | Redis comes back without its data, or has lost the newest, as it can unless `appendfsync` is `always` | a new epoch begins; [`Inbound::lost`](crate::Inbound::lost) | the next message has `x-lost:true`; who recovers reads `x-recovered:false` |
//! | all of Redis goes back: a copy is restored, databases are swapped | reads the log that a message of an earlier epoch is from, and goes on there; [`Inbound::lost`](crate::Inbound::lost) | the same |
//! | a stream was trimmed further than a node had read | [`Inbound::lost`](crate::Inbound::lost) | the same |
//! | a replica becomes master, by Sentinels or in a Cluster | finds it, subscribes there, and reads from its streams; what it has not got is lost as above | as above; until then as when Redis does not answer, in a Cluster for the partitions of that master |
//! | a slot goes to another master of a Cluster | follows it key by key, then subscribes there and reads from the streams | nothing; of topics without a history, messages published in between are missing |
//! | a node dies | others take over what it had out of queues after [`RedisSettings::node_timeout`] | consumers elsewhere: a redelivery with `x-delivery-count` |
//! | somebody else publishes to our channels | drops what no node could have sent, and logs it | nothing |
//!
//! A replica gets messages after they were answered for, so a master that dies takes the newest with it; with
//! `min-replicas-to-write` it refuses what no replica would get.

mod batch;
mod ear;
mod envelope;
mod heart;
mod keys;
mod lane;
mod link;
mod listener;
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
    settings::{RedisSettings, RedisSettingsError, WhileAway},
};

/// Reads octets as if Redis had pushed them, for the fuzz target `relay_envelope`.
#[cfg(fuzzing)]
pub fn read_push(octets: &[u8]) {
    if let Some((_, envelope)) = envelope::split(bytes::Bytes::copy_from_slice(octets)) {
        let _ = envelope::Envelope::decode(envelope);
    }
}
