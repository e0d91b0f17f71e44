//! What every example needs around its own subject: logs, and an end.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod broker;
pub mod chat;

use std::{io::IsTerminal, process::ExitCode};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Logs to stderr, by the directives of `RUST_LOG` if they are there.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// Listens for requests to end the process, SIGTERM and SIGINT, from the call on.
///
/// # Panics
///
/// If the process may not listen to signals.
pub fn asked_to_stop() -> StopRequests {
    let listen = |kind| signal(kind).expect("the runtime listens to signals");
    StopRequests { terminate: listen(SignalKind::terminate()), interrupt: listen(SignalKind::interrupt()) }
}

/// The requests to end the process.
#[derive(Debug)]
pub struct StopRequests {
    terminate: Signal,
    interrupt: Signal,
}

impl StopRequests {
    /// Resolves at the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The exit status of a program: a fault is told in one line.
pub fn exit(result: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
