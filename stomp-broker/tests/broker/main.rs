//! The server seen from outside: its protocol, its promises, and what it withstands.

mod app;
mod delivery;
mod limits;
mod sessions;
mod threats;
mod transports;
