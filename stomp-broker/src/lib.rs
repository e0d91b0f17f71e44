//! An embeddable STOMP message broker.
//!
//! ```no_run
//! use stomp_broker::{Open, Server};
//! use tokio::net::TcpListener;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // Anyone may connect, publish and subscribe under /topic.
//! let server = Server::builder(Open, Open).topics("/topic").start().await?;
//! server.serve_tcp(TcpListener::bind("127.0.0.1:61613").await?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! | --- | --- |
//! | handle SEND and SUBSCRIBE in code, and answer | [`App`], [`app`] |
//! | decide who comes in, and who may do what | [`Authenticator`], [`Authorizer`], [`Policies`] |
//! | see, change or refuse what clients do, wherever it goes | [`Interceptor`] |
//! | say what topics keep, and what slow subscribers lose | [`Policies`], [`Overflow`] |
//! | publish, end sessions or look at them from elsewhere | [`Handle`] |
//! | set limits and times | [`Config`] |
//! | listen: TCP, TLS, WebSocket, SockJS, Unix sockets, streams of your own | [`Server`] |
//! | carry messages by something else than memory | [`Broker`] |
//! | test all that | `testing`, with the feature of that name |
//!
//! Features: `websocket` (on by default: WebSocket and SockJS by axum), `tls` (rustls), `redis` (several nodes), `testing`.
//!
//! # Destinations
//!
//! Topics and queues lie under roots that the server declares ([`ServerBuilder::topics`], [`ServerBuilder::queues`]);
//! what lies under none is an ERROR that lists them. Under `/user` are each user's own. `reply-to:/temp-queue/NAME` on a
//! SEND makes a destination of the session's own: answers carry `subscription:/temp-queue/NAME`, and need no SUBSCRIBE.
//! A SUBSCRIBE may name a pattern of topics, `/topic/*/prices` or `/topic/**`, where the authorizer lets it.
//!
//! # Headers beyond STOMP
//!
//! | header | frame | what |
//! | --- | --- | --- |
//! | `x-offset`, `x-epoch` | MESSAGE | its place in the history of its topic |
//! | `x-offset: N`, `first` or `last:N`; `x-epoch` | SUBSCRIBE | from where to begin with the history |
//! | `x-recovered` | RECEIPT of such a SUBSCRIBE | whether everything since then is there, and comes before what is new |
//! | `x-lost` | MESSAGE | that messages before it are lost, and will not come |
//! | `prefetch-count` | SUBSCRIBE to a queue | how many messages may be out with it at a time |
//! | `redelivered`, `x-delivery-count` | MESSAGE of a queue | that it has been out before, and how often with this time |
//! | `x-dead-letter-from` | MESSAGE of a queue of dead letters | where it was sent to |
//! | `reply-to`, `correlation-id` | SEND | where an answer is to go, and what it is to carry |
//! | `traceparent` | SEND | goes on to MESSAGE, and into the span of the handler |
//! | `user-name` | CONNECTED | as whom the client has logged in |
//! | `x-reconnect-after` | ERROR `shutdown` | after how many milliseconds to connect again |
//!
//! # Logs
//!
//! By [`tracing`](https://docs.rs/tracing): a span `connection` (session, transport, peer, user) for each client and a span
//! `request` (command, destination) for each frame at DEBUG, and a span `handler` (destination, user, traceparent) around
//! each handler at INFO.
//!
//! # Metrics
//!
//! Counted through the [`metrics`](https://docs.rs/metrics) facade; install a recorder to see them.
//!
//! | name | kind | what |
//! | --- | --- | --- |
//! | `stomp_connections` | gauge | open connections |
//! | `stomp_connections_refused_total` | counter | connections closed at once, over the limit |
//! | `stomp_sessions` | gauge | those that have logged in |
//! | `stomp_messages_received_total` | counter | SENDs taken in |
//! | `stomp_messages_sent_total` | counter | MESSAGE frames written |
//! | `stomp_messages_dropped_total{reason}` | counter | messages that a subscriber did not get: `overflow` of its outbox, `expired` there, `session-closed`, `unsubscribed`, `unencodable` in its version; and of queues those that nobody could consume: `undeliverable` without a queue of dead letters, `dead-letters-full` |
//! | `stomp_losses_total` | counter | times that the back-end had to say that messages of a topic are lost |
//! | `stomp_relay_gaps_total` | counter | holes in topics with a history, to be filled by reading it from Redis |
//! | `stomp_relay_duplicates_total` | counter | messages that came through Redis twice, and were dropped |
//! | `stomp_errors_total{reason}` | counter | sessions that the server ended: `error`, `slow-consumer`, `shutdown` |
//!
//! # The way of a message
//!
//! ```text
//! socket ─▶ Decoder ─▶ Session ─▶ request: Authorizer, App handlers ─▶ Broker
//!                                                                        │
//! socket ◀─ one write per batch ◀─ Outbox of each session ◀─ Hub ◀─ Inbound
//! ```
//!
//! - [`Server`] accepts connections; each is one task that runs one loop (`connection`).
//! - The protocol is a state machine without IO (`session`).
//! - [`App`] has the handlers of the application's own destinations, [`Authenticator`] and [`Authorizer`] decide
//!   who comes in and who may do what.
//! - [`Broker`] is the seam to what carries messages: [`SimpleBroker`] does it in memory.
//! - The hub knows which session listens to what, and puts each message into their outboxes: bounded queues, so
//!   that one client that does not read harms nobody else.

#[cfg(all(doctest, feature = "websocket"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod access;
mod admission;
pub mod app;
mod auth;
mod broker;
mod config;
mod connection;
mod destination;
mod explain;
mod handle;
#[cfg(feature = "websocket")]
mod http;
mod hub;
mod interceptor;
mod listen;
mod listener;
mod logins;
mod message;
mod metrics;
mod overflow;
mod pattern;
mod permission;
mod policy;
mod rate;
mod refusal;
mod server;
mod session;
mod statistics;
mod status;
mod stop;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod wire;

#[cfg(feature = "redis")]
pub use self::broker::redis;
pub use async_trait::async_trait;
pub use stomp_proto as proto;

#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};
pub use self::{
    access::{Access, Grant},
    app::App,
    auth::{Action, Authenticator, Authorizer, Credentials, Decision, Open, Peer, Principal},
    broker::{
        Broker, BrokerError, Capabilities, Epoch, Health, HistoryPage, HistoryPolicy, HistorySettings,
        Inbound, Interest, Leased, NodeId, NodePresence, Position, Presence, Publish, Published, QueuePolicy,
        QueueSettings, QueueStore, Settlement, SimpleBroker, Start,
    },
    config::{Config, MAX_ID},
    destination::{Destination, DestinationKind, InvalidDestination, MAX_DESTINATION},
    explain::{Explanation, Ruling},
    handle::Handle,
    hub::SessionId,
    interceptor::{Interceptor, Passage},
    listener::Listener,
    message::{Message, MessageId, MessageIds},
    overflow::Overflow,
    pattern::Pattern,
    policy::{DestinationPolicy, Policies},
    rate::Rate,
    refusal::Refusal,
    server::{Server, ServerBuilder},
    session::{TransactionLimits, Violation},
    statistics::Statistics,
    status::{DestinationStatus, SessionStatus, SubscriptionStatus},
};
