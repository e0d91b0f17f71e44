//! One connection of a dialogue, with a strict decoder.

use std::{collections::VecDeque, time::Duration};

use bytes::BytesMut;
use stomp_broker::proto::{Command, Decoder, Frame, HeartBeat, Item, Limits, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout, timeout_at},
};

use crate::transports::Stream;

#[derive(Debug)]
pub(crate) enum Event {
    Frame(Box<Frame>),
    Closed,
    Malformed(String),
}

pub(crate) struct Connection {
    stream: Option<Stream>,
    decoder: Decoder,
    input: BytesMut,
    events: VecDeque<Event>,
    /// What the server offers in CONNECTED.
    pub(crate) heart_beat: HeartBeat,
    /// When octets arrived last.
    pub(crate) last_data: Instant,
}

impl Connection {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream: Some(stream),
            decoder: Decoder::with_limits(Limits::unlimited()),
            input: BytesMut::new(),
            events: VecDeque::new(),
            heart_beat: HeartBeat::default(),
            last_data: Instant::now(),
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.decoder.version()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.stream.is_none()
    }

    /// The next event, left in place; `None` if there is none in time. A closed connection stays closed.
    pub(crate) async fn peek(&mut self, within: Duration) -> Option<&Event> {
        let deadline = Instant::now() + within;
        while self.events.is_empty() && self.read_until(deadline).await {}
        self.events.front().or(self.stream.is_none().then_some(&Event::Closed))
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Puts frames that came before one that was waited for back in front.
    pub(crate) fn put_back(&mut self, frames: Vec<Frame>) {
        frames.into_iter().rev().for_each(|frame| self.events.push_front(Event::Frame(Box::new(frame))));
    }

    /// Whether the stream was well-formed so far.
    pub(crate) fn check(&self) -> Result<(), String> {
        let malformed = self.events.iter().find_map(|event| match event {
            Event::Malformed(why) => Some(why),
            _ => None,
        });
        malformed.map_or(Ok(()), |why| Err(format!("the server's stream is malformed: {why}")))
    }

    /// Writes octets; a server that has closed is not an error here but an event.
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        if let Some(stream) = &mut self.stream {
            let _ = timeout(Duration::from_secs(10), async {
                stream.write_all(octets).await?;
                stream.flush().await
            })
            .await;
        }
    }

    /// Closes without a word.
    pub(crate) fn abandon(&mut self) {
        self.stream = None;
    }

    /// Reads once; says whether octets or the end of the connection came in time.
    pub(crate) async fn read_until(&mut self, deadline: Instant) -> bool {
        let Some(stream) = &mut self.stream else {
            return false;
        };
        let Ok(read) = timeout_at(deadline, stream.read_buf(&mut self.input)).await else {
            return false;
        };
        if matches!(read, Ok(1..)) {
            self.last_data = Instant::now();
            self.decode();
        } else {
            self.stream = None;
            if !self.input.is_empty() {
                self.events.push_back(Event::Malformed("the stream ended within a frame".to_owned()));
            }
            self.events.push_back(Event::Closed);
        }
        true
    }

    fn decode(&mut self) {
        loop {
            match self.decoder.decode(&mut self.input) {
                Ok(Some(Item::Frame(frame))) => {
                    if frame.command() == &Command::Connected {
                        self.negotiated(&frame);
                    }
                    self.events.push_back(Event::Frame(Box::new(frame)));
                }
                Ok(Some(Item::HeartBeat)) => {}
                Ok(None) => return,
                Err(error) => {
                    self.stream = None;
                    return self.events.push_back(Event::Malformed(error.to_string()));
                }
            }
        }
    }

    fn negotiated(&mut self, connected: &Frame) {
        let headers = connected.headers();
        let version = headers.get("version").unwrap_or("1.0");
        self.decoder.set_version(version.parse().unwrap_or(Version::V1_2));
        self.heart_beat = HeartBeat::from_header(headers.get("heart-beat")).unwrap_or_default();
    }
}
