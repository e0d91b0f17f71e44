//! I10 and F18: what a server holds after a load is what it held after the one before.

use std::{fs, time::Duration};

use tokio::time::{sleep, timeout};

use super::{
    PATIENCE, SOME,
    load::Load,
    process::{ServerProcess, Settings},
    rounds,
};

/// Kibibytes that memory may differ by without growing: what the allocator keeps, and the caches of SQLite.
const NOISE: u64 = 16 * 1024;

#[tokio::test]
async fn a_server_gives_back_what_clients_cost() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { data_dir: dir.path().to_owned(), database_url: None, redis_url: None };
    let server = ServerProcess::start(&settings).await;
    // The first load makes what stays: pools, threads, caches.
    load(&server).await;
    let (files, memory) = (settled_files(&server, usize::MAX).await, memory(&server));
    for _ in 0..rounds() {
        load(&server).await;
        settled_files(&server, files + files / 10).await;
        let now = self::memory(&server);
        assert!(now <= memory + memory / 10 + NOISE, "{memory} KiB have become {now}");
    }
}

async fn load(server: &ServerProcess) {
    let load = Load::start(&server.remote, vec![server.stomp]).await;
    load.acknowledged(SOME).await;
    load.check(&server.remote).await;
}

/// How many files and sockets a process has open, once there are no more than so many and the number has settled.
async fn settled_files(server: &ServerProcess, most: usize) -> usize {
    let count = || fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    let settled = timeout(2 * PATIENCE, async {
        loop {
            let before = count();
            sleep(Duration::from_secs(1)).await;
            if before == count() && before <= most {
                return before;
            }
        }
    });
    settled.await.unwrap_or_else(|_| panic!("more than {most} files are open: {}", count()))
}

/// Kibibytes that a process has in memory.
fn memory(server: &ServerProcess) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
