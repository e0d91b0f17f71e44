//! A client of STOMP over TCP.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use stomp_proto::{Command, Frame, Item, codec::StompCodec};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::codec::Framed;

/// Longer than any fault of a test takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug)]
pub(crate) struct Client {
    framed: Framed<TcpStream, StompCodec>,
    /// Came while something else was waited for.
    kept: VecDeque<Frame>,
    receipts: u32,
}

/// Why something was not confirmed.
#[derive(Debug)]
pub(crate) enum Unconfirmed {
    /// The server said so, and ended the session.
    Refused(String),
    /// The connection ended: it may have happened or not.
    Unknown,
}

impl Client {
    /// `None` if nobody answers there.
    pub(crate) async fn connect(address: SocketAddr) -> Option<Self> {
        let socket = TcpStream::connect(address).await.ok()?;
        let framed = Framed::new(socket, StompCodec::default());
        let mut client = Self { framed, kept: VecDeque::new(), receipts: 0 };
        let connect = Frame::builder(Command::Connect).header("accept-version", "1.2").header("host", "test");
        client.framed.send(connect.build()).await.ok()?;
        let answer = client.read().await?;
        (answer.command() == &Command::Connected).then_some(client)
    }

    /// Sends a frame and waits for its RECEIPT.
    pub(crate) async fn confirm(
        &mut self,
        command: Command,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Frame, Unconfirmed> {
        self.receipts += 1;
        let receipt = self.receipts.to_string();
        let frame = Frame::builder(command).header("receipt", &receipt);
        let frame = headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
        self.framed.send(frame.body(body).build()).await.map_err(|_| Unconfirmed::Unknown)?;
        loop {
            let frame = self.read().await.ok_or(Unconfirmed::Unknown)?;
            match frame.command() {
                Command::Receipt if frame.headers().get("receipt-id") == Some(&*receipt) => return Ok(frame),
                Command::Error if frame.headers().get("receipt-id") == Some(&*receipt) => {
                    let message = frame.headers().get("message").unwrap_or_default();
                    return Err(Unconfirmed::Refused(message.to_owned()));
                }
                Command::Error => return Err(Unconfirmed::Unknown),
                _ => self.kept.push_back(frame),
            }
        }
    }

    pub(crate) async fn publish(
        &mut self,
        destination: &str,
        body: impl Into<Bytes>,
    ) -> Result<(), Unconfirmed> {
        self.confirm(Command::Send, &[("destination", destination)], body).await.map(drop)
    }

    /// The next MESSAGE; `None` when the connection has ended.
    pub(crate) async fn message(&mut self) -> Option<Frame> {
        let frame = match self.kept.pop_front() {
            Some(frame) => frame,
            None => self.read().await?,
        };
        (frame.command() == &Command::Message).then_some(frame)
    }

    async fn read(&mut self) -> Option<Frame> {
        loop {
            match timeout(PATIENCE, self.framed.next()).await.expect("something comes in time")?.ok()? {
                Item::Frame(frame) => return Some(frame),
                Item::HeartBeat => {}
            }
        }
    }
}
