//! What a delivery over a socket costs: the rows of the table in stomp-broker's README.
//!
//! `cargo bench --profile release -p benches --bench delivery` starts the broker and a floor, a server that writes each
//! message to each client and does nothing else, as processes of their own with one thread, and lets them take turns.
//! The processor's time is the kernel's count for a process, so this runs on Linux; it is worth what the machine is quiet.

mod client;
mod idle;
mod server;
mod wire;

use std::{env, time::Duration};

use self::{
    client::Turn,
    server::{Kind, Process},
};

/// Subscribers, and messages a second to each of them.
const SHAPES: [(usize, u32); 3] = [(10, 2000), (100, 200), (1000, 20)];

/// How often each server has its turn; the median counts.
const TURNS: usize = 5;

fn main() {
    // Each connection takes a file of either process.
    rlimit::increase_nofile_limit(u64::MAX).expect("the limit of open files can be raised");
    match env::args().nth(1).as_deref().and_then(Kind::named) {
        Some(kind) => server::run(kind),
        None => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a runtime starts").block_on(table());
        }
    }
}

async fn table() {
    println!("| figure | floor | TCP | WebSocket |\n| --- | --- | --- | --- |");
    idle::rows().await;
    let servers = Kind::ALL.map(Process::start);
    for (subscribers, rate) in SHAPES {
        let mut turns = [const { Vec::new() }; Kind::ALL.len()];
        for _ in 0..TURNS {
            for (server, turns) in servers.iter().zip(&mut turns) {
                turns.push(client::turn(server, subscribers, rate).await);
            }
        }
        let what = format!("{rate} messages/s to {subscribers}");
        row(&format!("{what}, processor per delivery"), &turns, |turn| turn.cost);
        row(&format!("{what}, p50"), &turns, |turn| turn.late(0.5));
        row(&format!("{what}, p99"), &turns, |turn| turn.late(0.99));
    }
}

/// A figure of each server, and how many times the floor's it is.
fn row(what: &str, turns: &[Vec<Turn>; Kind::ALL.len()], figure: impl Fn(&Turn) -> Duration) {
    let medians = turns.each_ref().map(|turns| {
        let mut figures: Vec<_> = turns.iter().map(&figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    });
    let [floor, ..] = medians;
    let cells = medians.map(|it| format!("{it:.2?}, {:.2}", it.as_secs_f64() / floor.as_secs_f64()));
    println!("| {what} | {} |", cells.join(" | "));
}
