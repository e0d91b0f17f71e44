//! A Redis of a test's own.

use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use stomp_broker::{redis::RedisSettings, testing::conformance};
use tempfile::TempDir;

/// Longer than Redis takes to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A redis-server on a port of its own. It keeps what it was told through restarts, and ends with the test.
#[derive(Debug)]
pub(crate) struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    directory: TempDir,
    process: Child,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        Self::start_with::<&str>(&[])
    }

    /// With arguments beyond the usual ones.
    pub(crate) fn start_with<A: AsRef<str>>(arguments: &[A]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_owned()).collect();
        let port = free_port();
        let directory = tempfile::tempdir().unwrap();
        let process = spawn(port, &arguments, directory.path());
        let server = Self { port, arguments, directory, process };
        server.wait_until_up();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Settings of a node: see [`settings`].
    pub(crate) fn settings(&self) -> RedisSettings {
        settings(format!("redis://127.0.0.1:{}", self.port))
    }

    /// A connection beside those of the nodes.
    pub(crate) fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        client.get_connection_with_timeout(PATIENCE).unwrap()
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again after [`kill`](Self::kill).
    pub(crate) fn restart(&mut self) {
        self.process = spawn(self.port, &self.arguments, self.directory.path());
        self.wait_until_up();
    }

    /// Stops it without ending its connections.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(status.success());
    }

    fn wait_until_up(&self) {
        let end = Instant::now() + PATIENCE;
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        let is_up = || {
            let mut connection = client.get_connection_with_timeout(PATIENCE)?;
            redis::cmd("PING").query::<String>(&mut connection)
        };
        while let Err(error) = is_up() {
            assert!(Instant::now() < end, "redis-server does not start: {error}");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Settings of a node, with the histories and limits that the conformance suite asks for.
pub(crate) fn settings(url: String) -> RedisSettings {
    RedisSettings {
        history: conformance::history(),
        queues: conformance::queue_policy().into(),
        ..RedisSettings::new(url)
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// `redis-server`, or what `REDIS_SERVER` names.
pub(crate) fn program() -> Command {
    Command::new(env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into()))
}

fn spawn(port: u16, arguments: &[String], directory: &Path) -> Child {
    let port = port.to_string();
    let directory = directory.to_str().unwrap();
    let settings = ["--port", &port, "--bind", "127.0.0.1", "--dir", directory, "--save", ""];
    // With everysec a busy Redis answers before it has written: what it then forgets is reported lost.
    let durability = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut command = program();
    let command =
        command.args(settings).args(durability).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server is installed")
}
