//! Why a server does not start.

use std::{io, net::SocketAddr, path::PathBuf};

use stomp_broker::{BrokerError, redis::RedisSettingsError};

use crate::{
    Config,
    auth::KeyError,
    files::BlobError,
    push::VapidError,
    store::{OpenError, StoreError},
};

/// Why the service could not start, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The scheme of the URL is none of a database.
    #[error(
        "the database URL is not understood; start without --database-url to keep data in SQLite in the data directory"
    )]
    DatabaseUrl,
    /// Redis joins servers that share a database.
    #[error(
        "--redis-url joins servers that share a database: give --database-url too, or neither for a single server"
    )]
    Redis,
    /// A server that does a part needs others.
    #[error(
        "--role api and --role ws are parts of a service: give --redis-url, which joins them, or --role all"
    )]
    Role,
    /// A server for the API has no STOMP.
    #[error("--role api serves no STOMP: give --stomp-listen to a server with --role ws")]
    StompOfApi,
    /// The numbers go elsewhere.
    #[error("--metrics-listen needs the metrics recorder, but the process has another one")]
    Metrics,
    /// The URL of Redis is none.
    #[error(transparent)]
    RedisUrl(#[from] RedisSettingsError),
    /// The directory cannot be made or written to, or another server uses it.
    #[error("cannot use the data directory {}: {error}; make it usable or choose another one with --data-dir", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// The database file cannot be opened.
    #[error("cannot open the database {}: {error}; restore it from a backup, or move it away to start afresh", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database says.
        error: OpenError,
    },
    /// The database on a server cannot be opened.
    #[error(
        "cannot open the PostgreSQL database: {0}; check --database-url, and that the server runs and lets in"
    )]
    Postgres(OpenError),
    /// The database opened, but does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Files cannot be kept.
    #[error("{0}; check --files-url and the AWS_ variables of the environment, or the data directory")]
    Files(#[from] BlobError),
    /// The key that signs pushed messages cannot be used.
    #[error(transparent)]
    Vapid(#[from] VapidError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The broker does not start.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A port cannot be had.
    #[error("cannot listen on {address}: {error}; stop what uses the port or choose another one with {flag}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What sets it.
        flag: &'static str,
        /// What the system says.
        error: io::Error,
    },
}

impl StartError {
    pub(crate) fn data_dir(config: &Config, error: io::Error) -> Self {
        Self::DataDir { path: config.data_dir.clone(), error }
    }
}
