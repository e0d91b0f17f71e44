//! What is in the log of a handler and a connection, and what a message carries on.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use stomp_broker::{
    App, Open, Server,
    proto::{Command, Frame, header::name},
    testing::Client,
};
use tracing_subscriber::fmt::MakeWriter;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What was logged.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines that have that in them.
    fn lines(&self, part: &str) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn send(destination: &str) -> stomp_broker::proto::FrameBuilder {
    Frame::builder(Command::Send).header(name::DESTINATION, destination).header("traceparent", TRACE)
}

#[tokio::test]
async fn a_trace_goes_from_the_sender_to_handlers_and_subscribers() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.with_max_level(tracing::Level::DEBUG).finish());
    let app = App::new(()).send("/app/work", async || tracing::info!("working"));
    let server = Server::builder(Open, Open).app(app).topics("/topic").start().await.expect("a server");
    let mut client = Client::open(&server);
    let connected = client.log_in("alice", "").await;
    client.subscribe("s", "/topic/a").await;
    client.confirm(send("/topic/a")).await;
    let message = client.expect(Command::Message).await;
    assert_eq!(message.headers().get("traceparent"), Some(TRACE));

    client.confirm(send("/app/work")).await;
    let session = connected.headers().get(name::SESSION).expect("an id");
    let [line] = &log.lines("working")[..] else { panic!("not one line: {:?}", log.lines("")) };
    for part in [
        TRACE,
        session,
        "destination=/app/work",
        "user=\"alice\"",
        "transport=\"stream\"",
        "command=\"SEND\"",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    client.send(Frame::builder(Command::Disconnect).build()).await;
    client.closed().await;
    assert_eq!(log.lines("closed").len(), 1);
}
