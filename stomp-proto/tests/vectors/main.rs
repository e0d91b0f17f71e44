//! Runs the conformance cases of `tests/data/vectors.json`.
//!
//! A case passes on its primary expectation; the legal alternatives are not used. The `sockjs-*` kinds are
//! cases of a transport, not of the codec, and are run where the transport is.

mod decode;
mod encode;
mod format;
mod negotiation;

use format::Vector;

/// Runs `check` on every case of `kind` and reports all that fail together.
fn run(kind: &str, check: impl Fn(&Vector) -> Result<(), String>) {
    let vectors = format::load(kind);
    assert!(!vectors.is_empty(), "no case of kind {kind}");
    let failures: Vec<String> = vectors
        .iter()
        .filter_map(|vector| check(vector).err().map(|why| format!("{}: {why}", vector.id)))
        .collect();
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

/// Fails with both sides when they differ.
fn expect<T: PartialEq + std::fmt::Debug>(actual: &T, expected: &T, what: &str) -> Result<(), String> {
    match actual == expected {
        true => Ok(()),
        false => Err(format!("{what}: expected {expected:?}, got {actual:?}")),
    }
}
