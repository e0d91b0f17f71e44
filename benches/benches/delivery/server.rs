//! The servers that are measured, each a process of its own.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use stomp_broker::{Config, Open, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::wire::{BODY, SUBSCRIBER};

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bodies and nothing else.
    Floor,
    Tcp,
    WebSocket,
}

/// A server that runs until this is dropped.
pub(crate) struct Process {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Floor, Self::Tcp, Self::WebSocket];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Tcp => "tcp",
            Self::WebSocket => "websocket",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Process {
    pub(crate) fn start(kind: Kind) -> Self {
        let program = env::current_exe().expect("the program knows where it is");
        let child = Command::new(program).arg(kind.name()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the server starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut address).expect("the server says where it listens");
        Self { kind, address: address.trim().parse().expect("an address"), child }
    }

    /// The processor's time that all its threads have had.
    pub(crate) fn cpu(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the server runs");
        let times = threads.map(|thread| {
            let path = thread.expect("threads can be listed").path().join("schedstat");
            let line = fs::read_to_string(path).expect("the kernel counts time");
            line.split(' ').next().and_then(|time| time.parse::<u64>().ok()).expect("nanoseconds come first")
        });
        Duration::from_nanos(times.sum())
    }

    /// Its resident memory, in octets.
    pub(crate) fn memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("memory is counted");
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of KiB")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until the process is killed.
pub(crate) fn run(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let served = runtime.expect("a runtime starts").block_on(async {
        // In a task, since what runs outside has a thread of its own.
        tokio::spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            println!("{}", listener.local_addr().expect("it has an address"));
            match kind {
                Kind::Floor => floor(listener).await,
                Kind::Tcp => broker().await.serve_tcp(listener).await.expect("it serves"),
                Kind::WebSocket => {
                    let server = broker().await;
                    let router = server.websocket_router("/ws");
                    server.serve_http(listener, router, std::future::pending()).await.expect("it serves");
                }
            }
        })
        .await
    });
    served.expect("the server does not end");
}

async fn broker() -> Server {
    let config = Config { connections: 100_000, connections_per_address: 100_000, ..Config::default() };
    Server::builder(Open, Open).config(config).topics("/topic").start().await.expect("the broker starts")
}

/// Writes each body that a publisher sends to every subscriber, in a write of its own.
async fn floor(listener: TcpListener) {
    let subscribers: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("it is TCP");
        let role = stream.read_u8().await.expect("the client says what it is");
        stream.write_u8(role).await.expect("the client reads");
        match role {
            SUBSCRIBER => subscribers.lock().expect("nobody panics").push(stream),
            _ => drop(tokio::spawn(cast(stream, Arc::clone(&subscribers)))),
        }
    }
}

async fn cast(mut publisher: TcpStream, subscribers: Arc<Mutex<Vec<TcpStream>>>) {
    let mut body = [0; BODY];
    while publisher.read_exact(&mut body).await.is_ok() {
        // At this pace a socket always has room; the others are gone.
        subscribers.lock().expect("nobody panics").retain(|to| to.try_write(&body).is_ok());
    }
}
