//! Follows one dialogue.

use std::{collections::HashMap, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::Value;
use stomp_broker::proto::{Frame, Version};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    connection::{Connection, Event},
    format::{
        Branch, Connect, Dialogue, Expect, ExpectBodies, ExpectError, Grade, Keepalive, Pattern, Send, Step,
    },
};
use crate::transports::Address;

/// How long the server may take to close behind an ERROR.
const CLOSE: Duration = Duration::from_secs(5);

/// Slack for heart-beats on a busy machine.
const JITTER: Duration = Duration::from_millis(250);

pub(crate) struct Runner {
    address: Address,
    variables: HashMap<String, String>,
    connections: HashMap<String, Connection>,
    grade: Grade,
    labels: Vec<String>,
    probes: u32,
}

/// Runs the dialogue: the grade and why it is not the best, or how it failed.
pub(crate) async fn run(dialogue: &Dialogue, address: Address) -> Result<(Grade, String), String> {
    let base = dialogue.id.to_lowercase();
    let names = ["q", "q2", "t", "t2"].map(|name| {
        let root = if name.starts_with('q') { "/queue" } else { "/topic" };
        (name.to_owned(), format!("{root}/{base}-{name}"))
    });
    let settings = [("host", "/"), ("login", "guest"), ("passcode", "guest"), ("rnd", &base)];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut runner = Runner {
        address,
        variables: names.into_iter().chain(settings).collect(),
        connections: HashMap::new(),
        grade: Grade::Pass,
        labels: Vec::new(),
        probes: 0,
    };
    for (at, step) in dialogue.steps.iter().enumerate() {
        runner.step(step).await.map_err(|why| format!("step {at} ({}): {why}", step["op"]))?;
    }
    runner.connections.values().try_for_each(Connection::check)?;
    Ok((runner.grade, runner.labels.join("; ")))
}

type Outcome = Result<(), String>;

impl Runner {
    fn step<'a>(&'a mut self, step: &'a Value) -> BoxFuture<'a, Outcome> {
        let step = self.substituted(step);
        async move {
            match read(&step) {
                Step::Open { conn } => self.open(conn).await,
                Step::Connect(connect) => self.connect(connect).await?,
                Step::Send(send) => self.send(send).await,
                Step::Expect(expect) => self.expect(&expect).await?,
                Step::ExpectSet { conn, frames, within } => self.expect_set(&conn, frames, within).await?,
                Step::ExpectError(expect) => self.expect_error(expect).await?,
                Step::ExpectClose { conn, within } => self.expect_close(&conn, within).await?,
                Step::ExpectNothing { conn, time } => self.expect_nothing(&conn, time).await?,
                Step::ExpectBodies(expect) => self.expect_bodies(expect).await?,
                Step::Probe { conn } => self.probe(&conn).await?,
                Step::Close { conn } => self.at(&conn).abandon(),
                Step::Sleep { time } => sleep(time).await,
                Step::Any { branches } => self.any(branches).await?,
                Step::AssertDistinct { values } => distinct(&values, values.len())?,
                Step::AssertEqual { values } => distinct(&values, 1)?,
                Step::Heartbeats { conn, cy, count } => self.heartbeats(&conn, cy, count).await?,
                Step::Silence { conn, cx } => self.silence(&conn, cx).await?,
                Step::Keepalive(keepalive) => self.keepalive(keepalive).await?,
                Step::Churn { count, version, wait } => self.churn(count, &version, wait).await?,
            }
            Ok(())
        }
        .boxed()
    }

    /// The step with the variables that have a value by now.
    fn substituted(&self, step: &Value) -> Value {
        match step {
            Value::String(text) if text.contains("{{") => {
                let fill = |text: String, (name, value): (&String, &String)| {
                    text.replace(&format!("{{{{{name}}}}}"), value)
                };
                Value::String(self.variables.iter().fold(text.clone(), fill))
            }
            Value::Array(items) => items.iter().map(|item| self.substituted(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.substituted(field))).collect()
            }
            other => other.clone(),
        }
    }

    fn at(&mut self, conn: &str) -> &mut Connection {
        self.connections.get_mut(conn).expect("the dialogue opened the connection")
    }

    fn settle_for(&mut self, label: &str) {
        self.grade = Grade::Alt;
        self.labels.push(label.to_owned());
    }

    async fn open(&mut self, conn: String) {
        let stream = self.address.open().await;
        self.connections.insert(conn, Connection::new(stream));
    }

    async fn connect(&mut self, Connect { conn, version, heart_beat, headers }: Connect) -> Outcome {
        self.open(conn.clone()).await;
        let mut frame = "CONNECT\n".to_owned();
        if version != "1.0" {
            frame += &format!("accept-version:{version}\nhost:{}\n", self.variables["host"]);
        }
        frame += &format!("login:{}\npasscode:{}\n", self.variables["login"], self.variables["passcode"]);
        frame.extend(heart_beat.map(|value| format!("heart-beat:{value}\n")));
        frame.extend(headers.iter().map(|(name, value)| format!("{name}:{value}\n")));
        self.at(&conn).send((frame + "\n\0").as_bytes()).await;
        let versions = (version != "1.0").then(|| ("version".to_owned(), version));
        let connected = Pattern {
            command: "CONNECTED".to_owned(),
            headers: versions.into_iter().collect(),
            ..Pattern::default()
        };
        self.take(&conn, &connected, CLOSE, &[], &[]).await
    }

    async fn send(&mut self, Send { conn, part, chunk, delay }: Send) {
        let connection = self.at(&conn);
        let octets = part.octets(&|value: &str| escaped(value, connection.version()));
        for chunk in octets.chunks(chunk.unwrap_or(octets.len()).max(1)) {
            connection.send(chunk).await;
            sleep(delay).await;
        }
    }

    async fn expect(&mut self, expect: &Expect) -> Outcome {
        self.take(&expect.conn, &expect.frame, expect.within, &expect.skip, &expect.defer).await
    }

    /// The next frame must match, but for some to be dropped and some to be kept for later.
    async fn take(
        &mut self,
        conn: &str,
        pattern: &Pattern,
        within: Duration,
        skip: &[String],
        defer: &[String],
    ) -> Outcome {
        let deadline = Instant::now() + within;
        let mut deferred = Vec::new();
        loop {
            let frame =
                self.next_frame(conn, deadline).await.map_err(|why| format!("{}: {why}", pattern.command))?;
            let command = frame.command().as_str();
            let is = |commands: &[String]| {
                command != pattern.command && commands.iter().any(|other| other == command)
            };
            if is(defer) {
                deferred.push(frame);
            } else if !is(skip) {
                pattern.check(&frame)?;
                pattern.save(&frame, &mut self.variables);
                self.at(conn).put_back(deferred);
                return Ok(());
            }
        }
    }

    async fn next_frame(&mut self, conn: &str, deadline: Instant) -> Result<Frame, String> {
        let connection = self.at(conn);
        match connection.peek(deadline - Instant::now()).await {
            Some(Event::Frame(frame)) => {
                let frame = Frame::clone(frame);
                connection.pop();
                Ok(frame)
            }
            other => Err(format!("a frame was expected on {conn}, got {other:?}")),
        }
    }

    async fn expect_set(&mut self, conn: &str, mut patterns: Vec<Pattern>, within: Duration) -> Outcome {
        let deadline = Instant::now() + within;
        while !patterns.is_empty() {
            let frame = self.next_frame(conn, deadline).await?;
            let found = patterns.iter().position(|pattern| pattern.check(&frame).is_ok());
            patterns
                .swap_remove(found.ok_or_else(|| format!("unexpected {frame:?}"))?)
                .save(&frame, &mut self.variables);
        }
        Ok(())
    }

    /// A server that does not close behind the ERROR fails here whether it must or only should.
    async fn expect_error(&mut self, ExpectError { conn, frame, within, skip }: ExpectError) -> Outcome {
        let pattern = Pattern { command: "ERROR".to_owned(), ..frame };
        self.take(&conn, &pattern, within, &skip, &[]).await?;
        self.expect_close(&conn, CLOSE).await
    }

    async fn expect_close(&mut self, conn: &str, within: Duration) -> Outcome {
        let connection = self.at(conn);
        match connection.peek(within).await {
            Some(Event::Closed) => {}
            other => return Err(format!("{conn} should be closed, got {other:?}")),
        }
        connection.pop();
        Ok(())
    }

    async fn expect_nothing(&mut self, conn: &str, time: Duration) -> Outcome {
        self.at(conn)
            .peek(time)
            .await
            .map_or(Ok(()), |event| Err(format!("nothing was expected, got {event:?}")))
    }

    async fn expect_bodies(&mut self, expect: ExpectBodies) -> Outcome {
        let ExpectBodies { conn, mut bodies, ordered, within, quiet } = expect;
        let deadline = Instant::now() + within;
        let mut arrived = Vec::new();
        while arrived.len() < bodies.len() {
            let frame =
                self.next_frame(&conn, deadline).await.map_err(|why| format!("behind {arrived:?}: {why}"))?;
            if frame.command().as_str() != "MESSAGE" {
                return Err(format!("behind {arrived:?}: {frame:?}"));
            }
            arrived.push(String::from_utf8_lossy(frame.body()).into_owned());
        }
        self.expect_nothing(&conn, quiet).await?;
        if !ordered {
            bodies.sort();
            arrived.sort();
        }
        (arrived == bodies).then_some(()).ok_or_else(|| format!("{bodies:?} were expected, got {arrived:?}"))
    }

    /// The connection works.
    async fn probe(&mut self, conn: &str) -> Outcome {
        self.probes += 1;
        let receipt = format!("probe-{}", self.probes);
        let topic = format!("/topic/probe-{}", self.variables["rnd"]);
        let send = format!("SEND\ndestination:{topic}\nreceipt:{receipt}\n\nx\0");
        self.at(conn).send(send.as_bytes()).await;
        let pattern = Pattern {
            command: "RECEIPT".to_owned(),
            headers: [("receipt-id".to_owned(), receipt)].into(),
            ..Pattern::default()
        };
        self.take(conn, &pattern, Duration::from_secs(3), &[], &["MESSAGE".to_owned()]).await
    }

    /// Takes the first branch whose first step fits the next event.
    async fn any(&mut self, branches: Vec<Branch>) -> Outcome {
        let firsts: Vec<Step> = branches.iter().map(|branch| read(&branch.steps[0])).collect();
        let conn = firsts.iter().find_map(Step::conn).expect("a branch has a connection").to_owned();
        let connection = self.at(&conn);
        connection.peek(patience(&firsts)).await;
        let event = connection.peek(Duration::ZERO).await;
        let Some(taken) = firsts.iter().position(|first| first.fits(event)) else {
            return Err(format!("no legal branch for {event:?} on {conn}"));
        };
        for step in &branches[taken].steps {
            self.step(step).await?;
        }
        if branches[taken].grade == Grade::Alt {
            self.settle_for(&branches[taken].label);
        }
        Ok(())
    }

    async fn heartbeats(&mut self, conn: &str, cy: Duration, count: u32) -> Outcome {
        let connection = self.at(conn);
        let interval = connection.heart_beat.send.max(cy);
        for _ in 0..count {
            let due = connection.last_data + interval * 3 / 2 + JITTER;
            if !connection.read_until(due).await || connection.is_closed() {
                return Err(format!("nothing arrived for more than {interval:?}"));
            }
        }
        Ok(())
    }

    async fn silence(&mut self, conn: &str, cx: Duration) -> Outcome {
        let connection = self.at(conn);
        let (start, interval) = (Instant::now(), connection.heart_beat.receive.max(cx));
        let deadline = start + interval * 4 + Duration::from_secs(1);
        while connection.read_until(deadline).await {}
        if !connection.is_closed() {
            self.settle_for("a silent client is not closed");
        } else if start.elapsed() < interval {
            return Err(format!("closed after {:?}, before {interval:?}", start.elapsed()));
        }
        Ok(())
    }

    async fn keepalive(&mut self, Keepalive { conn, cx, times, factor, data, drip }: Keepalive) -> Outcome {
        let connection = self.at(&conn);
        let (start, interval) = (Instant::now(), connection.heart_beat.receive.max(cx));
        let writes = (f64::from(times) / factor).ceil() as u32;
        let octets = drip
            .map_or_else(|| data.repeat(writes as usize).into_bytes(), |drip| drip.octets(&str::to_owned));
        let size = octets.len().div_ceil(writes as usize);
        for (chunk, turn) in octets.chunks(size).zip(1..) {
            connection.send(chunk).await;
            let next = start + interval.mul_f64(factor) * turn;
            while connection.read_until(next).await {}
            if connection.is_closed() {
                return Err(format!("a live connection was closed after {:?}", start.elapsed()));
            }
            sleep_until(next).await;
        }
        Ok(())
    }

    async fn churn(&mut self, count: u32, version: &str, wait: bool) -> Outcome {
        for _ in 0..count {
            let conn = "churn".to_owned();
            if wait {
                let connect =
                    Connect { conn, version: version.to_owned(), heart_beat: None, headers: Vec::new() };
                self.connect(connect).await?;
            } else {
                self.open(conn).await;
            }
            self.at("churn").abandon();
        }
        Ok(())
    }
}

impl Step {
    fn conn(&self) -> Option<&str> {
        match self {
            Self::Expect(Expect { conn, .. })
            | Self::ExpectError(ExpectError { conn, .. })
            | Self::ExpectBodies(ExpectBodies { conn, .. })
            | Self::ExpectSet { conn, .. }
            | Self::ExpectClose { conn, .. }
            | Self::ExpectNothing { conn, .. }
            | Self::Probe { conn } => Some(conn),
            _ => None,
        }
    }

    /// Whether this can be the first step of the branch to take.
    fn fits(&self, event: Option<&Event>) -> bool {
        match (self, event) {
            (Self::ExpectNothing { .. } | Self::Probe { .. }, event) => event.is_none(),
            (Self::ExpectBodies(expect), None) => expect.bodies.is_empty(),
            (Self::ExpectBodies(expect), Some(Event::Frame(frame))) => {
                !expect.bodies.is_empty() && frame.command().as_str() == "MESSAGE"
            }
            (Self::ExpectClose { .. }, Some(Event::Closed)) => true,
            (Self::ExpectError(_), Some(Event::Frame(frame))) => frame.command().as_str() == "ERROR",
            (Self::Expect(expect), Some(Event::Frame(frame))) => expect.frame.check(frame).is_ok(),
            (Self::ExpectSet { frames, .. }, Some(Event::Frame(frame))) => {
                frames.iter().any(|pattern| pattern.check(frame).is_ok())
            }
            _ => false,
        }
    }
}

/// How long to wait for the event that decides between branches.
fn patience(firsts: &[Step]) -> Duration {
    let within = firsts.iter().filter_map(|first| match first {
        Step::ExpectClose { within, .. } | Step::ExpectSet { within, .. } => Some(*within),
        Step::Expect(expect) => Some(expect.within),
        Step::ExpectError(expect) => Some(expect.within),
        Step::ExpectBodies(expect) => Some(expect.within),
        _ => None,
    });
    let quiet = firsts.iter().filter_map(|first| match first {
        Step::ExpectNothing { time, .. } => Some(*time),
        _ => None,
    });
    let probe = firsts.iter().any(|first| matches!(first, Step::Probe { .. }));
    let longest = within.max().unwrap_or(Duration::MAX);
    let longest = quiet.max().map_or(longest, |quiet| longest.min(quiet));
    longest.min(if probe { Duration::from_millis(700) } else { Duration::from_secs(10) })
}

fn read(step: &Value) -> Step {
    serde_json::from_value(step.clone()).unwrap_or_else(|error| panic!("{error}: {step}"))
}

/// A value that the server gave, as a client of that version writes it.
fn escaped(value: &str, version: Version) -> String {
    let value = match version {
        Version::V1_0 => return value.to_owned(),
        _ => value.replace('\\', "\\\\").replace('\n', "\\n").replace(':', "\\c"),
    };
    if version == Version::V1_2 { value.replace('\r', "\\r") } else { value }
}

fn distinct(values: &[String], count: usize) -> Outcome {
    let different: std::collections::HashSet<_> = values.iter().collect();
    (different.len() == count)
        .then_some(())
        .ok_or_else(|| format!("not {count} different values: {values:?}"))
}
