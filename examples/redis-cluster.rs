//! Three nodes that share a Redis: what a client of one node sends reaches the clients of all.

use std::{error::Error, process::ExitCode, time::Duration};

use clap::Parser;
use examples::{exit, log_to_stderr};
use stomp_broker::{
    Open, Server,
    proto::Command,
    redis::{RedisRelay, RedisSettings},
    testing::Client,
};
use tokio::time::{sleep, timeout};

/// How long Redis may take to answer all nodes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts three nodes, and sends a message from each to the clients of all.
#[derive(Debug, Parser)]
struct Args {
    /// Where Redis is: one server, redis+sentinel://HOST1,HOST2/MASTER or redis+cluster://HOST1,HOST2.
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379", hide_env_values = true)]
    redis_url: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    exit(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let relay = RedisRelay::new(RedisSettings::new(&*args.redis_url))?;
        nodes.push(Server::builder(Open, Open).broker(relay).topics("/topic").start().await?);
    }
    let ready = async {
        while !nodes.iter().all(|node| node.handle().is_ready()) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let seconds = PATIENCE.as_secs();
    timeout(PATIENCE, ready).await.map_err(|_| {
        format!("Redis has not answered for {seconds} seconds: start it, or say by --redis-url where it is")
    })?;
    let mut clients = Vec::new();
    for node in &nodes {
        let mut client = Client::open(node);
        client.connect().await;
        client.subscribe("news", "/topic/news").await;
        clients.push(client);
    }
    for from in 0..clients.len() {
        clients[from].publish("/topic/news", format!("from node {from}")).await;
        for (to, client) in clients.iter_mut().enumerate() {
            let message = client.expect(Command::Message).await;
            println!("node {to} delivered: {}", String::from_utf8_lossy(message.body()));
        }
    }
    Ok(())
}
