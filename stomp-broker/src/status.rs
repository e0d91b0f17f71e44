//! What an operator can ask a running server.

use std::{fmt::Display, net::SocketAddr, time::SystemTime};

use serde::{Serialize, Serializer};
use stomp_proto::{AckMode, Version};

use crate::{
    DestinationKind, SessionId,
    hub::{Client, Listener},
};

/// An open connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionStatus {
    /// Names the session; the client knows it from CONNECTED.
    #[serde(serialize_with = "text")]
    pub id: SessionId,
    /// Who has logged in; nobody yet, if `None`.
    pub user: Option<String>,
    /// The protocol version agreed on at the login.
    #[serde(serialize_with = "optional_text")]
    pub version: Option<Version>,
    /// The address of the other end, where the transport has one.
    pub peer: Option<SocketAddr>,
    /// As in [`Peer::transport`](crate::Peer::transport).
    pub transport: &'static str,
    /// When the connection was opened, in JSON as seconds since 1970.
    #[serde(serialize_with = "unix_seconds")]
    pub connected_at: SystemTime,
    /// Live subscriptions.
    pub subscriptions: usize,
    /// Messages that wait for the client to read.
    pub queued_messages: usize,
    /// The octets that they cost.
    pub queued_bytes: usize,
}

/// A live subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// The session that subscribed.
    #[serde(serialize_with = "text")]
    pub session: SessionId,
    /// The session's user.
    pub user: String,
    /// What it listens to, by name or pattern.
    pub destination: String,
    /// What kind of thing that is.
    pub kind: DestinationKind,
    /// How the client acknowledges messages.
    #[serde(serialize_with = "ack")]
    pub ack: AckMode,
}

/// A destination, or a pattern of them, that somebody on this node listens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DestinationStatus {
    /// Its name, or the pattern.
    pub destination: String,
    /// What kind of thing it is.
    pub kind: DestinationKind,
    /// How many subscriptions there are to it.
    pub subscribers: usize,
}

impl SessionStatus {
    pub(crate) fn of(client: &Client, subscriptions: usize) -> Self {
        let (queued_messages, queued_bytes) = client.outbox.waiting();
        Self {
            id: client.id,
            user: client.user().map(|user| user.to_string()),
            version: client.login().map(|login| login.version),
            peer: client.peer.address,
            transport: client.peer.transport,
            connected_at: client.opened,
            subscriptions,
            queued_messages,
            queued_bytes,
        }
    }
}

impl SubscriptionStatus {
    pub(crate) fn of(listener: Listener, client: &Client) -> Self {
        Self {
            session: client.id,
            user: listener.subscription.user().to_owned(),
            destination: listener.destination,
            kind: listener.kind,
            ack: listener.subscription.terms().mode,
        }
    }
}

fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn optional_text<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

fn unix_seconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(since.as_secs())
}

fn ack<S: Serializer>(mode: &AckMode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.as_str())
}
