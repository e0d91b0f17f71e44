//! A STOMP client over TCP whose connection may end at any time.

use std::{net::SocketAddr, time::Duration};

use bytes::BytesMut;
use stomp_broker::proto::{Command, Decoder, Frame, FrameBuilder, Item, Version, encode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) struct Link {
    socket: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Link {
    /// A session of the bearer of a token; `None` if there is no server, or it does not let in.
    pub(super) async fn connect(address: SocketAddr, token: &str) -> Option<Self> {
        let socket = TcpStream::connect(address).await.ok()?;
        let mut decoder = Decoder::new();
        decoder.set_version(Version::V1_2);
        let mut link = Self { socket, decoder, buffer: BytesMut::new() };
        let connect = Frame::builder(Command::Connect).header("accept-version", "1.2").header("host", "test");
        link.write(connect.header("Authorization", &format!("Bearer {token}"))).await?;
        link.answer(&Command::Connected).await?;
        Some(link)
    }

    /// Listens to a destination; `None` if that is not so.
    pub(super) async fn subscribe(&mut self, destination: &str) -> Option<()> {
        let subscribe = Frame::builder(Command::Subscribe).header("destination", destination);
        self.write(subscribe.header("id", destination).header("receipt", "1")).await
    }

    /// Sends a message and waits until it is acknowledged; `None` if that is not known or refused.
    pub(super) async fn send(&mut self, destination: &str, body: String) -> Option<()> {
        let send = Frame::builder(Command::Send).header("destination", destination).header("receipt", "1");
        self.write(send.header("content-type", "application/json").body(body)).await?;
        self.answer(&Command::Receipt).await
    }

    /// The next frame; `None` when the connection has ended.
    pub(super) async fn frame(&mut self) -> Option<Frame> {
        loop {
            match self.decoder.decode(&mut self.buffer).ok()? {
                Some(Item::Frame(frame)) => return Some(frame),
                Some(_) => continue,
                None => {}
            }
            if self.socket.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn answer(&mut self, command: &Command) -> Option<()> {
        let answer = timeout(PATIENCE, self.frame()).await.ok()??;
        (answer.command() == command).then_some(())
    }

    async fn write(&mut self, frame: FrameBuilder) -> Option<()> {
        let mut octets = BytesMut::new();
        encode(&frame.build(), Version::V1_2, &mut octets).ok()?;
        self.socket.write_all(&octets).await.ok()
    }
}
