//! Runs the conformance dialogues of `tests/data/sessions.json`.
//!
//! A dialogue passes on its best grade; the legal alternatives do not count. Dialogues that need what the server
//! does not have are skipped, and both numbers are asserted, so that none is left out by accident.

mod connection;
mod format;
mod pattern;
mod runner;

use std::{collections::BTreeMap, time::Duration};

use stomp_broker::{
    Authenticator, Config, Credentials, Open, Principal, Refusal, Server, async_trait, proto::Limits,
};
use tokio::task::JoinSet;

use self::format::{Dialogue, Grade};
use crate::transports::Address;

/// What the server has of that which dialogues may require.
const CAPABILITIES: [&str; 11] =
    ["topic", "queue", "inflight", "tx", "ack", "nack", "v10", "v11", "mb", "binary", "auth"];

/// Dialogues that need no more than that.
const PASSING: [(&str, usize); 3] = [("must", 75), ("recommended", 36), ("should", 17)];

#[tokio::test(start_paused = true)]
async fn dialogues_in_memory() {
    run(Address::Memory(server().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialogues_over_tcp() {
    run(Address::tcp(&server().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialogues_over_websocket() {
    run(Address::websocket(&server().await).await).await;
}

#[test]
fn no_dialogue_is_skipped() {
    let skipped: Vec<_> = format::load().into_iter().filter(|dialogue| !is_possible(dialogue)).collect();
    assert!(skipped.is_empty(), "{skipped:?}");
}

async fn server() -> Server {
    let limits = Limits { body: 4 << 20, ..Limits::default() };
    // The dialogues are impatient: they must all end within seconds.
    let config =
        Config { limits, outbox_bytes: 16 << 20, linger: Duration::from_millis(200), ..Config::default() };
    Server::builder(Door, Open)
        .config(config)
        .topics("/topic")
        .queues("/queue")
        .start()
        .await
        .expect("a server")
}

/// Knows one login.
#[derive(Debug)]
struct Door;

#[async_trait]
impl Authenticator for Door {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        match credentials.is_login("guest", "guest") {
            true => Ok(Principal::new("guest")),
            false => Err(Refusal::new("authentication failed")),
        }
    }
}

/// Runs all possible dialogues at once and reports all that fail together.
async fn run(address: Address) {
    let mut running = JoinSet::new();
    for dialogue in format::load().into_iter().filter(is_possible) {
        let address = address.clone();
        running.spawn(async move {
            let limit = Duration::from_secs(60);
            let result = tokio::time::timeout(limit, runner::run(&dialogue, address)).await;
            (dialogue, result.unwrap_or_else(|_| Err(format!("takes longer than {limit:?}"))))
        });
    }
    let (mut passed, mut failures) = (BTreeMap::new(), Vec::new());
    for (dialogue, result) in running.join_all().await {
        match result {
            Ok((Grade::Pass, _)) => *passed.entry(dialogue.level).or_insert(0) += 1,
            Ok((Grade::Alt, label)) => failures.push(format!("{}: only {label}", dialogue.id)),
            Err(why) => failures.push(format!("{}: {why}", dialogue.id)),
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(passed, PASSING.map(|(level, count)| (level.to_owned(), count)).into());
}

fn is_possible(dialogue: &Dialogue) -> bool {
    dialogue.requires.iter().all(|capability| CAPABILITIES.contains(&capability.as_str()))
}
