//! Chat service.

pub mod domain;
pub mod error;
pub mod limits;
pub mod store;
