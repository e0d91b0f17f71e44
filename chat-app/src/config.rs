//! What can be set.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crate::limits::Rates;

/// The settings of a chat server.
///
/// ```
/// let config = chat_app::Config { data_dir: "/var/lib/chat".into(), ..Default::default() };
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to serve HTTP and WebSockets; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where to serve STOMP over TCP, if anywhere.
    pub stomp_listen: Option<SocketAddr>,
    /// Where the database and the key are.
    pub data_dir: PathBuf,
    /// A database elsewhere.
    pub database_url: Option<String>,
    /// What joins several servers.
    pub redis_url: Option<String>,
    /// Origins of other hosts whose pages may use this server, such as `https://chat.example.org`.
    pub allowed_origins: Vec<String>,
    /// How often members may do what costs.
    pub rates: Rates,
}

impl Default for Config {
    /// This machine alone, port 8080, data in `./data`.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            stomp_listen: None,
            data_dir: "data".into(),
            database_url: None,
            redis_url: None,
            allowed_origins: Vec::new(),
            rates: Rates::default(),
        }
    }
}
