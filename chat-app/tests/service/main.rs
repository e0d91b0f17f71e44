//! The whole service in one process, as its clients see it: HTTP and STOMP over WebSocket on a free port of loopback,
//! data in a directory of the test's own.

mod accounts;
mod admin;
mod batches;
mod blocks;
mod changes;
mod cluster;
mod defects;
mod doors;
mod endings;
mod errors;
mod export;
mod faults;
mod files;
mod fuzz;
mod history;
mod lies;
mod limits;
mod live;
mod logs;
mod maintenance;
mod oauth;
mod openapi;
mod operation;
mod pages;
#[path = "../postgres/mod.rs"]
mod postgres_server;
mod presence;
mod push;
mod reports;
mod rooms;
mod startup;
mod support;
mod tokens;
