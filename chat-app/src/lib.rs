//! A chat service over STOMP: accounts and guests, rooms, history, and a web client.
//!
//! ```text
//!  browser ── HTTP ──▶ http ─┐             ┌─▶ store (SQLite, PostgreSQL)
//!     │                      ├─▶ auth, chat┤
//!     └── WebSocket ▶ stomp ─┘             └─▶ broker ──▶ subscribers
//! ```
//!
//! [`Listening`] is the service on its ports, [`ChatApp`] the service to embed in another server. The rules are in
//! [`domain`], what members do in [`chat`], who they are in [`auth`], what is kept in [`store`] and [`files`].

mod admin;
mod app;
pub mod auth;
pub mod chat;
mod config;
mod data_dir;
pub mod domain;
pub mod error;
mod exporter;
pub mod files;
mod http;
mod installation;
pub mod limits;
pub mod maintenance;
mod metrics;
mod object;
mod outbound;
mod push;
mod serve;
mod start_error;
mod stomp;
pub mod store;
mod ui;

pub use self::{
    app::ChatApp,
    config::{Config, Origin, ServerRole},
    outbound::Reach,
    push::VapidError,
    serve::Listening,
    start_error::StartError,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
