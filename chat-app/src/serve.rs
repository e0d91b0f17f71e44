//! The service on its ports.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{ChatApp, Config, StartError, exporter::Exporter};

/// How long clients may take to say goodbye.
const GRACE: Duration = Duration::from_secs(3);

/// A service that has its ports: clients can connect, and are served from [`serve`](Self::serve) on.
///
/// ```no_run
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<(), Box<dyn std::error::Error>> {
/// let listening = chat_app::Listening::bind(&chat_app::Config::default()).await?;
/// println!("open http://{}/ in a browser", listening.http_address());
/// listening.serve(shutdown).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Listening {
    app: ChatApp,
    http: Port,
    stomp: Option<Port>,
    metrics: Option<(Port, Exporter)>,
}

impl Listening {
    /// Takes the ports, then opens the service.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        config.check()?;
        let http = Port::bind(config.listen, "--listen").await?;
        let stomp = match config.stomp_listen {
            Some(address) => Some(Port::bind(address, "--stomp-listen").await?),
            None => None,
        };
        // Before the service is opened: what was counted without a recorder is gone.
        let metrics = match config.metrics_listen {
            Some(address) => Some((Port::bind(address, "--metrics-listen").await?, Exporter::install()?)),
            None => None,
        };
        Ok(Self { app: ChatApp::open(config).await?, http, stomp, metrics })
    }

    /// Where HTTP and WebSockets are served.
    pub fn http_address(&self) -> SocketAddr {
        self.http.address
    }

    /// Where STOMP over TCP is served.
    pub fn stomp_address(&self) -> Option<SocketAddr> {
        self.stomp.as_ref().map(|port| port.address)
    }

    /// Where `/metrics` is served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(port, _)| port.address)
    }

    /// Serves until `shutdown` resolves, then is not ready any more, tells STOMP clients goodbye, lets requests finish
    /// and closes the database, all within 10 seconds.
    ///
    /// # Errors
    ///
    /// Whatever makes accepting connections impossible for good.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let Self { app, http, stomp, metrics } = self;
        let stop = CancellationToken::new();
        let end = async {
            shutdown.await;
            // SockJS clients ask for their last frames by HTTP, and load balancers whether to come again.
            app.stomp().drain(GRACE).await;
            stop.cancel();
            Ok(())
        };
        let tcp = async {
            match stomp {
                Some(Port { listener, .. }) => app.stomp().serve_tcp(listener).await,
                None => Ok(()),
            }
        };
        let metrics = async {
            match metrics {
                Some((port, exporter)) => port.serve(&app, exporter.router(app.chat()), &stop).await,
                None => Ok(()),
            }
        };
        let served = tokio::try_join!(http.serve(&app, app.router(), &stop), tcp, metrics, end);
        app.close().await;
        served.map(|_| ())
    }
}

/// A port that is taken.
#[derive(Debug)]
struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    async fn bind(address: SocketAddr, flag: &'static str) -> Result<Self, StartError> {
        let listener = TcpListener::bind(address).await;
        let bound = listener.and_then(|listener| Ok(Self { address: listener.local_addr()?, listener }));
        bound.map_err(|error| StartError::Listen { address, flag, error })
    }

    async fn serve(self, app: &ChatApp, router: Router, stop: &CancellationToken) -> io::Result<()> {
        app.stomp().serve_http(self.listener, router, stop.cancelled()).await
    }
}
