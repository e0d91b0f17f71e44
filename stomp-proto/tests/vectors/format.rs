//! The case format `stomp-vectors/1`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use stomp_proto::Version;

/// Every case of `kind`, in file order.
pub(crate) fn load(kind: &str) -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../data/vectors.json")).expect("a vectors file");
    assert_eq!(file.format, "stomp-vectors/1");
    let of_kind = file.vectors.iter().filter(|vector| vector["kind"] == kind);
    of_kind.map(read).collect()
}

#[derive(Deserialize)]
struct File {
    format: String,
    vectors: Vec<Value>,
}

/// One case; which fields are there depends on its kind.
#[derive(Debug, Deserialize)]
pub(crate) struct Vector {
    pub(crate) id: String,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    pub(crate) input: Bytes,
    #[serde(default)]
    pub(crate) split: Split,
    #[serde(default)]
    pub(crate) limits: Option<Limits>,
    #[serde(default)]
    pub(crate) messages: Vec<Message>,
    #[serde(default)]
    pub(crate) frame: Option<Frame>,
    #[serde(default)]
    pub(crate) lookup: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) accept_version: Option<String>,
    #[serde(default)]
    pub(crate) value: Option<String>,
    #[serde(default)]
    pub(crate) offered: Vec<String>,
    /// A list of versions, or of two intervals in milliseconds.
    #[serde(default)]
    pub(crate) server: Value,
    #[serde(default)]
    pub(crate) client: Value,
    expect: Value,
}

impl Vector {
    pub(crate) fn versions(&self) -> Vec<Version> {
        parse_versions(&self.versions)
    }

    pub(crate) fn server_versions(&self) -> Vec<Version> {
        parse_versions(&read::<Vec<String>>(&self.server))
    }

    /// The primary expectation.
    pub(crate) fn expected<T: serde::de::DeserializeOwned>(&self) -> T {
        read(&self.expect)
    }
}

fn parse_versions(texts: &[String]) -> Vec<Version> {
    texts.iter().map(|text| text.parse().expect("a STOMP version")).collect()
}

/// A part of a case whose shape depends on the kind.
pub(crate) fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("the shape that the kind asks for")
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Split {
    #[default]
    None,
    All,
    Pairs,
    Coarse,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Limits {
    pub(crate) max_headers: usize,
    pub(crate) max_header_line: usize,
    pub(crate) max_body: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) data: Bytes,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Frame {
    pub(crate) command: Text,
    pub(crate) headers: Vec<(Text, Text)>,
    pub(crate) body: Bytes,
    #[serde(default = "once")]
    pub(crate) times: usize,
}

fn once() -> usize {
    1
}

/// Octets: base64, or segments of it to concatenate.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BytesForm")]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

#[derive(Deserialize)]
#[serde(untagged)]
enum BytesForm {
    Whole(String),
    Segments(Vec<Segment>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Segment {
    Once(String),
    Repeated { b64: String, times: usize },
}

impl From<BytesForm> for Bytes {
    fn from(form: BytesForm) -> Self {
        Self(match form {
            BytesForm::Whole(b64) => unbase64(&b64),
            BytesForm::Segments(segments) => segments.iter().flat_map(Segment::octets).collect(),
        })
    }
}

impl Segment {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Once(b64) => unbase64(b64),
            Self::Repeated { b64, times } => unbase64(b64).repeat(*times),
        }
    }
}

/// A command, header name or value: a string, or base64 where it is not UTF-8.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Utf8(String),
    Octets { b64: String },
}

impl Text {
    pub(crate) fn octets(&self) -> Vec<u8> {
        match self {
            Self::Utf8(text) => text.clone().into_bytes(),
            Self::Octets { b64 } => unbase64(b64),
        }
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}
