//! A back-end of one's own: it writes every message of a topic to a journal before it is delivered.
//!
//! ```text
//! cargo run --example own-backend -- journal.txt     # STOMP on 127.0.0.1:61614, without login
//! tail -f journal.txt
//! ```
//!
//! A `Broker` knows destinations and messages, nothing of sessions. This one leaves the carrying to `SimpleBroker`; one
//! that carries messages itself hands each to the `Inbound` it gets in `start`. `stomp_broker::testing::conformance`
//! checks that a back-end keeps the contract.

use std::{env, error::Error, sync::Arc};

use examples::{asked_to_stop, log_to_stderr};
use stomp_broker::{
    Broker, BrokerError, Capabilities, Inbound, Interest, Open, Publish, Published, Server, SimpleBroker,
    async_trait,
};
use tokio::{
    fs::{File, OpenOptions},
    io::AsyncWriteExt,
    net::TcpListener,
    sync::Mutex,
};

#[derive(Debug)]
struct Journal {
    file: Mutex<File>,
    carrier: SimpleBroker,
}

#[async_trait]
impl Broker for Journal {
    fn capabilities(&self) -> Capabilities {
        self.carrier.capabilities()
    }

    async fn start(&self, inbound: Arc<dyn Inbound>) -> Result<(), BrokerError> {
        self.carrier.start(inbound).await
    }

    async fn interest(&self, add: &[Interest], remove: &[Interest]) -> Result<(), BrokerError> {
        self.carrier.interest(add, remove).await
    }

    async fn publish(&self, batch: Vec<Publish>) -> Vec<Result<Published, BrokerError>> {
        let line = |publish: &Publish| format!("{} {:?}\n", publish.destination, publish.body);
        let lines: String = batch.iter().map(line).collect();
        // The lock is held until all is delivered: so the journal has the order that subscribers see.
        let mut file = self.file.lock().await;
        let written = async {
            file.write_all(lines.as_bytes()).await?;
            file.flush().await
        };
        match written.await {
            Ok(()) => self.carrier.publish(batch).await,
            Err(_) => batch.iter().map(|_| Err(BrokerError::Unavailable)).collect(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let path = env::args().nth(1).unwrap_or_else(|| "journal.txt".to_owned());
    let file = OpenOptions::new().create(true).append(true).open(path).await?;
    let journal = Journal { file: Mutex::new(file), carrier: SimpleBroker::new() };
    let server = Server::builder(Open, Open).broker(journal).topics("/topic").start().await?;
    let listener = TcpListener::bind("127.0.0.1:61614").await?;
    println!("ready tcp={}", listener.local_addr()?);
    let mut stop = asked_to_stop();
    tokio::select! {
        result = server.serve_tcp(listener) => result?,
        () = stop.next() => {}
    }
    Ok(())
}
