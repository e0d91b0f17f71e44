//! SockJS, clause by clause (SJ-01 to SJ-19), and what its sessions withstand.
//!
//! Requests go to the router in memory, on a clock that does not wait; what needs a socket has one.
#![cfg(feature = "websocket")]

mod client;
mod dialogues;
mod requests;
mod sessions;
mod threats;
mod websocket;
