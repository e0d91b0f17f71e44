//! Ways in: listeners, and what every accepted connection goes through.

use std::{io, sync::Arc, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tracing::{debug, warn};

use crate::{
    Peer, Server,
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
    pub async fn serve_tcp(&self, listener: TcpListener) -> io::Result<()> {
        self.accept(listener, |stream, peer| self.serve_stream(stream, peer)).await
    }

    /// Serves clients over TLS until [`shutdown`](Self::shutdown). The handshake may take as long as the login.
    ///
    /// # Errors
    ///
    /// As for [`serve_tcp`](Self::serve_tcp).
    #[cfg(feature = "tls")]
    pub async fn serve_tls(&self, listener: TcpListener, tls: &crate::Tls) -> io::Result<()> {
        self.accept(listener, |stream, peer| {
            if let Some(place) = self.admit(&peer) {
                let (server, handshake) =
                    (self.clone(), tls.accept(stream, peer, self.config().login_timeout));
                self.shared.tasks.spawn(async move {
                    if let Some((stream, peer)) = handshake.await {
                        server.serve_admitted(StreamTransport::new(stream), peer, place);
                    }
                });
            }
        })
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
    fn admit(&self, peer: &Peer) -> Option<Place> {
        let place = self.shared.admission.admit(peer.address.map(|address| address.ip()));
        if place.is_none() {
            debug!(peer = ?peer.address, "too many connections");
            metrics::turned_away();
        }
        place
    }

    fn serve_admitted<T: Transport + 'static>(&self, transport: T, peer: Peer, place: Place) {
        let connection = Connection::new(Arc::clone(&self.shared), transport, peer);
        self.shared.tasks.spawn(async move {
            connection.run().await;
            drop(place);
        });
    }

    async fn accept(&self, listener: TcpListener, serve: impl Fn(TcpStream, Peer)) -> io::Result<()> {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.shared.shutdown.cancelled() => return Ok(()),
            };
            match accepted {
                Ok((stream, address)) => {
                    prepare(&stream);
                    serve(stream, Peer::new("tcp", Some(address)));
                }
                Err(error) if is_passing(&error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time after which the kernel asks a silent peer whether it is still there, and between its next questions.
const KEEP_ALIVE: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(10)];

/// Sets up a connection that was accepted.
pub(crate) fn prepare(stream: &TcpStream) {
    // Batches are written whole: waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let [idle, interval] = KEEP_ALIVE;
    // A peer that agreed on no heart-beats and is gone without a word would hold its place for ever.
    let keep_alive = TcpKeepalive::new().with_time(idle).with_interval(interval);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keep_alive);
}

/// Whether accepting may work again later: a client that gave up, or too many open files.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted => true,
        kind => kind != InvalidInput && error.raw_os_error().is_some(),
    }
}
