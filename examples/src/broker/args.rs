//! The arguments of the broker example.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, thread};

use clap::Parser;

use super::{
    Settings,
    redis::Redis,
    rules::Rule,
    settings::{Http, Tcp},
    users::User,
};

/// A STOMP broker for clients of STOMP 1.0, 1.1 and 1.2.
///
/// Without options it lets anybody on this machine in, and has topics under /topic, whose messages go to all
/// subscribers, and queues under /queue, whose messages go to one each. Once everything listens it says where on stdout,
/// in one line that starts with "ready"; logs go to stderr, as RUST_LOG says. SIGTERM and SIGINT send the clients away
/// and end it; a second one ends it at once.
#[derive(Debug, Parser)]
pub struct Args {
    /// Take all settings from a file; --print-config shows one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tcp", "ws", "login", "history", "redis_url", "allow_origin"])]
    config: Option<PathBuf>,
    /// How many threads serve the clients. By default half as many as there are processors: a message that has to wake
    /// another thread costs more than the work that it spares the first.
    #[arg(long, value_name = "NUMBER", default_value_t = half_of_the_processors())]
    pub threads: NonZeroUsize,
    /// Only say whether the settings are right.
    #[arg(long)]
    pub check: bool,
    /// Print a file of the default settings, with an explanation of every setting.
    #[arg(long, exclusive = true)]
    pub print_config: bool,
    /// Read a password from stdin and print its hash for the file.
    #[arg(long, exclusive = true)]
    pub hash_password: bool,
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
    /// Share messages with all brokers at this Redis, such as redis://127.0.0.1:6379, redis+sentinel://HOST1,HOST2/NAME
    /// or redis+cluster://HOST1,HOST2; with rediss over TLS.
    #[arg(long, value_name = "URL", env = "BROKER_REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// An origin, such as `https://app.example.org`, whose pages may connect; `*` is any. Repeatable.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
}

impl Args {
    /// The settings of the file, or those that the other arguments say.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn settings(self) -> Result<Settings, String> {
        if let Some(file) = self.config {
            return Settings::read(&file);
        }
        let user = self.login.zip(self.passcode).map(|(login, passcode)| User::new(login, &passcode));
        let history = (self.history > 0).then(|| Rule::with_history("/topic/**", self.history));
        Ok(Settings {
            tcp: Some(Tcp { listen: self.tcp, proxies: Vec::new() }),
            http: Some(Http { allowed_origins: self.allow_origin, ..Http::at(self.ws) }),
            redis: self.redis_url.map(Redis::at),
            user: user.into_iter().collect(),
            destination: history.into_iter().flat_map(|rule| [rule, Rule::new("/**")]).collect(),
            ..Settings::default()
        })
    }
}

fn half_of_the_processors() -> NonZeroUsize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(processors / 2).unwrap_or(NonZeroUsize::MIN)
}
