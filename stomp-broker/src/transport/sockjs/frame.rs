//! SockJS frames: what a server sends, and the arrays of messages that a client sends. Sans-IO.
//!
//! ```text
//! server: o  h  a["message","message"]  c[1000,"reason"]        client: ["message","message"]
//! ```

use std::{fmt, fmt::Write};

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

/// The first frame of a session.
pub(super) const OPEN: &str = "o";

/// Says that the connection is alive.
pub(super) const HEART_BEAT: &str = "h";

/// The last frame of a session.
pub(super) fn close(code: u16, reason: &str) -> String {
    format!("c[{code},{}]", quote(&[reason.as_bytes()]))
}

/// Messages, each [quoted](quote) already, as one frame.
pub(super) fn messages(quoted: impl IntoIterator<Item = String>) -> String {
    let mut frame = String::from("a[");
    for message in quoted {
        if frame.len() > 2 {
            frame.push(',');
        }
        frame.push_str(&message);
    }
    frame.push(']');
    frame
}

/// The concatenation of `parts` as one JSON string.
///
/// JSON holds no octets but text: each that is not part of a UTF-8 character becomes `?`. One for one, so that a
/// `content-length` among them stays right.
pub(super) fn quote(parts: &[&[u8]]) -> String {
    let size: usize = parts.iter().map(|part| part.len()).sum();
    let mut quoted = String::with_capacity(size + size / 8 + 2);
    quoted.push('"');
    for chunk in parts.iter().flat_map(|part| part.utf8_chunks()) {
        escape(chunk.valid(), &mut quoted);
        quoted.extend(chunk.invalid().iter().map(|_| '?'));
    }
    quoted.push('"');
    quoted
}

fn escape(text: &str, quoted: &mut String) {
    let mut rest = text;
    while let Some((at, escaped)) = rest.char_indices().find(|(_, character)| needs_escape(*character)) {
        let (plain, tail) = rest.split_at(at);
        quoted.push_str(plain);
        match escaped {
            '"' | '\\' => quoted.extend(['\\', escaped]),
            '\n' => quoted.push_str("\\n"),
            _ => {
                for unit in escaped.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
        rest = tail.strip_prefix(escaped).unwrap_or_default();
    }
    quoted.push_str(rest);
}

/// What JSON wants escaped, and what some browsers damage on the way (sockjs-protocol 0.3.3).
fn needs_escape(character: char) -> bool {
    matches!(
        character,
        '"' | '\\'
            | '\0'..='\x1f'
            | '\u{200c}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff0}'..=char::MAX
    )
}

/// The most octets that JSON makes of a message of so many: every one of them written as `\u0000`.
pub(super) fn max_quoted(octets: usize) -> usize {
    octets.saturating_mul(6)
}

/// Hands over the messages of an array one after the other, or the only one of a JSON string.
///
/// # Errors
///
/// What is not JSON, or other JSON than that, or half of a surrogate pair, which stands for no text. Messages
/// handed over before do not count then.
pub(super) fn decode(json: &[u8], mut take: impl FnMut(&str)) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(json);
    Messages(Message(&mut take)).deserialize(&mut json)?;
    json.end()
}

/// An array of messages, or one.
struct Messages<F>(Message<F>);

/// A message, handed over without a copy.
struct Message<F>(F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Messages<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Messages<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_str<E: Error>(self, message: &str) -> Result<(), E> {
        self.0.visit_str(message)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(Message(&mut self.0.0))?.is_some() {}
        Ok(())
    }
}

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Message<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl<F: FnMut(&str)> Visitor<'_> for Message<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(mut self, message: &str) -> Result<(), E> {
        (self.0)(message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Deserialize)]
    struct Vector {
        id: String,
        kind: String,
        input: Value,
        expect: Value,
    }

    fn decoded(json: &str) -> Result<Vec<String>, serde_json::Error> {
        let mut messages = Vec::new();
        decode(json.as_bytes(), |message| messages.push(message.to_owned()))?;
        Ok(messages)
    }

    fn encoded(input: &Value) -> String {
        if let Some(messages) = input["messages"].as_array() {
            self::messages(messages.iter().map(|message| quote(&[message.as_str().unwrap().as_bytes()])))
        } else if let Some(close) = input["close"].as_array() {
            self::close(close[0].as_u64().unwrap().try_into().unwrap(), close[1].as_str().unwrap())
        } else {
            let frame = if input["open"] == true { OPEN } else { HEART_BEAT };
            frame.to_owned()
        }
    }

    #[test]
    fn vectors() {
        let vectors = include_str!("../../../tests/data/sockjs.json");
        let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
        assert_eq!(vectors.len(), 12);
        for Vector { id, kind, input, expect } in vectors {
            match kind.as_str() {
                "sockjs-encode" => assert_eq!(encoded(&input), expect.as_str().unwrap(), "{id}"),
                // Transports let empty messages pass before they decode.
                "sockjs-decode" if input["data"] == "" => assert_eq!(expect, serde_json::json!([]), "{id}"),
                "sockjs-decode" => {
                    let messages = decoded(input["data"].as_str().unwrap()).unwrap();
                    assert_eq!(serde_json::json!(messages), expect, "{id}");
                }
                other => panic!("{id}: unknown kind {other}"),
            }
        }
    }

    #[test]
    fn every_character_comes_back_and_none_that_needs_it_is_raw() {
        let all: String = ('\0'..=char::MAX).collect();
        let quoted = quote(&[all.as_bytes()]);
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), all);
        let raw = quoted.chars().find(|raw| needs_escape(*raw) && !matches!(raw, '"' | '\\'));
        assert_eq!(raw, None);
        assert!(quoted.len() <= max_quoted(all.len()));
    }

    #[test]
    fn octets_that_are_no_text_keep_their_number() {
        assert_eq!(quote(&[b"a\xff\xe2\x82", b"\xf0\x9f\x98\x80\x80"]), r#""a???\ud83d\ude00?""#);
    }

    #[test]
    fn all_escapes_are_understood() {
        let escapes = r#" [ "\u0041\/\b\f\n\r\t\"\\\ud83d\uDE00" , "" ] "#;
        assert_eq!(decoded(escapes).unwrap(), ["A/\u{8}\u{c}\n\r\t\"\\\u{1f600}", ""]);
        assert_eq!(decoded(r#""one""#).unwrap(), ["one"]);
    }

    #[test]
    fn other_json_is_refused() {
        let deep = "[".repeat(100_000);
        let broken =
            ["", "[", r#"["a""#, r#"["a"],"#, "[1]", "{}", "null", r#"[["a"]]"#, r#"["\ud83d"]"#, &deep];
        for json in broken {
            assert!(decoded(json).is_err(), "{json:.20}");
        }
    }
}
