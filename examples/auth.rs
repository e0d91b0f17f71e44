//! Who may come in, and what they may do: tokens that expire, roles, and one table of rights.
//!
//! ```text
//! cargo run --example auth      # STOMP on 127.0.0.1:61615
//! ```
//!
//! Connect with the header `Authorization: Bearer TOKEN`, where TOKEN is one of
//!
//! - `alice-secret`: may listen to prices, and has `/topic/inbox/alice` for herself;
//! - `exchange-secret`: may send prices as well.
//!
//! A login ends after ten minutes, whatever the client is doing then.

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use examples::{asked_to_stop, log_to_stderr};
use stomp_broker::{
    Access, Authenticator, Credentials, Destination, DestinationPolicy, Policies, Principal, Refusal, Server,
    async_trait,
};
use tokio::net::TcpListener;

/// How long a login lasts.
const LIFETIME: Duration = Duration::from_secs(600);

/// Knows the tokens. A real one checks a signature, or asks a database: it may take its time.
#[derive(Debug)]
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let (user, roles) = match credentials.bearer() {
            Some("alice-secret") => ("alice", vec![]),
            Some("exchange-secret") => ("exchange", vec!["exchange"]),
            _ => return Err(Refusal::new("authentication failed")),
        };
        Ok(Principal::new(user).roles(roles).expires_at(SystemTime::now() + LIFETIME))
    }
}

fn rights() -> Result<Policies, Box<dyn Error>> {
    Ok(Policies::new([
        DestinationPolicy::new("/topic/prices/*")?.send(Access::roles(["exchange"])),
        // Everybody has one, and nobody another's.
        DestinationPolicy::new("/topic/inbox/{user}")?,
        // What no rule grants, nobody may.
    ]))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let rights = rights()?;
    let server = Server::builder(Tokens, rights.clone()).policies(rights).topics("/topic").start().await?;

    // The same question that a SUBSCRIBE of hers would ask.
    let inbox = Destination::new("/topic/inbox/alice")?;
    print!("{}", server.handle().explain(&inbox, &Principal::new("alice")).await);

    let listener = TcpListener::bind("127.0.0.1:61615").await?;
    println!("ready tcp={}", listener.local_addr()?);
    let mut stop = asked_to_stop();
    tokio::select! {
        result = server.serve_tcp(listener) => result?,
        () = stop.next() => {}
    }
    server.drain(Duration::from_secs(3)).await;
    Ok(())
}
