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
    /// Nothing arrives at Redis.
    Mute,
    /// Nothing arrives from Redis.
    Deaf,
    /// What Redis sends arrives at that many octets a second.
    Slow(usize),
    /// Everything arrives, but that much later.
    Late(Duration),
    /// The next thing that comes through a connection ends it, half of it delivered.
    Torn,
}

/// Which way octets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToRedis,
    FromRedis,
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
    until_through(&mut state, Way::ToRedis).await;
    let Ok(server) = connect(target).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Either end of the connection is the end of both.
    tokio::select! {
        () = copy(from_client, to_server, state.clone(), Way::ToRedis) => {}
        () = copy(from_server, to_client, state, Way::FromRedis) => {}
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
    way: Way,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delivered = match until_through(&mut state, way).await {
            Network::Slow(per_second) if way == Way::FromRedis => {
                sleep(Duration::from_secs_f64(length as f64 / per_second as f64)).await;
                length
            }
            Network::Late(time) => {
                sleep(time).await;
                length
            }
            Network::Torn => length / 2,
            _ => length,
        };
        if to.write_all(&buffer[..delivered]).await.is_err() || delivered < length {
            return;
        }
    }
}

async fn until_through(state: &mut watch::Receiver<Network>, way: Way) -> Network {
    let is_through = |network: &Network| match network {
        Network::BlackHole => false,
        Network::Mute => way != Way::ToRedis,
        Network::Deaf => way != Way::FromRedis,
        _ => true,
    };
    // The sender ends with the test.
    state.wait_for(is_through).await.map_or(Network::BlackHole, |network| *network)
}
