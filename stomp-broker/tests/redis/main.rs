//! The relay over a real Redis, as long as that does not fail.
#![cfg(feature = "redis")]

mod bounds;
mod conformance;
mod presence;
mod queues;
#[path = "../support/redis_server.rs"]
#[allow(dead_code, reason = "the tests of faults use more of it")]
mod redis_server;
mod sessions;
