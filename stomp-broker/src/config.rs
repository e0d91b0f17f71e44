//! What can be set, with defaults that suit a public server.

use std::time::Duration;

use stomp_proto::{HeartBeat, Limits, Version};

use crate::{Rate, TransactionLimits};

/// The settings of a server.
///
/// ```
/// use stomp_broker::{Config, proto::Limits};
///
/// let config = Config { limits: Limits { body: 4 << 20, ..Limits::default() }, ..Config::default() };
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The versions offered; the highest that the client speaks too is used.
    pub versions: Vec<Version>,
    /// The `server` header of CONNECTED, `name/version`.
    pub server_name: String,
    /// What the server offers and asks for in heart-beats: in effect the shortest interval clients get.
    pub heart_beat: HeartBeat,
    /// Bounds on frames of clients that have logged in.
    pub limits: Limits,
    /// Bounds on the first frame.
    pub login_limits: Limits,
    /// From the start of the connection to the end of authentication.
    pub login_timeout: Duration,
    /// How long a write may make no progress before the client counts as stuck.
    pub write_timeout: Duration,
    /// When the server stops, clients are asked to connect again at random times within this, by `x-reconnect-after`.
    pub reconnect_window: Duration,
    /// How long the server goes on reading after its last frame, so that the frame is not lost in a reset.
    pub linger: Duration,
    /// From the first octet of a frame to its last, behind the login.
    pub frame_timeout: Duration,
    /// How long a handler or an authorizer may take; then it is cancelled, and the client refused.
    pub handler_timeout: Duration,
    /// How long all that a frame asks for may take, the back-end's part included; then the client gets an ERROR.
    pub request_timeout: Duration,
    /// Messages that wait for one client, at most; over it the client is cut off as too slow.
    pub outbox_frames: usize,
    /// The octets of those messages, at most.
    pub outbox_bytes: usize,
    /// How long a message of a topic may wait for one client; then it is dropped. `None` is as long as it takes.
    pub outbox_age: Option<Duration>,
    /// The octets of messages that wait for all clients together, at most, each message counted once; over it the
    /// clients with the most waiting are cut off as too slow.
    pub outbox_memory: usize,
    /// Subscriptions of one session, at most.
    pub subscriptions: usize,
    /// Transactions of one session.
    pub transactions: TransactionLimits,
    /// Messages of a queue that may be out with one subscription at a time; it may ask for less by a `prefetch-count`
    /// header.
    pub prefetch: usize,
    /// Unacknowledged messages of one session, at most: until it acknowledges some, it gets no more of any.
    pub unacknowledged: usize,
    /// The octets of those messages, at most.
    pub unacknowledged_bytes: usize,
    /// How long a client that has reached one of those limits may acknowledge nothing, before it is cut off.
    pub ack_timeout: Duration,
    /// Origins whose pages may use WebSocket and SockJS besides this host's own, such as `https://chat.example.org`; `*` is any.
    pub allowed_origins: Vec<String>,
    /// Whether WebSocket clients that offer it get larger messages compressed, and may compress theirs (RFC 7692). It
    /// costs time for each message, not for each subscriber. The size of a compressed message tells something about
    /// its text: leave it off where messages hold secrets beside what others wrote.
    pub websocket_deflate: bool,
    /// SockJS sessions over HTTP of all routers, at most, those included that ended less than 5 seconds ago; more are
    /// answered with 503.
    pub sockjs_sessions: usize,
    /// Those from one IPv4 address or IPv6 /64 that have not logged in, at most; more are answered with 429.
    pub sockjs_strangers: usize,
    /// Connections of the whole server, at most; more are closed at once.
    pub connections: usize,
    /// Those from one IPv4 address or IPv6 /64, at most. Behind a proxy all clients may seem to share one.
    pub connections_per_address: usize,
    /// Logins that may fail for one account from one address before more are refused.
    pub failed_logins: Rate,
    /// Logins that may fail from one address, whatever the accounts.
    pub failed_logins_per_address: Rate,
    /// Messages that all sessions of a user together may send; more are refused with `rate-limited`, and who goes on
    /// for some seconds is cut off.
    pub send_rate: Option<Rate>,
    /// Frames of one session; at a higher rate they are not read.
    pub frame_rate: Option<Rate>,
}

/// The longest subscription id, receipt or transaction name, in octets.
pub const MAX_ID: usize = 255;

impl Default for Config {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            versions: Version::ALL.to_vec(),
            server_name: concat!("stomp-broker/", env!("CARGO_PKG_VERSION")).to_owned(),
            heart_beat: HeartBeat { send: second, receive: second },
            limits: Limits::default(),
            login_limits: Limits::before_connect(),
            login_timeout: 10 * second,
            write_timeout: 10 * second,
            reconnect_window: 10 * second,
            linger: second,
            frame_timeout: 60 * second,
            handler_timeout: 30 * second,
            request_timeout: 60 * second,
            outbox_frames: 10_000,
            outbox_bytes: 1 << 20,
            outbox_age: None,
            outbox_memory: 256 << 20,
            subscriptions: 256,
            transactions: TransactionLimits::default(),
            prefetch: 64,
            unacknowledged: 256,
            unacknowledged_bytes: 1 << 20,
            ack_timeout: 60 * second,
            allowed_origins: Vec::new(),
            websocket_deflate: false,
            sockjs_sessions: 10_000,
            sockjs_strangers: 10,
            connections: 20_000,
            connections_per_address: 20_000,
            failed_logins: Rate { burst: 5, every: 12 * second },
            failed_logins_per_address: Rate { burst: 20, every: 3 * second },
            send_rate: None,
            frame_rate: None,
        }
    }
}
