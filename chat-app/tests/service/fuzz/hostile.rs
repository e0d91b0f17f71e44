//! What nobody sends who means well.

use serde_json::{Value, json};

use super::schema::Document;

/// In paths and queries.
pub(super) const PATHS: [&str; 16] = [
    "0",
    "-1",
    "1.5",
    "9223372036854775807",
    "9223372036854775808",
    "1e999",
    "true",
    "%00",
    "%ff%fe",
    "%F0%9F%92%A9",
    "%E2%80%AE",
    "..%2f..%2fetc%2fpasswd",
    "'%20OR%20''%3D'",
    "%25%25%25%5f%5c",
    "%22%2A%20NEAR%28",
    "none",
];

/// Bodies that are no JSON, or not of this kind.
pub(super) const BODIES: [&[u8]; 10] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b"\xff\xfe\x00",
    b"\"\\ud800\"",
    b"{\"a\":1,\"a\":2}",
    b"1e99999",
    &[b'['; 60_000],
];

/// Bodies that are right but for one field.
pub(super) fn bodies(document: &Document<'_>, schema: &Value) -> Vec<Value> {
    let right = document.example(schema);
    let Some(fields) = right.as_object() else { return Vec::new() };
    let mut bodies = vec![right.clone()];
    for name in fields.keys() {
        for value in values() {
            let mut body = right.clone();
            body[name] = value;
            bodies.push(body);
        }
    }
    bodies
}

fn values() -> Vec<Value> {
    let mut deep = json!(0);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5e300),
        json!(""),
        json!(" "),
        json!("\0"),
        json!("a\u{202e}b"),
        json!("x".repeat(5_000)),
        json!("가".repeat(4_000)),
        json!("\u{fdfa}".repeat(32)),
        json!("' OR 1=1 --"),
        json!([]),
        json!([1, "a", null]),
        json!(vec![1; 2_000]),
        json!({}),
        deep,
    ]
}
