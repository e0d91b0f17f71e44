//! Ways in: listeners, and what every accepted connection goes through.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument, debug, warn};

use crate::{
    Listener, Peer, Server,
    admission::Place,
    connection::Connection,
    metrics,
    transport::{StreamTransport, Transport},
};

impl Server {
    /// Serves clients of the listener until [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// Whatever makes accepting impossible for good; passing faults are logged and waited out.
    pub async fn serve_tcp(&self, listener: impl Into<Listener>) -> io::Result<()> {
        let (server, listener, limit) = (self.clone(), listener.into(), self.config().login_timeout);
        self.accept(
            move |cx| listener.poll_accept(cx),
            move |accepted| {
                if !accepted.is_proxied {
                    return server.serve_stream(accepted.stream, Peer::new("tcp", Some(accepted.address)));
                }
                let of_proxy = server.clone();
                server.shared.tasks.spawn(async move {
                    if let Some((stream, address)) = accepted.identify(limit).await {
                        of_proxy.serve_stream(stream, Peer::new("tcp", Some(address)));
                    }
                });
            },
        )
        .await
    }

    /// Serves clients over TLS until [`shutdown`](Self::shutdown). The handshake may take as long as the login.
    ///
    /// # Errors
    ///
    /// As for [`serve_tcp`](Self::serve_tcp).
    #[cfg(feature = "tls")]
    pub async fn serve_tls(&self, listener: impl Into<Listener>, tls: &crate::Tls) -> io::Result<()> {
        let (server, listener, tls) = (self.clone(), listener.into(), tls.clone());
        let limit = self.config().login_timeout;
        self.accept(
            move |cx| listener.poll_accept(cx),
            move |accepted| {
                let (of_client, tls) = (server.clone(), tls.clone());
                server.shared.tasks.spawn(async move {
                    let Some((stream, address)) = accepted.identify(limit).await else { return };
                    let peer = Peer::new("tls", Some(address));
                    let Some(place) = of_client.admit(&peer) else { return };
                    if let Some((stream, peer)) = tls.accept(stream, peer, limit).await {
                        of_client.serve_admitted(StreamTransport::new(stream), peer, place);
                    }
                });
            },
        )
        .await
    }

    /// Serves clients of a Unix socket until [`shutdown`](Self::shutdown). They have no address; who may connect is
    /// for the permissions of the socket's file to say.
    ///
    /// # Errors
    ///
    /// As for [`serve_tcp`](Self::serve_tcp).
    #[cfg(unix)]
    pub async fn serve_unix(&self, listener: tokio::net::UnixListener) -> io::Result<()> {
        let server = self.clone();
        self.accept(
            move |cx| listener.poll_accept(cx),
            move |(stream, _)| server.serve_stream(stream, Peer::new("unix", None)),
        )
        .await
    }

    /// Serves one client over any stream of octets, in a task of its own.
    pub fn serve_stream<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.serve_transport(StreamTransport::new(stream), peer);
    }

    /// Serves one client over a transport.
    pub(crate) fn serve_transport<T: Transport + 'static>(&self, transport: T, peer: Peer) {
        if let Some(place) = self.admit(&peer) {
            self.serve_admitted(transport, peer, place);
        }
    }

    /// Room for one more connection. Over the limit it is closed at once: a refusal would cost what it saves.
    pub(crate) fn admit(&self, peer: &Peer) -> Option<Place> {
        let place = self.shared.admission.admit(peer.address.map(|address| address.ip()));
        if place.is_none() {
            debug!(peer = ?peer.address, "too many connections");
            metrics::turned_away();
        }
        place
    }

    fn serve_admitted<T: Transport + 'static>(&self, transport: T, peer: Peer, place: Place) {
        let connection = Box::new(Connection::new(Arc::clone(&self.shared), transport, peer));
        let span = connection.span();
        let serve = async move {
            connection.run().await;
            drop(place);
        };
        self.shared.tasks.spawn(serve.instrument(span));
    }

    async fn accept<S: Send + 'static>(
        &self,
        poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>> + Send + 'static,
        serve: impl FnMut(S) + Send + 'static,
    ) -> io::Result<()> {
        accept(poll_accept, serve, self.shared.shutdown.clone()).await
    }
}

/// Accepts connections until `stop`, in a task of its own, for they are then served by the thread that accepted them;
/// from the future that a runtime was entered with, each would be handed to another one.
///
/// # Errors
///
/// Whatever makes accepting impossible for good; passing faults are logged and waited out.
pub(crate) async fn accept<S: Send + 'static>(
    poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>> + Send + 'static,
    serve: impl FnMut(S) + Send + 'static,
    stop: CancellationToken,
) -> io::Result<()> {
    AbortOnDropHandle::new(tokio::spawn(accept_until(stop.cancelled_owned(), poll_accept, serve))).await?
}

async fn accept_until<S>(
    stop: impl Future<Output = ()>,
    mut poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>>,
    mut serve: impl FnMut(S),
) -> io::Result<()> {
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = poll_fn(&mut poll_accept) => accepted,
            () = &mut stop => return Ok(()),
        };
        match accepted {
            Ok(accepted) => serve(accepted),
            Err(error) if is_passing(&error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether accepting may work again later: a client that gave up, or too many open files.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted => true,
        kind => kind != InvalidInput && error.raw_os_error().is_some(),
    }
}
