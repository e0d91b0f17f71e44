//! The processes of a test: a redis-server, and brokers at it.

use std::{
    env, fmt, fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longer than a process takes to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A redis-server that has on disk what it has answered. It ends with the test.
#[derive(Debug)]
pub(crate) struct Redis {
    pub(crate) address: SocketAddr,
    directory: TempDir,
    process: Child,
}

/// The example `broker`. It ends with the test.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) tcp: SocketAddr,
    health: SocketAddr,
    process: Child,
    _directory: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let process = spawn_redis(address, &directory);
        let redis = Self { address, directory, process };
        redis.wait_until_up();
        redis
    }

    pub(crate) fn kill(&mut self) {
        kill(&mut self.process);
    }

    pub(crate) fn restart(&mut self) {
        self.process = spawn_redis(self.address, &self.directory);
        self.wait_until_up();
    }

    /// Takes what a killed Redis had on disk away.
    pub(crate) fn lose_data(&mut self) {
        fs::remove_dir_all(self.directory.path().join("appendonlydir")).unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.process, name);
    }

    /// Has Redis carry out a command beside what the brokers want.
    pub(crate) fn run<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        run(&mut self.connection(), words)
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(("127.0.0.1", self.address.port())).unwrap();
        client.get_connection_with_timeout(PATIENCE).unwrap()
    }

    /// What Redis has to say.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("redis.log")).unwrap()
    }

    fn wait_until_up(&self) {
        let client = redis::Client::open(("127.0.0.1", self.address.port())).unwrap();
        let is_up = || redis::cmd("PING").query::<String>(&mut client.get_connection_with_timeout(PATIENCE)?);
        let end = Instant::now() + PATIENCE;
        while let Err(error) = is_up() {
            assert!(Instant::now() < end, "redis-server does not start: {error}");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Broker {
    /// Starts one at the Redis behind an address.
    pub(crate) fn start(redis: SocketAddr, while_away: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("broker.toml");
        fs::write(&file, settings(&redis, while_away)).unwrap();
        let test = env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("examples").join("broker");
        let mut process = Command::new(program)
            .arg("--config")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("built by `cargo build -p examples --examples`");
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let place = |kind: &str| {
            let word = ready.split_whitespace().find_map(|word| word.strip_prefix(kind));
            word.unwrap_or_else(|| panic!("{ready:?}")).trim_end_matches("/metrics").parse().unwrap()
        };
        Self { tcp: place("tcp="), health: place("metrics=http://"), process, _directory: directory }
    }

    pub(crate) fn kill(&mut self) {
        kill(&mut self.process);
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.process, name);
    }

    /// Waits for the end after a signal.
    pub(crate) fn wait(&mut self) {
        assert!(self.process.wait().unwrap().success());
    }

    /// What the broker says of itself to a load balancer.
    pub(crate) async fn is_ready(&self) -> bool {
        let mut socket = TcpStream::connect(self.health).await.unwrap();
        socket.write_all(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer.starts_with("HTTP/1.1 200 ")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Has Redis carry out a command.
pub(crate) fn run<T: redis::FromRedisValue>(connection: &mut redis::Connection, words: &[&str]) -> T {
    redis::cmd(words[0]).arg(&words[1..]).query(connection).unwrap()
}

fn settings(redis: &dyn fmt::Display, while_away: &str) -> String {
    format!(
        r#"
        [tcp]
        listen = "127.0.0.1:0"
        [metrics]
        listen = "127.0.0.1:0"
        [redis]
        url = "redis://{redis}"
        while_away = {while_away}
        node_timeout_seconds = 3
        [limits]
        outbox_frames = 1000000
        outbox_bytes = 1073741824
        [drain]
        seconds = 1
        [[destination]]
        pattern = "/topic/**"
        history = {{ messages = 100000, seconds = 3600 }}
        [[destination]]
        pattern = "/**"
        "#
    )
}

fn spawn_redis(address: SocketAddr, directory: &TempDir) -> Child {
    let (port, directory) = (address.port().to_string(), directory.path().to_str().unwrap());
    let place =
        ["--port", &port, "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--logfile", "redis.log"];
    let durability = ["--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "yes"];
    let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let mut command = Command::new(program);
    command.args(place).args(durability).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server is installed")
}

/// Ends a process as a power failure would. It may have ended already.
fn kill(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(process.id().to_string()).status();
    assert!(status.unwrap().success());
}
