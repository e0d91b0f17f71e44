//! The relay over a Redis of several servers, and what it does when their roles change.
//!
//! `REDIS_FAULTS=full` puts it under the load, and for as long, that the README's table is about.
#![cfg(feature = "redis")]

mod certificates;
mod cluster;
#[path = "../support/redis_cluster.rs"]
#[allow(dead_code, reason = "the tests of faults use more of it")]
mod nodes;
#[path = "../support/redis_server.rs"]
#[allow(dead_code, reason = "the tests of faults use more of it")]
mod redis_server;
#[path = "../support/redis_shards.rs"]
mod redis_shards;
mod rights;
mod sentinel;
#[cfg(feature = "tls")]
mod tls;

use std::time::Duration;

use self::nodes::Load;

const BUFFER: stomp_broker::redis::WhileAway =
    stomp_broker::redis::WhileAway::BufferFor { duration: Duration::from_secs(60), bytes: 64 << 20 };

/// Longer than a replica takes to become master, and the nodes to find it.
const PATIENCE: Duration = Duration::from_secs(20);

fn is_full() -> bool {
    std::env::var("REDIS_FAULTS").is_ok_and(|value| value == "full")
}

fn load() -> Load {
    if is_full() { Load { topics: 50, per_second: 2000 } } else { Load { topics: 20, per_second: 300 } }
}

/// How long a load goes on before and after a fault.
fn a_while() -> Duration {
    Duration::from_millis(if is_full() { 5000 } else { 500 })
}
