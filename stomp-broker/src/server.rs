//! A server: its parts, its listeners, its end.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[cfg(feature = "websocket")]
use crate::transport::SockJsSessions;
use crate::{
    App, Authenticator, Authorizer, Broker, BrokerError, Config, Destination, DestinationKind, Handle,
    Inbound, Interceptor, Pattern, Policies, Publish, Refusal, SimpleBroker,
    admission::Admission,
    app::Application,
    hub::{Hub, Interests},
    interceptor::Interceptors,
    logins::FailedLogins,
    statistics::{self, SYSTEM_ROOT},
};

/// Under it every user has destinations of his own.
pub(crate) const USER_ROOT: &str = "/user";

/// Under it a client names destinations of its session's own, in `reply-to`.
pub(crate) const TEMPORARY_ROOT: &str = "/temp-queue";

/// Under it are the addresses of those, for whoever answers.
pub(crate) const REPLY_ROOT: &str = "/reply-queue";

/// A STOMP server. Cloning it gives another reference to the same one.
///
/// ```no_run
/// use stomp_broker::{Open, Server};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder(Open, Open).topics("/topic").start().await?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:61613").await?;
/// server.serve_tcp(listener).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    pub(crate) shared: Arc<Shared>,
}

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) interests: Arc<Interests>,
    pub(crate) authenticator: Box<dyn Authenticator>,
    pub(crate) authorizer: Box<dyn Authorizer>,
    pub(crate) app: Option<Box<dyn Application>>,
    topics: Vec<String>,
    queues: Vec<String>,
    pub(crate) policies: Policies,
    pub(crate) interceptors: Option<Interceptors>,
    pub(crate) started: Instant,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    pub(crate) admission: Arc<Admission>,
    pub(crate) failed_logins: FailedLogins,
    #[cfg(feature = "websocket")]
    sockjs: Arc<SockJsSessions>,
}

/// Puts a [`Server`] together.
#[derive(Debug)]
pub struct ServerBuilder {
    config: Config,
    broker: Option<Box<dyn Broker>>,
    authenticator: Box<dyn Authenticator>,
    authorizer: Box<dyn Authorizer>,
    app: Option<Box<dyn Application>>,
    topics: Vec<String>,
    queues: Vec<String>,
    policies: Policies,
    interceptors: Option<Interceptors>,
    statistics: Option<Duration>,
}

impl ServerBuilder {
    /// Changes the settings.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Carries messages by another back-end than a [`SimpleBroker`].
    #[must_use]
    pub fn broker(self, broker: impl Broker) -> Self {
        Self { broker: Some(Box::new(broker)), ..self }
    }

    /// Declares that there are topics under `root`, such as `/topic`. What is under no declared root and has no
    /// handler is refused.
    ///
    /// # Panics
    ///
    /// If `root` is not a destination, or is one of the server's own: `/user`, `/temp-queue`,
    /// `/reply-queue`, `/$SYS`.
    #[must_use]
    pub fn topics(mut self, root: impl Into<String>) -> Self {
        self.topics.push(checked_root(root.into()));
        self
    }

    /// Sets what holds for which destinations: their overflow policy and, with the default back-end, what topics and
    /// queues keep. Who may use them is for the authorizer to say, which may be the same table.
    #[must_use]
    pub fn policies(self, policies: Policies) -> Self {
        Self { policies, ..self }
    }

    /// Declares that there are queues under `root`, such as `/queue`: each message goes to one subscriber and is
    /// kept until then. Needs a back-end with queues.
    ///
    /// # Panics
    ///
    /// As for [`topics`](Self::topics).
    #[must_use]
    pub fn queues(mut self, root: impl Into<String>) -> Self {
        self.queues.push(checked_root(root.into()));
        self
    }

    /// Publishes what the server counts to topics under `/$SYS`, so often: `/$SYS/connections`, `/$SYS/sessions`,
    /// `/$SYS/messages/received`, `/$SYS/messages/sent`, `/$SYS/messages/dropped`, `/$SYS/uptime` and `/$SYS/version`.
    /// Who may subscribe is for the authorizer to say; no client may send.
    ///
    /// # Panics
    ///
    /// If `every` is zero.
    #[must_use]
    pub fn statistics(mut self, every: Duration) -> Self {
        assert!(!every.is_zero(), "statistics need some time in between");
        self.topics.push(SYSTEM_ROOT.to_owned());
        Self { statistics: Some(every), ..self }
    }

    /// Hands application destinations to handlers.
    #[must_use]
    pub fn app<S: Clone + Send + Sync + 'static>(self, app: App<S>) -> Self {
        Self { app: Some(Box::new(app)), ..self }
    }

    /// Has messages pass this interceptor, behind those added before.
    #[must_use]
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.get_or_insert_default().push(interceptor);
        self
    }

    /// Starts the back-end.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] when the back-end cannot serve.
    pub async fn start(self) -> Result<Server, BrokerError> {
        let hub = Arc::new(Hub::new(&self.config));
        let broker = self.broker.unwrap_or_else(|| Box::new(SimpleBroker::with_policies(&self.policies)));
        let broker: Arc<dyn Broker> = broker.into();
        broker.start(Arc::clone(&hub) as Arc<dyn Inbound>).await?;
        if let Some(presence) = broker.presence() {
            hub.set_presence(presence);
        }
        match broker.queues() {
            Some(store) => hub.queues.set_store(store),
            None if self.queues.is_empty() => {}
            None => return Err(BrokerError::NoQueues),
        }
        let shared = Shared {
            admission: Admission::new(&self.config),
            failed_logins: FailedLogins::new(&self.config),
            #[cfg(feature = "websocket")]
            sockjs: Arc::new(SockJsSessions::new(&self.config)),
            config: Arc::new(self.config),
            hub,
            interests: Interests::new(Arc::clone(&broker)),
            broker,
            authenticator: self.authenticator,
            authorizer: self.authorizer,
            app: self.app,
            topics: self.topics,
            queues: self.queues,
            policies: self.policies,
            interceptors: self.interceptors,
            started: Instant::now(),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        };
        let shared = Arc::new(shared);
        statistics::start(&shared, self.statistics);
        Ok(Server { shared })
    }
}

/// A root that stands for a part of all destinations, and not for one of the server's own.
fn checked_root(root: String) -> String {
    let is_free = |destination: &Destination| {
        let reserved = [USER_ROOT, TEMPORARY_ROOT, REPLY_ROOT, SYSTEM_ROOT];
        !destination.ends_with('/') && !reserved.iter().any(|own| destination.is_under(own))
    };
    assert!(Destination::new(root.as_str()).as_ref().is_ok_and(is_free), "{root:?} cannot be a root");
    root
}

impl Server {
    /// A server with default settings; who may come in and do what has no default.
    pub fn builder(authenticator: impl Authenticator, authorizer: impl Authorizer) -> ServerBuilder {
        ServerBuilder {
            config: Config::default(),
            broker: None,
            authenticator: Box::new(authenticator),
            authorizer: Box::new(authorizer),
            app: None,
            topics: Vec::new(),
            queues: Vec::new(),
            policies: Policies::default(),
            interceptors: None,
            statistics: None,
        }
    }

    /// The way in for everything that is no client: HTTP handlers, jobs.
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.shared))
    }

    #[cfg(feature = "websocket")]
    pub(crate) fn sockjs(&self) -> &Arc<SockJsSessions> {
        &self.shared.sockjs
    }

    pub(crate) fn config(&self) -> &Config {
        &self.shared.config
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("connections", &self.shared.tasks.len()).finish_non_exhaustive()
    }
}

impl Shared {
    /// In the order in which what clients do passes them.
    pub(crate) fn interceptors(&self) -> impl Iterator<Item = &dyn Interceptor> {
        self.interceptors.iter().flat_map(Interceptors::iter)
    }

    /// What kind of destination it is.
    pub(crate) fn kind(&self, destination: &Destination) -> Result<DestinationKind, Refusal> {
        let is_under = |roots: &[String]| roots.iter().any(|root| destination.is_under(root));
        if destination.is_under(USER_ROOT) {
            Ok(DestinationKind::User)
        } else if destination.is_under(REPLY_ROOT) {
            Ok(DestinationKind::Reply)
        } else if destination.is_under(TEMPORARY_ROOT) {
            Err(Refusal::new("temporary destinations are for reply-to")
                .text("Name one in the reply-to header of a SEND; the answers come without a SUBSCRIBE.\n"))
        } else if is_under(&self.queues) {
            Ok(DestinationKind::Queue)
        } else if is_under(&self.topics) {
            Ok(DestinationKind::Topic)
        } else {
            Err(self.no_such_destination())
        }
    }

    /// Whether a pattern stays within the declared topics.
    pub(crate) fn check_pattern(&self, pattern: &Pattern) -> Result<(), Refusal> {
        match self.topics.iter().any(|root| pattern.is_under(root)) {
            true => Ok(()),
            false => Err(self.no_such_destination()),
        }
    }

    /// The refusal that lists what there is.
    fn no_such_destination(&self) -> Refusal {
        let app = self.app.iter().flat_map(|app| app.prefixes());
        let roots = self.topics.iter().chain(&self.queues).chain(app).map(String::as_str).chain([USER_ROOT]);
        let roots: Vec<_> = roots.collect();
        Refusal::new("unknown destination")
            .text(format!("Destinations here start with {}.\n", roots.join(", ")))
    }

    /// Publishes a batch. Of messages for queues all or none are accepted, and those for topics go out only then.
    pub(crate) async fn publish(&self, batch: Vec<Publish>) -> Result<(), BrokerError> {
        let is_queue = |publish: &Publish| self.kind(&publish.destination) == Ok(DestinationKind::Queue);
        let (queues, topics): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_queue);
        if !queues.is_empty() {
            self.hub.queues.enqueue(queues).await?;
        }
        if topics.is_empty() {
            return Ok(());
        }
        self.broker.publish(topics).await.into_iter().try_for_each(|answer| answer.map(|_| ()))
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutdown.is_cancelled()
    }
}
