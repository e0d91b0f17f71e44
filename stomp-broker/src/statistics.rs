//! What the server counts, as data and as topics: a topic per number, so that any client can show it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde::Serialize;
use stomp_proto::header::name;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Destination, Publish,
    metrics::{self, Totals},
    server::Shared,
};

/// Under it are the topics; the server alone sends to them.
pub(crate) const SYSTEM_ROOT: &str = "/$SYS";

/// Numbers of a running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Statistics {
    /// Open connections.
    pub connections: usize,
    /// Those that have logged in.
    pub sessions: usize,
    /// SENDs that clients of this process have sent.
    pub messages_received: u64,
    /// MESSAGE frames written to clients of this process.
    pub messages_sent: u64,
    /// Messages that subscribers in this process did not get.
    pub messages_dropped: u64,
    /// Seconds since the server was started.
    pub uptime: u64,
    /// The `server` header of CONNECTED.
    pub version: String,
}

impl Statistics {
    pub(crate) fn of(shared: &Shared) -> Self {
        let clients = shared.hub.clients();
        let Totals { received, sent, dropped } = metrics::totals();
        Self {
            connections: clients.len(),
            sessions: clients.iter().filter(|client| client.login().is_some()).count(),
            messages_received: received,
            messages_sent: sent,
            messages_dropped: dropped,
            uptime: shared.started.elapsed().as_secs(),
            version: shared.config.server_name.clone(),
        }
    }

    /// Each with the name of its topic.
    fn topics(&self) -> [(&'static str, String); 7] {
        [
            ("connections", self.connections.to_string()),
            ("sessions", self.sessions.to_string()),
            ("messages/received", self.messages_received.to_string()),
            ("messages/sent", self.messages_sent.to_string()),
            ("messages/dropped", self.messages_dropped.to_string()),
            ("uptime", self.uptime.to_string()),
            ("version", self.version.clone()),
        ]
    }
}

/// Starts publishing, if that is wanted.
pub(crate) fn start(shared: &Arc<Shared>, every: Option<Duration>) {
    if let Some(every) = every {
        tokio::spawn(publish(Arc::downgrade(shared), every));
    }
}

/// Publishes the numbers of this node to its own clients, until the server stops or nobody has it any more.
async fn publish(shared: Weak<Shared>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade().filter(|shared| !shared.is_shutting_down()) else { return };
        for (topic, value) in Statistics::of(&shared).topics() {
            if let Ok(topic) = Destination::new(format!("{SYSTEM_ROOT}/{topic}")) {
                shared.hub.tell(Publish::new(topic, value).header(name::CONTENT_TYPE, "text/plain"));
            }
        }
    }
}
