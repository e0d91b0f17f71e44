//! A client that follows a script.

use std::{collections::VecDeque, fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use stomp_proto::{Command, Decoder, Frame, FrameBuilder, Item, Limits, Version, encode, header::name};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex},
    time::timeout,
};

use crate::{Peer, Server};

/// How long an expectation waits before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Octets on their way between client and server, each way, before the writer has to wait.
const PIPE: usize = 64 * 1024;

/// A STOMP client that says exactly what it is told to, and panics when the server answers otherwise.
///
/// Heart-beats from the server are skipped. What is written to a connection that the server has closed is lost,
/// as on a socket; the next expectation shows it.
pub struct Client {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    input: BytesMut,
    /// Frames that came while a receipt was waited for.
    early: VecDeque<Frame>,
    receipts: u32,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Client {
    /// Opens a connection to the server in memory.
    pub fn open(server: &Server) -> Self {
        let (ours, theirs) = duplex(PIPE);
        server.serve_stream(theirs, Peer::default());
        Self::over(ours)
    }

    /// Speaks over a connection to some server, such as a `TcpStream`.
    pub fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            decoder: Decoder::with_limits(Limits::unlimited()),
            input: BytesMut::new(),
            early: VecDeque::new(),
            receipts: 0,
        }
    }

    /// A SEND frame.
    pub fn message(destination: &str, body: impl Into<Bytes>) -> Frame {
        Frame::builder(Command::Send).header(name::DESTINATION, destination).body(body).build()
    }

    /// Logs in without credentials, in STOMP 1.2; gives back CONNECTED.
    pub async fn connect(&mut self) -> Frame {
        self.connect_with(Version::V1_2, &[]).await
    }

    /// Logs in by name and passcode, in STOMP 1.2; gives back CONNECTED.
    pub async fn log_in(&mut self, login: &str, passcode: &str) -> Frame {
        self.connect_with(Version::V1_2, &[(name::LOGIN, login), (name::PASSCODE, passcode)]).await
    }

    /// Logs in by one version of the protocol and with more headers; gives back CONNECTED.
    pub async fn connect_with(&mut self, version: Version, headers: &[(&str, &str)]) -> Frame {
        let frame = Frame::builder(Command::Connect)
            .header(name::ACCEPT_VERSION, version.as_str())
            .header(name::HOST, "localhost");
        let frame = headers.iter().fold(frame, |frame, (name, value)| frame.header(name, value));
        self.send(frame.build()).await;
        let connected = self.expect(Command::Connected).await;
        self.decoder.set_version(version);
        connected
    }

    /// Subscribes, and waits until the subscription is live.
    pub async fn subscribe(&mut self, id: &str, destination: &str) {
        let subscribe = Frame::builder(Command::Subscribe);
        self.confirm(subscribe.header(name::ID, id).header(name::DESTINATION, destination)).await;
    }

    /// Sends a message, and waits until the server has taken it.
    pub async fn publish(&mut self, destination: &str, body: impl Into<Bytes>) {
        let send = Frame::builder(Command::Send);
        self.confirm(send.header(name::DESTINATION, destination).body(body)).await;
    }

    /// Sends a frame with a receipt asked for, and waits for the RECEIPT; what comes before it is kept for
    /// [`receive`](Self::receive) and the expectations.
    pub async fn confirm(&mut self, frame: FrameBuilder) {
        self.receipts += 1;
        let receipt = format!("confirm-{}", self.receipts);
        self.send(frame.header(name::RECEIPT, &receipt).build()).await;
        loop {
            let answer = timeout(PATIENCE, self.read()).await.expect("the server answers or closes");
            match answer {
                Some(frame) if frame.headers().get(name::RECEIPT_ID) == Some(&receipt) => {
                    assert_eq!(frame.command(), &Command::Receipt, "{frame:?}");
                    return;
                }
                Some(frame) => self.early.push_back(frame),
                None => panic!("closed instead of RECEIPT {receipt}, behind {:?}", self.early),
            }
        }
    }

    /// Sends a frame.
    ///
    /// # Panics
    ///
    /// If the negotiated version cannot carry it; see [`send_octets`](Self::send_octets).
    pub async fn send(&mut self, frame: Frame) {
        let mut wire = BytesMut::new();
        encode(&frame, self.decoder.version(), &mut wire).expect("a frame that the version can carry");
        self.send_octets(&wire).await;
    }

    /// Sends octets as they are.
    pub async fn send_octets(&mut self, octets: impl AsRef<[u8]>) {
        let write = async {
            let _ = self.stream.write_all(octets.as_ref()).await;
            let _ = self.stream.flush().await;
        };
        timeout(PATIENCE, write).await.expect("the server reads");
    }

    /// The next frame, or `None` when the server has closed the connection.
    pub async fn receive(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.next()).await.expect("the server answers or closes")
    }

    /// The next frame, or `None` when there is none for so long or the server has closed the connection.
    pub async fn receive_within(&mut self, time: Duration) -> Option<Frame> {
        timeout(time, self.next()).await.ok().flatten()
    }

    /// The next frame, which must be one of that command.
    pub async fn expect(&mut self, command: Command) -> Frame {
        match self.receive().await {
            Some(frame) if frame.command() == &command => frame,
            other => panic!("expected {command}, got {other:?}"),
        }
    }

    /// The next frame must be ERROR, and the last one.
    pub async fn expect_error(&mut self) -> Frame {
        let error = self.expect(Command::Error).await;
        self.closed().await;
        error
    }

    /// Nothing but heart-beats may come for so long.
    pub async fn expect_nothing(&mut self, time: Duration) {
        if let Ok(unexpected) = timeout(time, self.next()).await {
            panic!("expected nothing, got {unexpected:?}");
        }
    }

    /// The server must close the connection without another frame.
    pub async fn closed(&mut self) {
        let frame = self.receive().await;
        assert!(frame.is_none(), "expected the end of the connection, got {frame:?}");
    }

    async fn next(&mut self) -> Option<Frame> {
        match self.early.pop_front() {
            Some(frame) => Some(frame),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Option<Frame> {
        loop {
            match self.decoder.decode(&mut self.input) {
                Ok(Some(Item::Frame(frame))) => return Some(frame),
                Ok(Some(Item::HeartBeat)) => {}
                // A reset is an end as well.
                Ok(None) => match self.stream.read_buf(&mut self.input).await {
                    Ok(1..) => {}
                    _ => {
                        assert!(self.input.is_empty(), "the connection ended within a frame");
                        return None;
                    }
                },
                Err(error) => panic!("the server sent a malformed frame: {error}"),
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("version", &self.decoder.version()).finish_non_exhaustive()
    }
}
