//! What every example needs around its own subject: logs, and an end.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

use std::{io::IsTerminal, process::ExitCode};

use tracing_subscriber::EnvFilter;

/// Logs to stderr, by the directives of `RUST_LOG` if they are there.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// Resolves when the process is asked to end, by SIGTERM or SIGINT.
///
/// # Panics
///
/// If the process may not listen to signals.
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("the runtime listens to signals");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
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
