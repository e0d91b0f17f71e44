//! An open STOMP broker over TCP, WebSocket and SockJS: topics under `/topic` and queues under `/queue`, in memory.

use std::{error::Error, future::pending, net::SocketAddr, process::ExitCode, time::Duration};

use clap::Parser;
use examples::{asked_to_stop, exit, log_to_stderr};
use stomp_broker::{
    Authenticator, Config, Credentials, HistoryPolicy, HistorySettings, InvalidDestination, Open, Principal,
    QueueSettings, Refusal, Server, SimpleBroker, async_trait, proto::Limits,
};
use tokio::net::TcpListener;

/// An open STOMP broker. Topics under /topic, queues under /queue, for any STOMP 1.0, 1.1 or 1.2 client.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen for STOMP over TCP; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:61613")]
    tcp: SocketAddr,
    /// Where to listen for STOMP over WebSocket, at the path /ws, and over SockJS, at /sockjs.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:15674")]
    ws: SocketAddr,
    /// The only login to let in; without it, any.
    #[arg(long, requires = "passcode")]
    login: Option<String>,
    /// The passcode of that login.
    #[arg(long, requires = "login", env = "BROKER_PASSCODE", hide_env_values = true)]
    passcode: Option<String>,
    /// How many messages each topic keeps, for an hour, for subscribers that ask by an x-offset header.
    #[arg(long, value_name = "MESSAGES", default_value_t = 0)]
    history: usize,
    /// An origin, such as https://app.example.org, whose pages may connect; `*` is any. Repeatable.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
}

/// Lets in one login, or anyone.
#[derive(Debug)]
struct Door(Option<(String, String)>);

#[async_trait]
impl Authenticator for Door {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        match &self.0 {
            Some((login, passcode)) if !credentials.is_login(login, passcode) => {
                Err(Refusal::new("authentication failed").text("Wrong login or passcode.\n"))
            }
            _ => Open.authenticate(credentials).await,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    exit(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let limits = Limits { body: 4 << 20, ..Limits::default() };
    let config =
        Config { limits, outbox_bytes: 16 << 20, allowed_origins: args.allow_origin, ..Config::default() };
    let door = Door(args.login.zip(args.passcode));
    let builder = Server::builder(door, Open).config(config).broker(back_end(args.history)?);
    let server = builder.topics("/topic").queues("/queue").start().await?;

    let tcp = bind(args.tcp).await?;
    let web = bind(args.ws).await?;
    let stop = asked_to_stop();
    println!("ready tcp={} ws=ws://{}/ws", tcp.local_addr()?, web.local_addr()?);
    let router = server.websocket_router("/ws").merge(server.sockjs_router("/sockjs"));
    // While the server ends its sessions HTTP goes on: SockJS clients ask for their last frames by requests.
    let stop = async {
        stop.await;
        server.shutdown(Duration::from_secs(3)).await;
    };
    let serve = async { tokio::try_join!(server.serve_tcp(tcp), server.serve_http(web, router, pending())) };
    tokio::select! {
        result = serve => {
            result?;
        }
        () = stop => {}
    }
    Ok(())
}

fn back_end(messages: usize) -> Result<SimpleBroker, InvalidDestination> {
    let mut history = HistorySettings::default();
    if messages > 0 {
        let policy = HistoryPolicy { messages, age: Duration::from_secs(60 * 60) };
        history.policies.push(("/topic/**".parse()?, policy));
    }
    Ok(SimpleBroker::with(QueueSettings::default(), history))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))
}
