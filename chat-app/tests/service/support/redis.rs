//! A Redis server of the test's own, on a socket in a directory of its own.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::UnixStream, time::sleep};

/// It stops when it is dropped.
pub(crate) struct RedisServer {
    server: Child,
    dir: TempDir,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { server: Self::serve(&dir).await, dir }
    }

    async fn serve(dir: &TempDir) -> Child {
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(dir.path().join("socket"))
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        while UnixStream::connect(dir.path().join("socket")).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}/socket", self.dir.path().display())
    }

    /// Starts it again, empty.
    pub(crate) async fn start_again(&mut self) {
        self.server = Self::serve(&self.dir).await;
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
