//! What many clients cost that are only there.

use std::time::Instant;

use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::{
    client,
    server::{Kind, Process},
};

/// Connections that subscribe, some at a time.
const CONNECTIONS: usize = 10_000;
const AT_A_TIME: usize = 50;

/// How fast clients come in, and the memory that each takes of the server.
pub(crate) async fn rows() {
    let (mut rates, mut memory) = (String::new(), String::new());
    // Servers of their own, since what many clients leave behind would be in the other figures.
    for server in &Kind::ALL.map(Process::start) {
        let (before, start) = (server.memory(), Instant::now());
        let sockets = join_all((0..AT_A_TIME).map(|_| connect(server))).await;
        let rate = CONNECTIONS as f64 / start.elapsed().as_secs_f64();
        let each = server.memory().saturating_sub(before) as f64 / CONNECTIONS as f64 / 1024.0;
        rates += &format!(" {rate:.0} |");
        memory += &format!(" {each:.1} |");
        drop(sockets);
    }
    println!("| {CONNECTIONS} subscribers, connected a second |{rates}");
    println!("| {CONNECTIONS} subscribers, KiB of memory each |{memory}");
}

async fn connect(server: &Process) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..CONNECTIONS / AT_A_TIME {
        sockets.push(client::subscribe(server).await);
    }
    sockets
}
