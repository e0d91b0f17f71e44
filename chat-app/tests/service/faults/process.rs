//! A server in a process of its own, which can be killed: this test program, run again.

use std::{
    env,
    future::pending,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use chat_app::{Config, Listening};
use serde::{Deserialize, Serialize};

use crate::support::{Remote, config};

/// Where the process finds its [`Settings`].
const VARIABLE: &str = "CHAT_TEST_SERVER";

/// What the process serves.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) data_dir: PathBuf,
    pub(super) database_url: Option<String>,
    pub(super) redis_url: Option<String>,
}

/// It is killed when it is dropped.
pub(super) struct ServerProcess {
    process: Child,
    pub(super) remote: Remote,
    pub(super) stomp: SocketAddr,
}

impl ServerProcess {
    /// Starts it and waits until it is ready.
    pub(super) async fn start(settings: &Settings) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "faults::process::serves", "--nocapture"]);
        command.env(VARIABLE, serde_json::to_string(settings).unwrap());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = tokio::task::spawn_blocking(move || {
            lines.map_while(Result::ok).find_map(|line| Some(line.split_once("ready ")?.1.to_owned()))
        });
        let ready = ready.await.unwrap().expect("it becomes ready");
        let (http, stomp) = ready.split_once(' ').unwrap();
        Self { process, remote: Remote::at(http.parse().unwrap()), stomp: stomp.parse().unwrap() }
    }

    /// Sends it a signal, such as STOP.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    /// The process's id.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a crash would.
    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process, if this is one; no test otherwise.
#[tokio::test]
async fn serves() {
    let Ok(settings) = env::var(VARIABLE) else { return };
    let Settings { data_dir, database_url, redis_url } = serde_json::from_str(&settings).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let config = Config { database_url, redis_url, stomp_listen: Some(any), ..config(data_dir) };
    let listening = Listening::bind(&config).await.unwrap();
    println!("ready {} {}", listening.http_address(), listening.stomp_address().unwrap());
    listening.serve(pending()).await.unwrap();
}
