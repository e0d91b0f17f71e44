//! Ways in: listeners, and what every accepted connection goes through.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
};
use tracing::warn;

use crate::{
    Peer, Server,
    connection::Connection,
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

    /// Serves clients over TLS until [`shutdown`](Self::shutdown). The handshake counts towards the time for the login.
    ///
    /// # Errors
    ///
    /// As for [`serve_tcp`](Self::serve_tcp).
    #[cfg(feature = "tls")]
    pub async fn serve_tls(&self, listener: TcpListener, tls: &crate::Tls) -> io::Result<()> {
        self.accept(listener, |stream, peer| {
            if let Some(room) = self.admit(&peer) {
                let (server, handshake) =
                    (self.clone(), tls.accept(stream, peer, self.config().login_timeout));
                self.shared.tasks.spawn(async move {
                    if let Some((stream, peer)) = handshake.await {
                        server.serve_admitted(StreamTransport::new(stream), peer, room);
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
        if let Some(room) = self.admit(&peer) {
            self.serve_admitted(transport, peer, room);
        }
    }

    /// Room for one more connection. Over the limit it is closed at once: a refusal would cost what it saves.
    fn admit(&self, peer: &Peer) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.shared.room).try_acquire_owned().ok();
        if room.is_none() {
            warn!(peer = ?peer.address, limit = self.config().connections, "too many connections");
        }
        room
    }

    fn serve_admitted<T: Transport + 'static>(&self, transport: T, peer: Peer, room: OwnedSemaphorePermit) {
        let connection = Connection::new(Arc::clone(&self.shared), transport, peer);
        self.shared.tasks.spawn(async move {
            connection.run().await;
            drop(room);
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
                    // Batches are written whole: waiting for more would only delay them.
                    let _ = stream.set_nodelay(true);
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

/// Whether accepting may work again later: a client that gave up, or too many open files.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted => true,
        kind => kind != InvalidInput && error.raw_os_error().is_some(),
    }
}
