//! A Redis server of the test's own, on a socket in a directory of its own.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::sleep,
};

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

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    /// Sends it a signal, such as STOP.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.server.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// Tells it to do something, and waits until it says that it has.
    pub(crate) async fn command(&self, command: &str) {
        let mut socket = UnixStream::connect(self.socket()).await.unwrap();
        socket.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        let mut answer = [0; 1];
        socket.read_exact(&mut answer).await.unwrap();
        assert!(b"+:".contains(&answer[0]), "{command} is refused");
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
