//! What hostile clients can make the server hold, measured as the memory of this process.
//!
//! The tests are a program of their own and run one after the other, so that each sees only its own memory.

use std::{fs, time::Duration};

use stomp_broker::{
    Config, Open, Peer, Server,
    proto::{Command, Frame},
    testing::Client,
};
use tokio::{
    io::{AsyncWriteExt, duplex},
    sync::{Mutex, MutexGuard},
};

static ALONE: Mutex<()> = Mutex::const_new(());

const MIB: usize = 1 << 20;

/// Asserts that the process has grown by less than a number of octets since it began.
struct Growth {
    before: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Growth {
    async fn measured() -> Self {
        let alone = ALONE.lock().await;
        Self { before: resident(), _alone: alone }
    }

    fn assert_below(&self, limit: usize) {
        let growth = resident().saturating_sub(self.before);
        assert!(growth < limit, "the process has grown by {} KiB", growth / 1024);
    }
}

/// The resident memory of this process, in octets.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux kernel");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident set");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number of KiB") * 1024
}

async fn server() -> Server {
    Server::builder(Open, Open).topics("/topic").queues("/queue").start().await.expect("a server")
}

async fn client(server: &Server) -> Client {
    let mut client = Client::open(server);
    client.connect().await;
    client
}

/// A tiny message and, in one write with it, as much for nobody as shares a read with it.
fn tiny_among_much(destination: &str, more: &str) -> Vec<u8> {
    let padding = "p".repeat(28 * 1024);
    format!("SEND\ndestination:{destination}\n{more}\nx\0SEND\ndestination:/topic/nobody\n\n{padding}\0")
        .into_bytes()
}

#[tokio::test]
async fn t02_an_endless_header_is_not_collected() {
    let server = server().await;
    let growth = Growth::measured().await;
    for is_logged_in in [false, true] {
        let (mut attacker, theirs) = duplex(64 * 1024);
        server.serve_stream(theirs, Peer::default());
        let begin =
            if is_logged_in { "CONNECT\naccept-version:1.2\n\n\0SEND\nbig:" } else { "CONNECT\nbig:" };
        attacker.write_all(begin.as_bytes()).await.expect("an open connection");
        let flood = async {
            let mut sent = 0;
            while sent < 64 * MIB && attacker.write_all(&[b'A'; 64 * 1024]).await.is_ok() {
                sent += 64 * 1024;
                growth.assert_below(8 * MIB);
            }
        };
        tokio::time::timeout(Duration::from_secs(30), flood).await.expect("the server reads or closes");
    }
}

#[tokio::test]
async fn t12_open_transactions_hold_what_they_count() {
    let server = server().await;
    let growth = Growth::measured().await;
    let mut attacker = client(&server).await;
    let limits = Config::default().transactions;
    for transaction in 0..limits.open {
        let name = transaction.to_string();
        attacker.confirm(Frame::builder(Command::Begin).header("transaction", &name)).await;
        for _ in 0..limits.frames {
            attacker.send_octets(tiny_among_much("/topic/x", &format!("transaction:{name}\n"))).await;
        }
    }
    attacker.publish("/topic/x", "").await;
    growth.assert_below(16 * MIB);
}

#[tokio::test]
async fn t12_a_queue_holds_what_it_counts() {
    let server = server().await;
    let growth = Growth::measured().await;
    let mut attacker = client(&server).await;
    for _ in 0..4000 {
        attacker.send_octets(tiny_among_much("/queue/x", "")).await;
    }
    attacker.publish("/topic/x", "").await;
    growth.assert_below(16 * MIB);
}

#[tokio::test]
async fn t12_answers_that_nobody_reads_end_the_reading() {
    let server = server().await;
    let growth = Growth::measured().await;
    let (mut attacker, theirs) = duplex(64 * 1024);
    server.serve_stream(theirs, Peer::default());
    attacker.write_all(b"CONNECT\naccept-version:1.2\n\n\0").await.expect("an open connection");
    let frames = "BEGIN\ntransaction:t\nreceipt:r\n\n\0ABORT\ntransaction:t\nreceipt:r\n\n\0".repeat(1000);
    let flood = async {
        for _ in 0..64 * MIB / frames.len() {
            attacker.write_all(frames.as_bytes()).await.expect("an open connection");
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(2), flood).await.is_err(), "it reads on and on");
    growth.assert_below(8 * MIB);
}

#[tokio::test]
async fn t13_a_flooded_subscriber_holds_its_outbox_and_harms_nobody() {
    let server = server().await;
    let growth = Growth::measured().await;
    let mut healthy = client(&server).await;
    healthy.subscribe("s", "/topic/x").await;
    // It reads the receipt of its subscription and nothing else.
    let mut stuck = client(&server).await;
    stuck.subscribe("s", "/topic/x").await;
    let mut publisher = client(&server).await;
    for round in 0..4000 {
        publisher.send_octets(tiny_among_much("/topic/x", &format!("round:{round}\n"))).await;
        let message = healthy.expect(Command::Message).await;
        assert_eq!(message.headers().get("round"), Some(&*round.to_string()));
    }
    growth.assert_below(16 * MIB);
    // Large messages soon are more than it may keep waiting.
    for round in 0..8 {
        publisher.publish("/topic/x", vec![b'x'; 200 * 1024]).await;
        let message = healthy.expect(Command::Message).await;
        assert_eq!(message.body().len(), 200 * 1024, "round {round}");
    }
    growth.assert_below(16 * MIB);
    loop {
        let frame = stuck.receive().await.expect("an ERROR");
        if frame.command() == &Command::Error {
            assert_eq!(frame.headers().get("message"), Some("slow-consumer"));
            break;
        }
    }
    stuck.closed().await;
}

#[tokio::test]
async fn t14_connections_that_say_nothing_cost_little() {
    let server = server().await;
    let growth = Growth::measured().await;
    let attackers: Vec<_> = (0..2000).map(|_| duplex(16)).collect();
    let (ours, theirs): (Vec<_>, Vec<_>) = attackers.into_iter().unzip();
    theirs.into_iter().for_each(|stream| server.serve_stream(stream, Peer::default()));
    client(&server).await.publish("/topic/x", "").await;
    growth.assert_below(ours.len() * 8 * 1024);
}
