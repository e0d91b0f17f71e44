//! What the outbox is made of, so that loom's models can take its place: `hub/outbox_model.rs`.

#[cfg(stomp_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(stomp_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};
