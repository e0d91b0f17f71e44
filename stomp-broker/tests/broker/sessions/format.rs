//! The case format `stomp-sessions/1`.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Every dialogue, in file order.
pub(crate) fn load() -> Vec<Dialogue> {
    let file: File = serde_json::from_str(include_str!("../../data/sessions.json")).expect("a sessions file");
    assert_eq!(file.format, "stomp-sessions/1");
    file.sessions
}

#[derive(Deserialize)]
struct File {
    format: String,
    sessions: Vec<Dialogue>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dialogue {
    pub(crate) id: String,
    pub(crate) level: String,
    #[serde(default)]
    pub(crate) requires: Vec<String>,
    /// [`Step`]s, whose variables are filled in when their turn comes.
    pub(crate) steps: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Step {
    Open {
        conn: String,
    },
    Connect(Connect),
    Send(Send),
    Expect(Expect),
    ExpectSet {
        conn: String,
        frames: Vec<Pattern>,
        #[serde(default = "seconds::<3>", deserialize_with = "ms")]
        within: Duration,
    },
    ExpectError(ExpectError),
    ExpectClose {
        conn: String,
        #[serde(default = "seconds::<5>", deserialize_with = "ms")]
        within: Duration,
    },
    ExpectNothing {
        conn: String,
        #[serde(rename = "for", default = "quiet::<400>", deserialize_with = "ms")]
        time: Duration,
    },
    ExpectBodies(ExpectBodies),
    Probe {
        conn: String,
    },
    Close {
        conn: String,
    },
    Sleep {
        #[serde(rename = "ms", deserialize_with = "ms")]
        time: Duration,
    },
    Any {
        branches: Vec<Branch>,
    },
    AssertDistinct {
        values: Vec<String>,
    },
    AssertEqual {
        values: Vec<String>,
    },
    Heartbeats {
        conn: String,
        #[serde(deserialize_with = "ms")]
        cy: Duration,
        count: u32,
    },
    Silence {
        conn: String,
        #[serde(deserialize_with = "ms")]
        cx: Duration,
    },
    Keepalive(Keepalive),
    Churn {
        count: u32,
        #[serde(default = "newest")]
        version: String,
        #[serde(default = "yes")]
        wait: bool,
    },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Connect {
    pub(crate) conn: String,
    #[serde(default = "newest")]
    pub(crate) version: String,
    pub(crate) heart_beat: Option<String>,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Send {
    pub(crate) conn: String,
    #[serde(flatten)]
    pub(crate) part: Part,
    /// Octets per write.
    pub(crate) chunk: Option<usize>,
    /// Behind each write.
    #[serde(rename = "delay_ms", default, deserialize_with = "ms")]
    pub(crate) delay: Duration,
}

/// Something to send.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    frame: Option<RawFrame>,
    text: Option<String>,
    b64: Option<String>,
    #[serde(default)]
    parts: Vec<Self>,
    #[serde(default = "newline")]
    eol: String,
    #[serde(default = "once")]
    times: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RawFrame {
    command: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    body_b64: Option<String>,
}

impl Part {
    /// The octets; `escape` is applied to the values that the server gave.
    pub(crate) fn octets(&self, escape: &impl Fn(&str) -> String) -> Vec<u8> {
        let once = if let Some(b64) = &self.b64 {
            unbase64(b64)
        } else if let Some(text) = &self.text {
            text.clone().into_bytes()
        } else if let Some(frame) = &self.frame {
            frame.octets(&self.eol, escape)
        } else {
            self.parts.iter().flat_map(|part| part.octets(escape)).collect()
        };
        once.repeat(self.times)
    }
}

impl RawFrame {
    fn octets(&self, eol: &str, escape: &impl Fn(&str) -> String) -> Vec<u8> {
        let acknowledges = ["ACK", "NACK"].contains(&self.command.as_str());
        let mut head = format!("{}{eol}", self.command);
        for (name, value) in &self.headers {
            let is_given = match name.as_str() {
                "id" | "message-id" => acknowledges,
                name => name == "subscription",
            };
            let value = if is_given { escape(value) } else { value.clone() };
            head.extend([name, ":", &value, eol]);
        }
        let body = self.body_b64.as_deref().map_or_else(|| self.body.clone().into_bytes(), unbase64);
        [head.as_bytes(), eol.as_bytes(), &body, b"\0"].concat()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Expect {
    pub(crate) conn: String,
    pub(crate) frame: Pattern,
    #[serde(default = "seconds::<3>", deserialize_with = "ms")]
    pub(crate) within: Duration,
    #[serde(default)]
    pub(crate) skip: Vec<String>,
    #[serde(default)]
    pub(crate) defer: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExpectError {
    pub(crate) conn: String,
    #[serde(default)]
    pub(crate) frame: Pattern,
    #[serde(default = "seconds::<3>", deserialize_with = "ms")]
    pub(crate) within: Duration,
    #[serde(default)]
    pub(crate) skip: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExpectBodies {
    pub(crate) conn: String,
    pub(crate) bodies: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) ordered: bool,
    #[serde(default = "seconds::<3>", deserialize_with = "ms")]
    pub(crate) within: Duration,
    #[serde(default = "quiet::<300>", deserialize_with = "ms")]
    pub(crate) quiet: Duration,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Keepalive {
    pub(crate) conn: String,
    #[serde(deserialize_with = "ms")]
    pub(crate) cx: Duration,
    #[serde(default = "five")]
    pub(crate) times: u32,
    #[serde(default = "half")]
    pub(crate) factor: f64,
    #[serde(default = "newline")]
    pub(crate) data: String,
    pub(crate) drip: Option<Part>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Branch {
    #[serde(default)]
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) grade: Grade,
    pub(crate) steps: Vec<Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Grade {
    #[default]
    Pass,
    /// Legal, but not what one would wish for.
    Alt,
}

/// What a frame must be like; other headers are always allowed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pattern {
    pub(crate) command: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) present: Vec<String>,
    pub(crate) absent: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) matches: BTreeMap<String, String>,
    pub(crate) match_if_present: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) body_b64: Option<String>,
    pub(crate) body_parts: Option<Vec<Part>>,
    pub(crate) save: BTreeMap<String, String>,
}

impl Pattern {
    pub(crate) fn octets(&self) -> Option<Vec<u8>> {
        let parts = |parts: &Vec<Part>| parts.iter().flat_map(|part| part.octets(&str::to_owned)).collect();
        let text = self.body.clone().map(String::into_bytes);
        text.or_else(|| self.body_b64.as_deref().map(unbase64))
            .or_else(|| self.body_parts.as_ref().map(parts))
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}

fn ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn seconds<const N: u64>() -> Duration {
    Duration::from_secs(N)
}

fn quiet<const MS: u64>() -> Duration {
    Duration::from_millis(MS)
}

fn newest() -> String {
    "1.2".to_owned()
}

fn newline() -> String {
    "\n".to_owned()
}

fn once() -> usize {
    1
}

fn five() -> u32 {
    5
}

fn half() -> f64 {
    0.5
}

fn yes() -> bool {
    true
}
