//! A redis-server of the benchmark's own.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};

/// It keeps nothing, and ends with the benchmark.
pub(crate) struct Redis {
    port: u16,
    process: Child,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port");
        let port = listener.local_addr().expect("it has a number").port();
        drop(listener);
        let redis = Self { port, process: spawn(port) };
        redis.wait_until_up();
        redis
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    pub(crate) fn restart(&mut self) {
        self.process = spawn(self.port);
        self.wait_until_up();
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(("127.0.0.1", self.port)).expect("the address is one")
    }

    /// A connection that waits for an answer however long it takes.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let client = self.client();
        client.get_multiplexed_async_connection_with_config(&config).await.expect("Redis is there")
    }

    /// What Redis has used of its processor.
    pub(crate) async fn cpu(&self) -> Duration {
        let info: String = redis::cmd("INFO")
            .arg("cpu")
            .query_async(&mut self.connection().await)
            .await
            .expect("it answers");
        let seconds = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or_default()
        };
        Duration::from_secs_f64(seconds("used_cpu_sys:") + seconds("used_cpu_user:"))
    }

    fn wait_until_up(&self) {
        while self.client().get_connection().is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(port: u16) -> Child {
    let settings = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    let process = Command::new("redis-server").args(settings).stdout(Stdio::null()).spawn();
    process.expect("redis-server is installed")
}
