//! What the benchmarks share: the octets to work on, every codec behind one shape, and subscribers for the broker.

pub mod codecs;
pub mod counting;
pub mod growth;
pub mod inputs;
pub mod subscriber;
