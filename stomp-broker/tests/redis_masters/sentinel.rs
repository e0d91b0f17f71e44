//! Behind Sentinels.

use std::{
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    BUFFER, a_while, load,
    nodes::Cluster,
    redis_server::{RedisServer, free_port, settings},
    redis_shards::{wait_for, wait_until_caught_up, wait_until_replicating},
};

/// Longer than Sentinels take to agree, and the nodes to find the new master.
const PATIENCE: Duration = Duration::from_secs(20);

/// A master, a replica, and Sentinels that watch them.
#[derive(Debug)]
struct Watched {
    master: RedisServer,
    replica: RedisServer,
    sentinels: Vec<Sentinel>,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl Watched {
    fn start() -> Self {
        let master = RedisServer::start();
        let of_master = ["--replicaof", "127.0.0.1", &master.port().to_string()];
        let replica = RedisServer::start_with(&of_master);
        wait_until_replicating(&replica);
        let sentinels: Vec<_> = (0..3).map(|_| Sentinel::start(master.port())).collect();
        for sentinel in &sentinels {
            wait_for("the Sentinels know each other", || {
                sentinel.knows("num-other-sentinels", "2") && sentinel.knows("num-slaves", "1")
            });
        }
        Self { master, replica, sentinels }
    }

    fn url(&self) -> String {
        let hosts: Vec<_> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/chat", hosts.join(","))
    }
}

impl Sentinel {
    fn start(master: u16) -> Self {
        let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
        let file = directory.path().join("sentinel.conf");
        let watch = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor chat 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds chat 500\nsentinel failover-timeout chat 3000\n"
        );
        std::fs::write(&file, watch).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(file).arg("--sentinel").stdout(Stdio::null()).stderr(Stdio::null());
        Self { port, process: command.spawn().expect("redis-server is installed"), _directory: directory }
    }

    /// Whether it says so of the master.
    fn knows(&self, name: &str, value: &str) -> bool {
        let ask = || {
            let client = redis::Client::open((Ipv4Addr::LOCALHOST.to_string(), self.port))?;
            let mut connection = client.get_connection_with_timeout(PATIENCE)?;
            redis::cmd("SENTINEL").arg("MASTER").arg("chat").query::<Vec<String>>(&mut connection)
        };
        ask().is_ok_and(|state| state.chunks(2).any(|pair| pair == [name, value]))
    }

    fn kill(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_over_while_a_sentinel_is_down() {
    let mut watched = Watched::start();
    let settings = settings(watched.url());
    watched.sentinels[0].kill();
    let mut nodes = Cluster::over(watched, settings, BUFFER).await;
    nodes.wait_until_ready(PATIENCE).await;
    let load = nodes.load(load()).await;
    sleep(a_while()).await;
    let pause = load.pause().await;
    wait_until_caught_up(&nodes.redis.master, &nodes.redis.replica);
    nodes.redis.master.kill();
    drop(pause);
    nodes.wait_until_away().await;
    nodes.wait_until_ready(PATIENCE).await;
    sleep(a_while()).await;
    let account = load.finish().await;
    account.assert_all_arrived_once_in_one_order();
    assert_eq!((account.refused, account.told_of_loss), (0, 0));
}
