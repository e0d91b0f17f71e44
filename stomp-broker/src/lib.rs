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
//! | `stomp_messages_dropped_total{reason}` | counter | messages that a subscriber did not get: `overflow` of its outbox, `expired` there, `session-closed`, `unsubscribed`, `unencodable` in its version |
//! | `stomp_losses_total` | counter | times that the back-end had to say that messages of a topic are lost |
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
