//! A STOMP broker over TCP, TLS, WebSocket, SockJS and Unix sockets, in memory or over Redis.
//!
//! ```text
//! cargo run --example broker                                     # anybody on this machine may come in
//! cargo run --example broker -- --print-config > broker.toml     # every setting, explained
//! cargo run --example broker -- --config broker.toml
//! ```

use std::{error::Error, io::stdin, process::ExitCode};

use clap::Parser;
use examples::{
    broker::{Args, DEFAULT_FILE, hash, serve},
    exit, log_to_stderr,
};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    log_to_stderr();
    let args = Args::parse();
    let runtime = Builder::new_multi_thread().worker_threads(args.threads.get()).enable_all().build();
    exit(runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(args))))
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    if args.print_config {
        print!("{DEFAULT_FILE}");
        return Ok(());
    }
    if args.hash_password {
        let mut password = String::new();
        stdin().read_line(&mut password)?;
        println!("{}", hash(password.trim_end_matches(['\r', '\n'])));
        return Ok(());
    }
    let check = args.check;
    let settings = args.settings()?;
    if check { Ok(()) } else { serve(&settings).await }
}
