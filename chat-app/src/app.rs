//! The service put together.

use std::sync::Arc;

use axum::Router;
use stomp_broker::{
    Server,
    redis::{RedisRelay, RedisSettings, WhileAway},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    Config, ServerRole, StartError,
    admin::Admin,
    auth::{Auth, Passwords},
    chat::{Chat, Live, Presence},
    data_dir::{DataDir, DataDirLock},
    files::Files,
    http::{self, Http},
    installation::Installation,
    limits::Limits,
    push::Push,
    stomp,
    store::Store,
};

/// A chat service: its routes to serve, and its STOMP server.
#[derive(Debug)]
pub struct ChatApp {
    router: Router,
    stomp: Server,
    store: Arc<dyn Store>,
    chat: Chat,
    _tasks: [AbortOnDropHandle<()>; 4],
    _lock: DataDirLock,
}

impl ChatApp {
    /// Opens the data directory and starts the broker.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let (Installation { store, key }, lock) = Installation::open_to_serve(config).await?;
        let limits = Arc::new(Limits::new(&config.rates));
        let passwords = Passwords::new();
        let live = Live::default();
        let auth =
            Auth::new(Arc::clone(&store), &key, Arc::clone(&limits), live.clone(), passwords.clone(), config);
        let admin = Admin::open(Arc::clone(&store), auth.clone(), live.clone()).await?;
        let directory = DataDir::at(&config.data_dir);
        let files = Files::open(
            Arc::clone(&store),
            Arc::clone(&limits),
            config.files.clone(),
            config.reach,
            &directory,
        )?;
        let limit = config.connections_per_member.get() as usize;
        let presence = Presence::new(Arc::clone(&store), live.clone(), limit);
        let contact = config.public_url.as_ref().map(ToString::to_string);
        let (push, queue) =
            Push::open(Arc::clone(&store), live.clone(), presence.clone(), config.reach, contact).await?;
        let chat = Chat::new(Arc::clone(&store), live, presence, limits, passwords, push.clone());
        let relay = config.redis_url.as_deref().map(relay).transpose()?;
        let stomp =
            stomp::start(auth.clone(), chat.clone(), &config.allowed_origins, &config.rates, relay).await?;
        let tasks = [
            tokio::spawn(chat.clone().tend()),
            tokio::spawn(files.clone().sweep()),
            tokio::spawn(chat.clone().recheck()),
            tokio::spawn(push.clone().run(queue)),
        ];
        let http = Http {
            auth,
            admin,
            chat: chat.clone(),
            files,
            push,
            rates: config.rates,
            connections_per_member: config.connections_per_member,
            public_url: config.public_url.clone(),
            allowed_origins: config.allowed_origins.clone().into(),
        };
        let endpoints = stomp::ENDPOINTS.iter().map(|path| stomp.sockjs_router(path));
        let endpoints = http::limited(endpoints.fold(Router::new(), Router::merge));
        let router = match config.role {
            ServerRole::All => http::router(http).merge(endpoints),
            ServerRole::Api => http::router(http),
            ServerRole::Ws => http::health_router(http).merge(endpoints),
        };
        Ok(Self {
            router: http::frame(router),
            stomp,
            store,
            chat,
            _tasks: tasks.map(AbortOnDropHandle::new),
            _lock: lock,
        })
    }

    /// The pages, the API and the endpoints of STOMP, to serve with [`stomp_broker::Server::serve_http`].
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The use cases.
    pub(crate) fn chat(&self) -> Chat {
        self.chat.clone()
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
