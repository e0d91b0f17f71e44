//! The service on its ports.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{ChatApp, Config, StartError};

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
    http: (TcpListener, SocketAddr),
    stomp: Option<(TcpListener, SocketAddr)>,
}

impl Listening {
    /// Takes the ports, then opens the service.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        let http = listen(config.listen, "--listen").await?;
        let stomp = match config.stomp_listen {
            Some(address) => Some(listen(address, "--stomp-listen").await?),
            None => None,
        };
        Ok(Self { app: ChatApp::open(config).await?, http, stomp })
    }

    /// Where HTTP and WebSockets are served.
    pub fn http_address(&self) -> SocketAddr {
        self.http.1
    }

    /// Where STOMP over TCP is served.
    pub fn stomp_address(&self) -> Option<SocketAddr> {
        self.stomp.as_ref().map(|(_, address)| *address)
    }

    /// Serves until `shutdown` resolves, then lets requests finish, tells STOMP clients goodbye and closes the
    /// database, all within 5 seconds.
    ///
    /// # Errors
    ///
    /// Whatever makes accepting connections impossible for good.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let Self { app, http: (http, _), stomp } = self;
        let stop = CancellationToken::new();
        let end = async {
            shutdown.await;
            stop.cancel();
            app.stomp().drain(GRACE).await;
            Ok(())
        };
        let tcp = async {
            match stomp {
                Some((listener, _)) => app.stomp().serve_tcp(listener).await,
                None => Ok(()),
            }
        };
        let served = tokio::try_join!(app.stomp().serve_http(http, app.router(), stop.cancelled()), tcp, end);
        app.close().await;
        served.map(|_| ())
    }
}

async fn listen(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await;
    let bound = listener.and_then(|listener| listener.local_addr().map(|address| (listener, address)));
    bound.map_err(|error| StartError::Listen { address, flag, error })
}
