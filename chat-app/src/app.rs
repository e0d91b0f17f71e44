//! The service put together.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::Router;
use stomp_broker::{
    BrokerError, Server,
    redis::{RedisRelay, RedisSettings, RedisSettingsError, WhileAway},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    Config,
    admin::Admin,
    auth::{Auth, KeyError, Passwords, key_of_file, key_of_store},
    chat::{Chat, Live},
    data_dir::DataDir,
    http::{self, Http},
    limits::Limits,
    stomp,
    store::{OpenError, PostgresStore, SqliteStore, Store, StoreError},
};

/// A chat service: its routes to serve, and its STOMP server.
#[derive(Debug)]
pub struct ChatApp {
    router: Router,
    stomp: Server,
    store: Arc<dyn Store>,
    _sweep: AbortOnDropHandle<()>,
    _data_dir: DataDir,
}

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

impl ChatApp {
    /// Opens the data directory and starts the broker.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        refuse_unsupported(config)?;
        let data_dir = DataDir::open(&config.data_dir)
            .map_err(|error| StartError::DataDir { path: config.data_dir.clone(), error })?;
        let (store, key) = open_store(config.database_url.as_deref(), &data_dir).await?;
        let limits = Arc::new(Limits::new(&config.rates));
        let passwords = Passwords::new();
        let live = Live::default();
        let auth = Auth::new(
            Arc::clone(&store),
            &key,
            Arc::clone(&limits),
            live.clone(),
            passwords.clone(),
            config.providers.clone(),
        );
        let admin = Admin::open(Arc::clone(&store), auth.clone(), live.clone()).await?;
        let chat = Chat::new(Arc::clone(&store), live, limits, passwords);
        let relay = config.redis_url.as_deref().map(relay).transpose()?;
        let stomp = stomp::start(auth.clone(), chat.clone(), &config.allowed_origins, relay).await?;
        let sweep = AbortOnDropHandle::new(tokio::spawn(chat.clone().sweep()));
        let http = Http {
            auth,
            admin,
            chat,
            rates: config.rates,
            public_url: config.public_url.clone(),
            allowed_origins: config.allowed_origins.clone().into(),
        };
        let endpoints = stomp::ENDPOINTS.iter().map(|path| stomp.sockjs_router(path));
        let router = http::router(http, endpoints.fold(Router::new(), Router::merge));
        Ok(Self { router, stomp, store, _sweep: sweep, _data_dir: data_dir })
    }

    /// The pages, the API and the endpoints of STOMP, to serve with [`stomp_broker::Server::serve_http`].
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The STOMP server, to serve more listeners.
    pub fn stomp(&self) -> &Server {
        &self.stomp
    }

    /// Closes the database, when nothing is served any more.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// The store and the key that signs tokens: both in the directory, or both in the database that servers share.
async fn open_store(url: Option<&str>, data_dir: &DataDir) -> Result<(Arc<dyn Store>, Vec<u8>), StartError> {
    if let Some(url) = url {
        let store = PostgresStore::open(url).await.map_err(StartError::Postgres)?;
        let key = key_of_store(&store).await?;
        return Ok((Arc::new(store), key));
    }
    let path = data_dir.database();
    let store = SqliteStore::open(&path).await.map_err(|error| StartError::Database { path, error })?;
    Ok((Arc::new(store), key_of_file(&data_dir.key())?))
}

/// What joins this server with others. While Redis is away, each server's members still hear each other; the database
/// has what they missed of others.
fn relay(url: &str) -> Result<RedisRelay, StartError> {
    let settings = RedisSettings {
        prefix: "chat:".to_owned(),
        while_away: WhileAway::LocalOnly,
        ..RedisSettings::new(url)
    };
    Ok(RedisRelay::new(settings)?)
}

/// What is asked for and not there is not passed over in silence.
fn refuse_unsupported(config: &Config) -> Result<(), StartError> {
    if let Some(url) = &config.database_url {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !is_postgres {
            return Err(StartError::DatabaseUrl);
        }
    }
    if config.redis_url.is_some() && config.database_url.is_none() {
        return Err(StartError::Redis);
    }
    Ok(())
}
