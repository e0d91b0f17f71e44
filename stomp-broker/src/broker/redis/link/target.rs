//! Where Redis is, as its URL says.

use crate::redis::RedisSettingsError;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError};

/// A Redis: one server, a master that Sentinels know, or a Cluster.
#[derive(Debug, Clone)]
pub(in super::super) struct Target {
    pub(super) kind: Kind,
    /// Whom to ask: the server itself, the Sentinels, or some members of the Cluster.
    pub(super) hosts: Vec<ConnectionInfo>,
    /// How to log in at a server, whatever its address.
    login: ConnectionInfo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Standalone,
    Sentinel { master: String },
    Cluster,
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

/// The parts of a URL.
struct Parts<'a> {
    kind: Kind,
    /// Of a URL of one host.
    scheme: &'a str,
    user: Option<&'a str>,
    hosts: &'a str,
    database: &'a str,
    options: Options,
}

/// What is behind the question mark.
#[derive(Default)]
struct Options {
    ca: Option<String>,
    sentinel_user: Option<String>,
    sentinel_password: Option<String>,
}

impl Target {
    pub(in super::super) fn parse(url: &str) -> Result<Self, RedisSettingsError> {
        if url.starts_with("unix:") || url.starts_with("redis+unix:") {
            return Ok(Self::standalone(url.into_connection_info()?));
        }
        let parts = Parts::parse(url)?;
        let read = |host: &str| parts.options.trust(parts.login(host)?);
        let hosts = parts.hosts().map(|host| read(&host)).collect::<Result<Vec<_>, _>>()?;
        let login = hosts.first().cloned().ok_or(RedisSettingsError::Host)?;
        let asked = match parts.kind {
            Kind::Sentinel { .. } => hosts.into_iter().map(|host| parts.options.of_sentinel(host)).collect(),
            _ => hosts,
        };
        Ok(Self { kind: parts.kind, hosts: asked, login })
    }

    fn standalone(server: ConnectionInfo) -> Self {
        Self { kind: Kind::Standalone, hosts: vec![server.clone()], login: server }
    }

    /// Whether pub/sub is divided among masters as well.
    pub(in super::super) fn is_cluster(&self) -> bool {
        self.kind == Kind::Cluster
    }

    pub(super) fn has_sentinels(&self) -> bool {
        matches!(self.kind, Kind::Sentinel { .. })
    }

    /// How to connect to a server.
    pub(super) fn server(&self, address: &Address) -> ConnectionInfo {
        let (host, port) = (address.host.clone(), address.port);
        let addr = match self.login.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            ConnectionAddr::Tcp(..) => ConnectionAddr::Tcp(host, port),
            own => own.clone(),
        };
        self.login.clone().set_addr(addr)
    }
}

impl Address {
    /// `host:port`, as servers name each other; without a host it is the one that named it.
    pub(super) fn parse(name: &str, of: &Self) -> Option<Self> {
        let (host, port) = name.rsplit_once(':')?;
        let host = if host.is_empty() { &of.host } else { host };
        Some(Self { host: host.to_owned(), port: port.parse().ok()? })
    }

    pub(super) fn of(server: &ConnectionInfo) -> Self {
        match server.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Self { host: host.clone(), port: *port }
            }
            other => Self { host: other.to_string(), port: 0 },
        }
    }
}

impl<'a> Parts<'a> {
    fn parse(url: &'a str) -> Result<Self, RedisSettingsError> {
        let (scheme, rest) = url.split_once("://").ok_or(RedisSettingsError::Scheme)?;
        let (scheme, form) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !matches!(scheme, "redis" | "rediss" | "valkey" | "valkeys") {
            return Err(RedisSettingsError::Scheme);
        }
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        let (kind, database) = match form {
            "" => (Kind::Standalone, path),
            "sentinel" => {
                let (master, database) = path.split_once('/').unwrap_or((path, ""));
                (Kind::Sentinel { master: master.to_owned() }, database)
            }
            "cluster" if path.is_empty() => (Kind::Cluster, ""),
            "cluster" => return Err(RedisSettingsError::Database),
            _ => return Err(RedisSettingsError::Scheme),
        };
        if kind == (Kind::Sentinel { master: String::new() }) {
            return Err(RedisSettingsError::Master);
        }
        Ok(Self { kind, scheme, user, hosts, database, options: Options::parse(options)? })
    }

    /// Each host, with its port.
    fn hosts(&self) -> impl Iterator<Item = String> {
        let port = if matches!(self.kind, Kind::Sentinel { .. }) { 26379 } else { 6379 };
        self.hosts.split(',').map(move |host| {
            // An IPv6 address is in brackets.
            let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
            if has_port { host.to_owned() } else { format!("{host}:{port}") }
        })
    }

    fn login(&self, host: &str) -> Result<ConnectionInfo, RedisSettingsError> {
        if host.starts_with(':') {
            return Err(RedisSettingsError::Host);
        }
        let user = self.user.map(|user| format!("{user}@")).unwrap_or_default();
        let url = format!("{}://{user}{host}/{}", self.scheme, self.database);
        Ok(url.into_connection_info()?)
    }
}

impl Options {
    fn parse(options: &str) -> Result<Self, RedisSettingsError> {
        let mut read = Self::default();
        let Some(url) = redis::parse_redis_url(&format!("redis://host?{options}")) else { return Ok(read) };
        for (name, value) in url.query_pairs() {
            let option = match &*name {
                "ca" => &mut read.ca,
                "sentinel-user" => &mut read.sentinel_user,
                "sentinel-password" => &mut read.sentinel_password,
                _ => return Err(RedisSettingsError::Option(name.into_owned())),
            };
            *option = Some(value.into_owned());
        }
        Ok(read)
    }

    /// Trusts the certificates of the option `ca`, and no others.
    fn trust(&self, server: ConnectionInfo) -> Result<ConnectionInfo, RedisSettingsError> {
        let Some(path) = &self.ca else { return Ok(server) };
        let pem = std::fs::read(path)
            .map_err(|error| RedisSettingsError::Certificates { path: path.clone(), error })?;
        Ok(with_certificates(server, pem)?)
    }

    /// Logs in at a Sentinel, which does not know the users of the servers.
    fn of_sentinel(&self, host: ConnectionInfo) -> ConnectionInfo {
        let mut login = redis::RedisConnectionInfo::default();
        if let Some(user) = &self.sentinel_user {
            login = login.set_username(user);
        }
        if let Some(password) = &self.sentinel_password {
            login = login.set_password(password);
        }
        host.set_redis_settings(login)
    }
}

#[cfg(feature = "tls")]
fn with_certificates(server: ConnectionInfo, pem: Vec<u8>) -> Result<ConnectionInfo, RedisError> {
    let certificates = redis::TlsCertificates { client_tls: None, root_cert: Some(pem) };
    Ok(redis::Client::build_with_tls(server, certificates)?.get_connection_info().clone())
}

#[cfg(not(feature = "tls"))]
fn with_certificates(_: ConnectionInfo, _: Vec<u8>) -> Result<ConnectionInfo, RedisError> {
    Err((redis::ErrorKind::InvalidClientConfig, "certificates need the feature `tls`").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(target: &Target) -> Vec<String> {
        target.hosts.iter().map(|host| host.addr().to_string()).collect()
    }

    #[test]
    fn a_url_says_what_kind_of_redis_it_is_and_where() {
        let one = Target::parse("redis://ann:secret@[::1]/3").unwrap();
        assert_eq!((&one.kind, hosts(&one)), (&Kind::Standalone, vec!["::1:6379".to_owned()]));
        assert_eq!(one.login.redis_settings().username(), Some("ann"));
        assert_eq!(one.login.redis_settings().db(), 3);

        let sentinels = "redis+sentinel://:p%40ss@one,two:9/chat/1?sentinel-password=other";
        let sentinels = Target::parse(sentinels).unwrap();
        assert_eq!(sentinels.kind, Kind::Sentinel { master: "chat".to_owned() });
        assert_eq!(hosts(&sentinels), ["one:26379", "two:9"]);
        assert_eq!(sentinels.hosts[0].redis_settings().password(), Some("other"));
        let address = Address { host: "three".to_owned(), port: 7 };
        let server = sentinels.server(&address);
        assert_eq!((Address::of(&server), server.redis_settings().db()), (address, 1));
        assert_eq!(server.redis_settings().password(), Some("p@ss"));

        let cluster = Target::parse("redis+cluster://one,two:7001").unwrap();
        assert_eq!(
            (&cluster.kind, hosts(&cluster)),
            (&Kind::Cluster, vec!["one:6379".into(), "two:7001".into()])
        );
    }

    #[test]
    #[cfg(feature = "tls")]
    fn tls_holds_for_every_server() {
        let cluster = Target::parse("rediss+cluster://one").unwrap();
        let server = cluster.server(&Address { host: "two".to_owned(), port: 1 });
        assert!(matches!(server.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = [
            ("localhost:6379", "starts with"),
            ("http://localhost", "starts with"),
            ("redis+queue://localhost", "starts with"),
            ("redis+cluster://one,,two", "names its hosts"),
            ("redis+sentinel://one,two", "name of the master"),
            ("redis+cluster://one/1", "no databases"),
            ("redis://one?timeout=1", "no option \"timeout\""),
            ("rediss://one?ca=/does/not/exist", "/does/not/exist cannot be read"),
            ("redis://one:port", "not understood"),
            ("redis://one/two", "not understood"),
        ];
        for (url, reason) in wrong {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(reason), "{url}: {error}");
            let with_password = url.replace("://", "://ann:secret@");
            let error = Target::parse(&with_password).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }
}
