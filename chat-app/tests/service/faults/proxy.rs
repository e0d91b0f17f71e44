//! The network between two of a service's parts, which can fail in ways that close nothing, or lose an answer.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::timeout,
};

use super::PATIENCE;

/// What PostgreSQL answers to a COMMIT (CommandComplete).
const COMMITTED: &[u8] = b"COMMIT\0";

/// Where connections lead.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// It passes on what it can until the test ends.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    network: watch::Sender<Network>,
}

/// How the network is.
#[derive(Debug, Clone, Copy, Default)]
struct Network {
    /// Nothing arrives, and nobody is told.
    is_hole: bool,
    /// How often all connections were cut.
    cuts: usize,
    /// So many answers to commits are still to be lost, with their connections.
    losing: usize,
}

impl Proxy {
    pub(super) async fn start(target: Target) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = watch::Sender::new(Network::default());
        let state = network.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), state.clone()));
            }
        });
        Self { address, network }
    }

    /// From now on nothing arrives, or everything again.
    pub(super) fn set_hole(&self, is_hole: bool) {
        self.network.send_modify(|network| network.is_hole = is_hole);
    }

    /// Ends all connections.
    pub(super) fn cut(&self) {
        self.network.send_modify(|network| network.cuts += 1);
    }

    /// Loses the answers to so many commits, and waits until that has happened.
    pub(super) async fn lose_commits(&self, count: usize) {
        self.network.send_modify(|network| network.losing = count);
        let mut network = self.network.subscribe();
        let lost = timeout(PATIENCE, network.wait_for(|network| network.losing == 0)).await;
        lost.expect("there are commits").unwrap();
    }
}

async fn carry(client: TcpStream, target: Target, network: watch::Sender<Network>) {
    let cuts = network.borrow().cuts;
    let mut changes = network.subscribe();
    tokio::select! {
        // Either end of the connection is the end of both.
        _ = through(client, target, &network) => {}
        _ = changes.wait_for(|network| network.cuts > cuts) => {}
    }
}

async fn through(client: TcpStream, target: Target, network: &watch::Sender<Network>) -> io::Result<()> {
    until_whole(network).await;
    match target {
        Target::Tcp(address) => join(client, TcpStream::connect(address).await?, network).await,
        Target::Unix(path) => join(client, UnixStream::connect(path).await?, network).await,
    }
    Ok(())
}

async fn join(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Unpin,
    network: &watch::Sender<Network>,
) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    tokio::select! {
        () = copy(from_client, to_server, network, false) => {}
        () = copy(from_server, to_client, network, true) => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    network: &watch::Sender<Network>,
    is_answer: bool,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        until_whole(network).await;
        let octets = &buffer[..length];
        let is_lost =
            is_answer && octets.windows(COMMITTED.len()).any(|part| part == COMMITTED) && lose_one(network);
        if is_lost || to.write_all(octets).await.is_err() {
            return;
        }
    }
}

/// Whether this answer is one of those to be lost.
fn lose_one(network: &watch::Sender<Network>) -> bool {
    network.send_if_modified(|network| {
        let is_lost = network.losing > 0;
        network.losing = network.losing.saturating_sub(1);
        is_lost
    })
}

async fn until_whole(network: &watch::Sender<Network>) {
    let _ = network.subscribe().wait_for(|network| !network.is_hole).await;
}
