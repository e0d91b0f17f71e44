//! Behind Sentinels.

use std::{
    net::Ipv4Addr,
    process::{Child, Stdio},
};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    BUFFER, PATIENCE, a_while,
    certificates::Certificates,
    load,
    nodes::Cluster,
    redis_server::{RedisServer, free_port, program, settings},
    redis_shards::{wait_for, wait_until_caught_up, wait_until_replicating},
};

/// A master, a replica, and Sentinels that watch them.
#[derive(Debug)]
pub(crate) struct Watched {
    master: RedisServer,
    replica: RedisServer,
    sentinels: Vec<Sentinel>,
    /// All of them speak TLS.
    tls: Option<Certificates>,
}

#[derive(Debug)]
struct Sentinel {
    port: u16,
    /// Where nodes reach it.
    public_port: u16,
    process: Child,
    _directory: TempDir,
}

impl Watched {
    fn start() -> Self {
        Self::start_with(None)
    }

    #[cfg(feature = "tls")]
    pub(crate) fn start_over_tls(certificates: Certificates) -> Self {
        Self::start_with(Some(certificates))
    }

    fn start_with(tls: Option<Certificates>) -> Self {
        let (master, master_port) = server(tls.as_ref(), &[]);
        let (replica, _) = server(tls.as_ref(), &["--replicaof", "127.0.0.1", &master_port.to_string()]);
        wait_until_replicating(&replica);
        let sentinels: Vec<_> = (0..3).map(|_| Sentinel::start(master_port, tls.as_ref())).collect();
        for sentinel in &sentinels {
            wait_for("the Sentinels know each other", || {
                sentinel.knows("num-other-sentinels", "2") && sentinel.knows("num-slaves", "1")
            });
        }
        Self { master, replica, sentinels, tls }
    }

    fn url(&self) -> String {
        let host = |sentinel: &Sentinel| format!("127.0.0.1:{}", sentinel.public_port);
        let hosts = self.sentinels.iter().map(host).collect::<Vec<_>>().join(",");
        match &self.tls {
            Some(certificates) => format!("rediss+sentinel://{hosts}/chat{}", certificates.trust()),
            None => format!("redis+sentinel://{hosts}/chat"),
        }
    }
}

/// A server, and the port at which others reach it.
fn server(tls: Option<&Certificates>, arguments: &[&str]) -> (RedisServer, u16) {
    let Some(certificates) = tls else {
        let server = RedisServer::start_with(arguments);
        let port = server.port();
        return (server, port);
    };
    let port = free_port();
    let encrypted = certificates.arguments(port);
    let arguments: Vec<_> = arguments.iter().copied().chain(encrypted.iter().map(|word| &**word)).collect();
    (RedisServer::start_with(&arguments), port)
}

impl Sentinel {
    fn start(master: u16, tls: Option<&Certificates>) -> Self {
        let (port, tls_port, directory) = (free_port(), free_port(), tempfile::tempdir().unwrap());
        let file = directory.path().join("sentinel.conf");
        let watch = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor chat 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds chat 500\nsentinel failover-timeout chat 3000\n"
        );
        std::fs::write(&file, watch).unwrap();
        let mut command = program();
        command.arg(file).arg("--sentinel").stdout(Stdio::null()).stderr(Stdio::null());
        command.args(tls.map(|certificates| certificates.arguments(tls_port)).unwrap_or_default());
        let process = command.spawn().expect("redis-server is installed");
        let public_port = if tls.is_some() { tls_port } else { port };
        Self { port, public_port, process, _directory: directory }
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

/// A master dies while a Sentinel is down: the nodes go on with the replica.
pub(crate) async fn fail_over(mut watched: Watched) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_over_while_a_sentinel_is_down() {
    fail_over(Watched::start()).await;
}
