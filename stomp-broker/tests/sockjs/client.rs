//! A client that speaks to the router in memory.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    extract::ConnectInfo,
    response::Response,
};
use futures_util::StreamExt;
use http::{Method, Request, StatusCode};
use stomp_broker::{Config, Open, Server};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tower::ServiceExt;

/// How long an expectation waits before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const CONNECT: &str = r#"["CONNECT\naccept-version:1.2\nhost:localhost\n\n\u0000"]"#;

pub(crate) async fn server_with(config: Config) -> Server {
    let server = Server::builder(Open, Open).config(config).topics("/topic").queues("/queue");
    server.start().await.expect("an in-memory back-end starts")
}

/// Serves SockJS at `/sockjs` on a socket of its own.
pub(crate) async fn serve(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let (server, router) = (server.clone(), server.sockjs_router("/sockjs"));
    tokio::spawn(async move { server.serve_http(listener, router, std::future::pending()).await });
    address
}

/// One client's way to a router.
#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
    address: SocketAddr,
    headers: Vec<(&'static str, &'static str)>,
}

/// The transports that receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Polling,
    Streaming,
    EventSource,
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::of(&server_with(Config::default()).await)
    }

    pub(crate) fn of(server: &Server) -> Self {
        let address = SocketAddr::from(([192, 0, 2, 1], 50_000));
        Self { router: server.sockjs_router("/sockjs"), address, headers: Vec::new() }
    }

    /// The same router for a client of another address.
    pub(crate) fn from(&self, ip: [u8; 4]) -> Self {
        Self { address: SocketAddr::from((ip, 50_000)), ..self.clone() }
    }

    pub(crate) fn header(&self, name: &'static str, value: &'static str) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value));
        client
    }

    pub(crate) async fn request(&self, method: Method, path: &str, body: impl Into<Body>) -> Response {
        let mut request = Request::builder().method(method).uri(format!("/sockjs{path}"));
        request = request.header("host", "chat.example").extension(ConnectInfo(self.address));
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a good request");
        timeout(PATIENCE, self.router.clone().oneshot(request)).await.expect("an answer").expect("no failure")
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Response {
        self.request(Method::POST, path, body).await
    }

    /// What one poll of session `s` brings.
    pub(crate) async fn poll(&self) -> String {
        text(self.post("/0/s/xhr", "").await).await
    }

    /// Sends to session `s`.
    pub(crate) async fn send(&self, messages: &str) {
        let answer = self.post("/0/s/xhr_send", messages.to_owned()).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// Sends a frame to session `s`.
    pub(crate) async fn send_frame(&self, frame: &str) {
        self.send(&serde_json::json!([frame]).to_string()).await;
    }

    /// Receives from session `s`.
    pub(crate) async fn receive(&self, transport: Transport) -> Receiver {
        let answer = match transport {
            Transport::Polling => self.post("/0/s/xhr", "").await,
            Transport::Streaming => self.post("/0/s/xhr_streaming", "").await,
            Transport::EventSource => self.get("/0/s/eventsource").await,
        };
        assert_eq!(answer.status(), StatusCode::OK);
        let mut receiver =
            Receiver { transport, body: answer.into_body().into_data_stream(), text: String::new() };
        let prelude = match transport {
            Transport::Polling => String::new(),
            Transport::Streaming => "h".repeat(2048) + "\n",
            Transport::EventSource => "\r\n".to_owned(),
        };
        while receiver.text.len() < prelude.len() {
            assert!(receiver.read().await, "the end within the prelude");
        }
        assert_eq!(receiver.text.drain(..prelude.len()).collect::<String>(), prelude);
        receiver
    }

    /// Opens session `s` and logs in; the receiver has seen CONNECTED.
    pub(crate) async fn connect(&self) -> Receiver {
        let mut receiver = self.receive(Transport::Streaming).await;
        assert_eq!(receiver.frame().await.as_deref(), Some("o"));
        self.send(CONNECT).await;
        assert!(receiver.message().await.starts_with("CONNECTED\n"));
        receiver
    }
}

/// A response that is being received.
pub(crate) struct Receiver {
    transport: Transport,
    body: BodyDataStream,
    text: String,
}

impl Receiver {
    /// The next SockJS frame, or `None` at the end of the response.
    pub(crate) async fn frame(&mut self) -> Option<String> {
        let end = if self.transport == Transport::EventSource { "\r\n\r\n" } else { "\n" };
        loop {
            if let Some((frame, rest)) = self.text.split_once(end) {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(match self.transport {
                    Transport::EventSource => frame.strip_prefix("data: ").expect("an event").to_owned(),
                    _ => frame,
                });
            }
            if !self.read().await {
                assert_eq!(self.text, "", "the end within a frame");
                return None;
            }
        }
    }

    /// The only message of the next frame.
    pub(crate) async fn message(&mut self) -> String {
        let mut messages = messages(&self.frame().await.expect("a frame"));
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    /// Takes what comes next; says whether it came.
    pub(crate) async fn read(&mut self) -> bool {
        let chunk = timeout(PATIENCE, self.body.next()).await.expect("something or the end");
        if let Some(chunk) = &chunk {
            self.text.push_str(std::str::from_utf8(chunk.as_ref().expect("no failure")).expect("text"));
        }
        chunk.is_some()
    }
}

/// Resolves when nobody is logged in.
pub(crate) async fn no_sessions(server: &Server) {
    while server.handle().sessions_of("guest") > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

/// The messages of a frame.
pub(crate) fn messages(frame: &str) -> Vec<String> {
    let array = frame.strip_prefix('a').unwrap_or_else(|| panic!("{frame:?} holds no messages"));
    serde_json::from_str(array).expect("an array of strings")
}

pub(crate) async fn text(answer: Response) -> String {
    let body = timeout(PATIENCE, to_bytes(answer.into_body(), usize::MAX)).await.expect("the end");
    String::from_utf8(body.expect("no failure").to_vec()).expect("text")
}
