//! The server seen from outside: its protocol, its promises, and what it withstands.

mod app;
mod delivery;
mod dialogues;
mod handle;
mod headers;
mod interceptors;
mod limits;
mod odd_frames;
mod replies;
mod reply_to;
mod sessions;
mod settlement;
mod threats;
mod transports;
