//! The relay from outside: three broker processes over one Redis, clients over TCP that count, and faults.
//!
//! Every message that was confirmed has to be in its history, and to reach the reader on every broker once, in the
//! history's order. `REDIS_FAULTS=full` runs the faults for longer and under more load.

mod account;
mod broker_faults;
mod chaos;
mod client;
mod cluster;
mod load;
mod presence;
mod proxy;
mod queues;
mod redis_faults;
mod servers;

use std::time::Duration;

use self::load::Load;

fn is_full() -> bool {
    std::env::var("REDIS_FAULTS").is_ok_and(|value| value == "full")
}

fn load() -> Load {
    let (topics, per_second) = if is_full() { (50, 200) } else { (5, 50) };
    Load { topics, per_second, octets: 64 }
}

/// Seconds of every run, and of a full one.
fn seconds(short: f64, full: f64) -> Duration {
    Duration::from_secs_f64(if is_full() { full } else { short })
}
