//! What is counted, by the facade of the crate `metrics`: whoever wants the numbers installs a recorder. What the
//! broker counts has names that begin with `stomp_`.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{counter, gauge, histogram};

use crate::{domain::MessageType, error::Code};

/// How the service is, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gauges {
    /// Connections of members to this server.
    pub(crate) connections: usize,
    /// Connections to the database, those that wait for work included.
    pub(crate) pool_connections: u32,
    /// Those that wait for work.
    pub(crate) pool_idle: u32,
    /// Whether the database answers.
    pub(crate) database: bool,
    /// Whether the broker is in contact with the other servers.
    pub(crate) broker: bool,
}

impl Gauges {
    /// Tells them.
    pub(crate) fn tell(self) {
        gauge!("chat_connections").set(self.connections as f64);
        gauge!("chat_db_pool_connections").set(self.pool_connections);
        gauge!("chat_db_pool_idle").set(self.pool_idle);
        gauge!("chat_db_up").set(f64::from(u8::from(self.database)));
        gauge!("chat_redis_up").set(f64::from(u8::from(self.broker)));
    }
}

/// A request that was answered.
pub(crate) fn request(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let labels = [
        // A client may invent methods, and each would be kept.
        ("method", if KNOWN.contains(method) { method.to_string() } else { "other".to_owned() }),
        ("route", route.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    counter!("http_requests_total", &labels).increment(1);
    histogram!("http_request_seconds", "route" => route.to_owned()).record(took);
}

const KNOWN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// A message that goes to those who have its room open.
pub(crate) fn told(kind: MessageType) {
    counter!("chat_messages_total", "type" => kind.as_str()).increment(1);
}

/// How long it took to hand messages that were stored together to the broker.
pub(crate) fn fanned_out(took: Duration) {
    histogram!("chat_fanout_seconds").record(took);
}

/// A message that a member sent, from the request to the end of the commit and of the fan-out.
pub(crate) fn sent(took: Duration) {
    histogram!("chat_send_seconds").record(took);
}

/// A client that asked for what it missed.
pub(crate) fn gap_filled() {
    counter!("chat_reconnect_gapfill_total").increment(1);
}

/// Something that a client was refused.
pub(crate) fn refused(code: Code) {
    if code.status() == StatusCode::UNAUTHORIZED {
        counter!("chat_auth_failures_total", "reason" => code.as_str()).increment(1);
    }
}

/// Something asked for too often.
pub(crate) fn rate_limited(bucket: &'static str) {
    counter!("chat_rate_limited_total", "bucket" => bucket).increment(1);
}
