//! TCP listeners, and the proxies in front of them: the PROXY protocol, versions 1 and 2, says who the client is.
//!
//! Source: "The PROXY protocol", <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use proxy_header::{ParseConfig, ProxyHeader};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};
use tracing::debug;

/// The longest header that is understood, in octets; a proxy that adds nothing of its own sends at most 232.
const MAX_HEADER: usize = 1024;

/// Where TCP clients come in, be it directly or by proxies.
///
/// ```no_run
/// # async fn example(server: stomp_broker::Server) -> std::io::Result<()> {
/// use std::net::IpAddr;
///
/// use stomp_broker::Listener;
/// use tokio::net::TcpListener;
///
/// let proxies: [IpAddr; 1] = [[10, 0, 0, 7].into()];
/// let tcp = TcpListener::bind("0.0.0.0:61613").await?;
/// server.serve_tcp(Listener::from(tcp).behind(move |peer| proxies.contains(&peer))).await
/// # }
/// ```
pub struct Listener {
    tcp: TcpListener,
    is_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Listener {
    /// Expects a header of the PROXY protocol, in one piece, from every peer that `is_proxy`, and takes the address
    /// in it for the client's. Who it is not true of is a client itself, whose octets are never taken for such a
    /// header.
    #[must_use]
    pub fn behind(self, is_proxy: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self { is_proxy: Arc::new(is_proxy), ..self }
    }

    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let (stream, address) = ready!(self.tcp.poll_accept(cx))?;
        prepare(&stream);
        let is_proxied = (self.is_proxy)(address.ip().to_canonical());
        Poll::Ready(Ok(Accepted { stream, address, is_proxied }))
    }
}

/// The time after which the kernel asks a silent peer whether it is still there, and between its next questions.
const KEEP_ALIVE: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(10)];

/// Sets up a connection that was accepted.
fn prepare(stream: &TcpStream) {
    // Batches are written whole: waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let [idle, interval] = KEEP_ALIVE;
    // A peer that agreed on no heart-beats and is gone without a word would hold its place for ever.
    let keep_alive = TcpKeepalive::new().with_time(idle).with_interval(interval);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keep_alive);
}

impl From<TcpListener> for Listener {
    /// A listener that no proxy is in front of.
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, is_proxy: Arc::new(|_| false) }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

/// A connection that may have a header of the PROXY protocol to read first.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    /// The client's, unless the connection `is_proxied`.
    pub(crate) address: SocketAddr,
    pub(crate) is_proxied: bool,
}

impl Accepted {
    /// The connection and the client's own address; `None` when the proxy does not tell it within `limit`.
    pub(crate) async fn identify(mut self, limit: Duration) -> Option<(TcpStream, SocketAddr)> {
        if !self.is_proxied {
            return Some((self.stream, self.address));
        }
        match tokio::time::timeout(limit, read_header(&mut self.stream)).await {
            // A proxy that asks for itself, to see whether the server is alive, names nobody.
            Ok(Ok(client)) => Some((self.stream, client.unwrap_or(self.address))),
            Ok(Err(error)) => {
                debug!(proxy = %self.address, %error, "no header of the PROXY protocol");
                None
            }
            Err(_) => {
                debug!(proxy = %self.address, "the proxy does not say who the client is");
                None
            }
        }
    }
}

/// Takes the header off the stream, and nothing behind it.
///
/// It may be looked at once: the protocol has senders send it at once, and lets receivers insist on that (section 2).
async fn read_header(stream: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut octets = [0; MAX_HEADER];
    let seen = stream.peek(&mut octets).await?;
    let parsed = ProxyHeader::parse(octets.get(..seen).unwrap_or_default(), ParseConfig::default());
    let (client, size) = match parsed {
        Ok((header, size)) => (header.proxied_address().map(|address| address.source), size),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    stream.read_exact(octets.get_mut(..size).unwrap_or_default()).await?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn connections_are_written_to_at_once_and_asked_whether_they_are_alive() {
        let listener = Listener::from(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let client = TcpStream::connect(listener.tcp.local_addr().unwrap()).await.unwrap();
        let accepted = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        let socket = SockRef::from(&accepted.stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(
            [socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap()],
            KEEP_ALIVE
        );
        drop(client);
    }
}
