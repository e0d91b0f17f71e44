//! The network between a broker and Redis, which can fail in ways that close nothing.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    time::sleep,
};

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Whole,
    /// Nothing arrives, and nobody is told.
    BlackHole,
    /// What Redis sends arrives at that many octets a second.
    Slow(usize),
}

#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    network: watch::Sender<Network>,
}

impl Proxy {
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (network, state) = watch::channel(Network::Whole);
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, state.clone()));
            }
        });
        Self { address, network }
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn carry(client: TcpStream, target: SocketAddr, mut state: watch::Receiver<Network>) {
    until_through(&mut state).await;
    let Ok(server) = connect(target).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Either end of the connection is the end of both.
    tokio::select! {
        () = copy(from_client, to_server, state.clone(), false) => {}
        () = copy(from_server, to_client, state, true) => {}
    }
}

/// Whoever sends more than is read is to notice.
async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(64 << 10)?;
    socket.connect(target).await
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<Network>,
    is_down: bool,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let network = until_through(&mut state).await;
        if let (Network::Slow(per_second), true) = (network, is_down) {
            sleep(Duration::from_secs_f64(length as f64 / per_second as f64)).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

async fn until_through(state: &mut watch::Receiver<Network>) -> Network {
    // The sender ends with the test.
    state
        .wait_for(|network| *network != Network::BlackHole)
        .await
        .map_or(Network::BlackHole, |network| *network)
}
