//! An HTTP/1.1 server for routers, which bounds what a client may do before its request is complete.

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::{Listener, Peer, Server, listen::accept, listener::Accepted};

/// From the opening of the connection, or the last answer on it, to the end of the request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Octets of request line and headers, at most.
const MAX_HEAD: usize = 64 * 1024;

/// Header fields of a request, at most.
const MAX_HEADERS: usize = 100;

/// How long requests may go on when the server stops.
const GRACE: Duration = Duration::from_secs(4);

impl Server {
    /// Serves `router` until `shutdown` resolves, then lets requests in progress finish.
    ///
    /// Requests carry [`ConnectInfo<SocketAddr>`]. Silent clients and those that dribble their headers are cut off
    /// after 10 seconds; 64 KiB and 100 fields bound the headers, and
    /// [`Config::connections`](crate::Config::connections) the connections. WebSockets that a router opened are not
    /// waited for: they end with [`Server::shutdown`].
    ///
    /// # Errors
    ///
    /// Whatever makes accepting impossible for good.
    pub async fn serve_http(
        &self,
        listener: impl Into<Listener>,
        router: Router,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (listener, stop, tasks) = (listener.into(), CancellationToken::new(), TaskTracker::new());
        let (server, stopped, requests) = (self.clone(), stop.clone(), tasks.clone());
        let serve = move |accepted: Accepted| {
            let (server, router, stop) = (server.clone(), router.clone(), stopped.clone());
            requests.spawn(async move {
                let Some((stream, address)) = accepted.identify(HEADER_TIMEOUT).await else { return };
                // A WebSocket gives this place back and takes another, as a session.
                if let Some(_room) = server.admit(&Peer::new("http", Some(address))) {
                    serve_connection(stream, address, router, stop).await;
                }
            });
        };
        let mut accepting = pin!(accept(move |cx| listener.poll_accept(cx), serve, stop.clone()));
        tokio::select! {
            result = &mut accepting => return result,
            () = shutdown => stop.cancel(),
        }
        accepting.await?;
        tasks.close();
        if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
            warn!(open = tasks.len(), "requests did not finish in time");
        }
        Ok(())
    }
}

async fn serve_connection(stream: TcpStream, address: SocketAddr, router: Router, stop: CancellationToken) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        debug!(%address, %error, "HTTP connection ended");
    }
}
