//! Three nodes that share a Redis: what a client of one node sends reaches the clients of all.

use std::{
    error::Error,
    net::{Ipv4Addr, TcpListener as Port},
    process::{Child, Command as Program, ExitCode, Stdio},
};

use clap::Parser;
use examples::{exit, log_to_stderr};
use stomp_broker::{
    Open, Server,
    proto::Command,
    redis::{RedisRelay, RedisSettings},
    testing::Client,
};

/// Starts three nodes, and sends a message from each to the clients of all.
#[derive(Debug, Parser)]
struct Args {
    /// Where Redis is, such as redis://127.0.0.1:6379; without it, a redis-server is started.
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    exit(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let own = args.redis_url.is_none().then(OwnRedis::start).transpose()?;
    let url = args.redis_url.or_else(|| own.as_ref().map(OwnRedis::url)).unwrap_or_default();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let relay = RedisRelay::new(RedisSettings::new(&*url))?;
        nodes.push(Server::builder(Open, Open).broker(relay).topics("/topic").start().await?);
    }
    while !nodes.iter().all(|node| node.handle().is_ready()) {
        tokio::task::yield_now().await;
    }
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

/// A redis-server that ends with the example.
struct OwnRedis {
    port: u16,
    process: Child,
}

impl OwnRedis {
    fn start() -> Result<Self, Box<dyn Error>> {
        let port = Port::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let settings =
            ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let process = Program::new("redis-server").args(settings).stdout(Stdio::null()).spawn();
        Ok(Self { port, process: process.map_err(|error| format!("cannot start redis-server: {error}"))? })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
