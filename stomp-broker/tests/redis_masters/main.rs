//! The relay over a Redis of several servers, and what it does when their roles change.
#![cfg(feature = "redis")]

mod cluster;
#[path = "../support/redis_server.rs"]
#[allow(dead_code, reason = "the tests of faults use more of it")]
mod redis_server;
#[path = "../support/redis_shards.rs"]
mod redis_shards;
