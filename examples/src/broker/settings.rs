//! The settings file of the broker example.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    num::NonZeroU64,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use stomp_broker::{Config, proto::HeartBeat};

use super::{limits::Bounds, redis::Redis, rules::Rule, users::User};

/// A file with every setting and what it means; reading it gives the default settings.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// All that the broker example can be told.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// STOMP over TCP.
    pub tcp: Option<Tcp>,
    /// STOMP over WebSocket and SockJS.
    pub http: Option<Http>,
    /// STOMP over TLS.
    pub tls: Option<Tls>,
    /// STOMP over a Unix socket.
    pub unix: Option<Unix>,
    /// Metrics and health.
    pub metrics: Option<Metrics>,
    /// The Redis that several brokers share.
    pub redis: Option<Redis>,
    /// What there is.
    pub destinations: Destinations,
    /// Bounds on clients.
    pub limits: Bounds,
    /// Heart-beats.
    pub heart_beat: HeartBeats,
    /// The end.
    pub drain: Drain,
    /// Who may log in; everybody if empty.
    pub user: Vec<User>,
    /// What holds for which destinations.
    pub destination: Vec<Rule>,
}

/// `[tcp]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Proxies that say who the client is.
    #[serde(default)]
    pub proxies: Vec<IpAddr>,
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The path for WebSockets.
    #[serde(default = "websocket_path")]
    pub websocket: String,
    /// The path for SockJS.
    #[serde(default = "sockjs_path")]
    pub sockjs: String,
    /// Pages of other origins that may connect.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// Whether messages are compressed.
    #[serde(default)]
    pub deflate: bool,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The file with the certificate chain, in PEM.
    pub certificate: PathBuf,
    /// The file with its key, in PEM.
    pub key: PathBuf,
}

/// `[unix]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unix {
    /// The file of the socket, which is made and must not be there.
    pub listen: PathBuf,
}

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Where to listen.
    pub listen: SocketAddr,
}

/// `[destinations]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Destinations {
    /// Roots of topics.
    pub topics: Vec<Root>,
    /// Roots of queues.
    pub queues: Vec<Root>,
    /// Seconds between publications of statistics.
    pub statistics_seconds: Option<NonZeroU64>,
}

/// `[heart_beat]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct HeartBeats {
    pub send_seconds: u64,
    pub receive_seconds: u64,
}

/// `[drain]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct Drain {
    pub seconds: u64,
    pub reconnect_seconds: u64,
}

/// A destination under which there are others, such as `/topic`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Root(pub String);

impl TryFrom<String> for Root {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix('/') {
            Some(name) if !name.is_empty() && !name.contains(['/', '*']) => Ok(Self(text)),
            _ => Err("a root is one segment, such as \"/topic\""),
        }
    }
}

impl Http {
    /// The default paths at an address.
    pub fn at(listen: SocketAddr) -> Self {
        let (websocket, sockjs) = (websocket_path(), sockjs_path());
        Self { listen, websocket, sockjs, allowed_origins: Vec::new(), deflate: false }
    }
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What is wrong, with the line and the key.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// What is wrong, with the line and the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if [settings.tcp.is_some(), settings.http.is_some(), settings.tls.is_some(), settings.unix.is_some()]
            == [false; 4]
        {
            return Err("nothing to listen on: one of the tables tcp, http, tls, unix is needed".to_owned());
        }
        Ok(settings)
    }

    /// The settings of the server.
    pub fn config(&self) -> Config {
        let (second, http) = (Duration::from_secs, self.http.clone());
        let HeartBeats { send_seconds, receive_seconds } = self.heart_beat;
        Config {
            heart_beat: HeartBeat { send: second(send_seconds), receive: second(receive_seconds) },
            reconnect_window: second(self.drain.reconnect_seconds),
            websocket_deflate: http.as_ref().is_some_and(|http| http.deflate),
            allowed_origins: http.map(|http| http.allowed_origins).unwrap_or_default(),
            ..self.limits.config()
        }
    }
}

impl Default for Destinations {
    fn default() -> Self {
        let root = |text: &str| vec![Root(text.to_owned())];
        Self { topics: root("/topic"), queues: root("/queue"), statistics_seconds: None }
    }
}

impl Default for HeartBeats {
    fn default() -> Self {
        Self { send_seconds: 1, receive_seconds: 1 }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self { seconds: 3, reconnect_seconds: Config::default().reconnect_window.as_secs() }
    }
}

fn websocket_path() -> String {
    "/ws".to_owned()
}

fn sockjs_path() -> String {
    "/sockjs".to_owned()
}

#[cfg(test)]
mod tests {
    use stomp_broker::Rate;

    use super::*;

    /// The default file with the lines that show other values.
    fn with_all_shown() -> String {
        let is_setting = |line: &str| {
            line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
        };
        let shown = DEFAULT_FILE
            .lines()
            .filter_map(|line| Some(line.strip_prefix("# ").unwrap_or(line)).filter(|line| is_setting(line)));
        shown
            .collect::<Vec<_>>()
            .join("\n")
            .replace("p=1$c29tZXNhbHQ$...", "p=1$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b4dWRWJTmaaJObG")
    }

    #[test]
    fn the_default_file_says_what_the_defaults_are() {
        let read = Settings::parse(DEFAULT_FILE).expect("a file that is right");
        let defaults = Settings { tcp: read.tcp.clone(), http: read.http.clone(), ..Settings::default() };
        assert_eq!(read, defaults);
    }

    #[test]
    fn every_setting_that_is_shown_can_be_set() {
        let read = Settings::parse(&with_all_shown()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((read.user.len(), read.destination.len()), (1, 3));
        assert!(read.tls.is_some() && read.unix.is_some() && read.metrics.is_some());
        assert_eq!(read.config().subscriptions, 32);
        let rate = Rate { burst: 60, every: Duration::from_millis(50) };
        assert_eq!(read.config().send_rate, Some(rate));
    }

    #[test]
    fn errors_name_the_line_and_the_key() {
        for (text, expected) in [
            ("[tcp]\nlisten = \"nowhere\"", ["line 2", "listen"]),
            ("[tcp]\nlisten = \"127.0.0.1:0\"\nlissen = 1", ["line 3", "lissen"]),
            ("[tls]\nlisten = \"127.0.0.1:0\"\nkey = \"k\"", ["line 1", "certificate"]),
            ("[tcp]\nlisten = \"127.0.0.1:0\"\n[destinations]\ntopics = [\"/a*\"]", ["line 4", "topics"]),
            ("[tcp]\nlisten = \"127.0.0.1:0\"\n[[destination]]\npattern = \"/a*\"", ["line 4", "pattern"]),
            (
                "[tcp]\nlisten = \"127.0.0.1:0\"\n[[destination]]\npattern = \"/a\"\nsend = \"all\"",
                ["line 5", "send"],
            ),
            (
                "[tcp]\nlisten = \"127.0.0.1:0\"\n[[destination]]\npattern = \"/a\"\noverflow = \"x\"",
                ["line 5", "overflow"],
            ),
            (
                "[tcp]\nlisten = \"127.0.0.1:0\"\n[[user]]\nlogin = \"a\"\npassword_hash = \"a\"",
                ["line 5", "password_hash"],
            ),
            ("", ["nothing to listen on", "tcp"]),
        ] {
            let error = Settings::parse(text).expect_err(text);
            assert!(expected.iter().all(|part| error.contains(part)), "{text}\n{error}");
        }
    }
}
