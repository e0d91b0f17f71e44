//! What the benchmarks share: the octets to work on, and every codec behind one shape.

pub mod codecs;
pub mod growth;
pub mod inputs;
