//! What every example needs around its own subject: logs, and an end.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

use std::{io::IsTerminal, process::ExitCode};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Logs to stderr, by the directives of `RUST_LOG` if they are there.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// Resolves when the process is asked to end, by SIGTERM or SIGINT, from the call on and not only from the first poll.
///
/// # Panics
///
/// If the process may not listen to signals.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    let [mut terminate, mut interrupt] = [SignalKind::terminate(), SignalKind::interrupt()]
        .map(|kind| signal(kind).expect("the runtime listens to signals"));
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
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
