//! The chat service as a program: accounts and guests, rooms, history, and a web client.
//!
//! ```text
//! cargo run --example chat-server                                       # open http://127.0.0.1:8080/ in a browser
//! cargo run --example chat-server -- --print-config > chat.toml         # every setting, explained
//! cargo run --example chat-server -- --config chat.toml
//! cargo run --example chat-server -- backup saved                       # also while it runs
//! cargo run --example chat-server -- export service.zip                 # all of it, for other programs
//! ```

use std::{error::Error, io::Write, process::ExitCode};

use chat_app::{Config, Listening};
use clap::Parser;
use examples::{
    asked_to_stop,
    chat::{Args, DEFAULT_FILE},
    exit,
};
use tracing::info;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    args.log_format.log_to_stderr();
    exit(run(args).await)
}

async fn run(mut args: Args) -> Result<(), Box<dyn Error>> {
    if args.print_config {
        print!("{DEFAULT_FILE}");
        return Ok(());
    }
    let (check, task) = (args.check, args.task.take());
    let config = args.config()?;
    match task {
        Some(task) => task.carry_out(&config).await,
        None if check => Ok(()),
        None => serve(&config).await,
    }
}

async fn serve(config: &Config) -> Result<(), Box<dyn Error>> {
    let listening = Listening::bind(config).await?;
    let http = listening.http_address();
    let stomp = listening.stomp_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    let metrics =
        listening.metrics_address().map(|address| format!(" metrics={address}")).unwrap_or_default();
    let mut stop = asked_to_stop();
    // Whoever started it may not listen.
    let _ = writeln!(std::io::stdout(), "ready http={http} stomp={stomp}{metrics}");
    info!("open http://{http}/ in a browser");
    listening.serve(stop.next()).await?;
    info!("stopped");
    Ok(())
}
