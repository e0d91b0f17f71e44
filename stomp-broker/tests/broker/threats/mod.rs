//! Attacks, named by their numbers in the project's list of threats, against the default limits.

mod fairness;
mod frames;
mod handshake;
mod rates;
mod rights;
mod sessions;
mod websocket;

use stomp_broker::{Config, Open, Server};

async fn server() -> Server {
    server_with(Config::default()).await
}

async fn server_with(config: Config) -> Server {
    let builder = Server::builder(Open, Open).config(config);
    builder.topics("/topic").queues("/queue").start().await.expect("a server")
}
