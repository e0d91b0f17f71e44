//! A PostgreSQL server that can be killed and started again.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// It ends when it is dropped.
pub(super) struct PostgresServer {
    _script: Child,
    commands: ChildStdin,
    answers: Option<BufReader<ChildStdout>>,
    socket: String,
}

impl PostgresServer {
    pub(super) async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/serve.sh");
        let mut script =
            Command::new("sh").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (commands, answers) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let answers = Some(BufReader::new(answers));
        let mut server = Self { _script: script, commands, answers, socket: String::new() };
        server.socket = server.answer().await;
        server
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://chat@localhost/postgres?host={}", self.socket)
    }

    /// Where it listens.
    pub(super) fn socket(&self) -> PathBuf {
        Path::new(&self.socket).join(".s.PGSQL.5432")
    }

    /// Ends it as a crash would.
    pub(super) fn kill(&mut self) {
        self.tell("kill", "killed");
    }

    /// Stops it without closing anything.
    pub(super) fn pause(&mut self) {
        self.tell("pause", "paused");
    }

    /// Goes on where it stopped.
    pub(super) fn go_on(&mut self) {
        self.tell("continue", "continued");
    }

    fn tell(&mut self, command: &str, expected: &str) {
        writeln!(self.commands, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.as_mut().unwrap().read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), expected);
    }

    /// Starts it again and waits until it takes connections.
    pub(super) async fn start_again(&mut self) {
        writeln!(self.commands, "start").unwrap();
        assert_eq!(self.answer().await, self.socket);
    }

    async fn answer(&mut self) -> String {
        let mut answers = self.answers.take().unwrap();
        let (answers, line) = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            answers.read_line(&mut line).unwrap();
            (answers, line)
        })
        .await
        .unwrap();
        assert!(!line.is_empty(), "PostgreSQL does not start; is it installed?");
        self.answers = Some(answers);
        line.trim().to_owned()
    }
}
