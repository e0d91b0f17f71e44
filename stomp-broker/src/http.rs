//! An HTTP/1.1 server for routers, which bounds what a client may do before its request is complete.

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::listen::prepare;

/// From the opening of the connection, or the last answer on it, to the end of the request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Octets of request line and headers, at most.
const MAX_HEAD: usize = 64 * 1024;

/// Header fields of a request, at most.
const MAX_HEADERS: usize = 100;

/// Connections that are not WebSockets, at most; more are closed at once.
const MAX_CONNECTIONS: usize = 20_000;

/// How long requests may go on when the server stops.
const GRACE: Duration = Duration::from_secs(4);

/// Serves `router` until `shutdown` resolves, then lets requests in progress finish.
///
/// Requests carry [`ConnectInfo<SocketAddr>`]. Silent clients and those that dribble their headers are cut off
/// after 10 seconds; 64 KiB and 100 fields bound the headers. WebSockets that a router opened are not waited
/// for: they are the [`Server`](crate::Server)'s.
///
/// # Errors
///
/// Whatever makes accepting impossible for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, address)) => {
                if tasks.len() >= MAX_CONNECTIONS {
                    debug!(%address, "too many connections");
                    continue;
                }
                prepare(&stream);
                tasks.spawn(serve_connection(stream, address, router.clone(), stop.clone()));
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
        warn!(open = tasks.len(), "requests did not finish in time");
    }
    Ok(())
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
