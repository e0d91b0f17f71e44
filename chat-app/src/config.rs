//! What can be set.

use std::{
    collections::BTreeMap,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, de::Error};

use crate::{
    Reach, StartError, auth, auth::OAuthClient, domain::Provider, files::FileSettings, limits::Rates,
};

/// The settings of a chat server; what is not given is as it is by default.
///
/// ```
/// let config = chat_app::Config { data_dir: "/var/lib/chat".into(), ..Default::default() };
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What this server does; with Redis others can do the rest.
    pub role: ServerRole,
    /// Where to serve HTTP and WebSockets; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where to serve STOMP over TCP, if anywhere.
    pub stomp_listen: Option<SocketAddr>,
    /// Where to serve `/metrics` for Prometheus, if anywhere. There is no login: it is for a network of the operator's.
    pub metrics_listen: Option<SocketAddr>,
    /// Where the database, the key and files are, as far as they are not elsewhere.
    pub data_dir: PathBuf,
    /// A PostgreSQL database instead of the one in the directory, as `postgres://user:password@host/database`.
    pub database_url: Option<String>,
    /// What joins several servers that share a database, as `redis://user:password@host:6379`; see
    /// [the other forms](stomp_broker::redis#where-redis-is).
    pub redis_url: Option<String>,
    /// Origins besides this host's own that may open WebSockets and send requests, such as `https://chat.example.org`
    /// for a proxy that does not hand on the `Host` header.
    pub allowed_origins: Vec<Origin>,
    /// Where the service is for browsers, such as `https://chat.example.org`: providers send people back there. What
    /// browsers ask for is taken if this is not given.
    pub public_url: Option<Origin>,
    /// By whose accounts people may log in.
    #[serde(deserialize_with = "auth::deserialize_providers")]
    pub providers: BTreeMap<Provider, OAuthClient>,
    /// How long an access token is valid. Clients get the next one in time; who is shut out is so at once.
    pub access_token_seconds: NonZeroU32,
    /// Connections of a member at once, to all servers.
    pub connections_per_member: NonZeroU32,
    /// Where files are kept, and how much of them.
    pub files: FileSettings,
    /// What members can make this server ask: push services and pictures elsewhere.
    #[serde(skip)]
    pub reach: Reach,
    /// How often members may do what costs.
    pub rates: Rates,
}

impl Default for Config {
    /// This machine alone, port 8080, data in `./data`.
    fn default() -> Self {
        Self {
            role: ServerRole::All,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            stomp_listen: None,
            metrics_listen: None,
            data_dir: "data".into(),
            database_url: None,
            redis_url: None,
            allowed_origins: Vec::new(),
            public_url: None,
            providers: BTreeMap::new(),
            access_token_seconds: const { NonZeroU32::new(15 * 60).expect("15 minutes are not 0") },
            connections_per_member: const { NonZeroU32::new(10).expect("10 is not 0") },
            files: FileSettings::default(),
            reach: Reach::Public,
            rates: Rates::default(),
        }
    }
}

/// What a server does, of what all servers together do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerRole {
    /// Everything.
    #[default]
    All,
    /// The pages and the API.
    Api,
    /// WebSockets, SockJS and STOMP over TCP.
    Ws,
}

impl FromStr for ServerRole {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "ws" => Ok(Self::Ws),
            _ => Err("expected all, api or ws"),
        }
    }
}

impl Config {
    pub(crate) fn access_lifetime(&self) -> Duration {
        Duration::from_secs(self.access_token_seconds.get().into())
    }

    /// Whether the settings go together. Nothing is opened for that.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub fn check(&self) -> Result<(), StartError> {
        let is_postgres = |url: &String| url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !self.database_url.as_ref().is_none_or(is_postgres) {
            return Err(StartError::DatabaseUrl);
        }
        if self.redis_url.is_some() && self.database_url.is_none() {
            return Err(StartError::Redis);
        }
        if self.role != ServerRole::All && self.redis_url.is_none() {
            return Err(StartError::Role);
        }
        if self.role == ServerRole::Api && self.stomp_listen.is_some() {
            return Err(StartError::StompOfApi);
        }
        Ok(())
    }
}

/// Where a page comes from, as browsers write it: `https://chat.example.org` or `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    /// Reads an origin. There is none that means all of them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let origin = text.to_ascii_lowercase();
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_host = |host: &str| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
        };
        if host.is_some_and(is_host) {
            Ok(Self(origin))
        } else {
            Err("expected a scheme and a host, such as https://chat.example.org, without a path")
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for text in ["https://Chat.Example.org", "http://localhost:5173", "http://[::1]:8080"] {
            assert_eq!(text.parse::<Origin>().unwrap().as_str(), text.to_ascii_lowercase());
        }
        for text in ["", "*", "null", "chat.example.org", "https://", "https://a/", "https://a b", "ftp://a"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
