//! Zero-copy, sans-IO codec for [STOMP](https://stomp.github.io) 1.0, 1.1 and 1.2.
//!
//! The crate turns octets into [`Frame`]s and back; it opens no socket, reads no clock and spawns nothing.
//!
//! ```
//! use bytes::BytesMut;
//! use stomp_proto::{Command, Decoder, Frame, Item, Version, encode};
//!
//! let frame = Frame::builder(Command::Send)
//!     .header("destination", "/topic/greetings")
//!     .header("content-type", "text/plain")
//!     .body("hello")
//!     .build();
//! let mut wire = BytesMut::new();
//! encode(&frame, Version::V1_2, &mut wire)?;
//!
//! let mut decoder = Decoder::new();
//! let Some(Item::Frame(back)) = decoder.decode(&mut wire)? else { panic!("a whole frame was fed") };
//! assert_eq!(back.headers().get("destination"), Some("/topic/greetings"));
//! assert_eq!(back.body(), "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! | module or type | what it is for |
//! | --- | --- |
//! | [`Decoder`] | octets to [`Frame`]s, resumable at every octet, with [`Limits`] |
//! | [`encode`], [`FrameWriter`], [`fanout`] | frames to octets, escaped for a [`Version`] |
//! | [`ClientFrame`], [`ServerFrame`] | typed views of frames with their required headers checked |
//! | [`compose`] | frames that have all that their command requires |
//! | [`parser`] | the grammar as `nom` parsers to combine with others |
//! | [`Version`], [`HeartBeat`] | the two negotiations of CONNECT and CONNECTED |
//! | [`Leniency`] | named faults of real peers that a decoder may tolerate |
//! | `codec` (feature `codec`) | a `tokio_util` codec for `Framed` |
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `std` (default) | AVX2, where the machine turns out to have it |
//! | `codec` | [`codec`](https://docs.rs/stomp-proto/latest/stomp_proto/codec): `tokio_util` codec; needs `std` |
//! | `serde` | JSON bodies: `Frame::json` and `compose::Draft::json`; needs `std` |
//!
//! Without `std` the crate needs `alloc` alone.

#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod body;
mod byte_str;
mod client;
#[cfg(feature = "codec")]
pub mod codec;
mod command;
pub mod compose;
mod decoder;
mod detach;
mod encoder;
mod entries;
mod error;
mod escape;
mod examined;
pub mod fanout;
mod frame;
mod head;
pub mod header;
pub mod heart_beat;
mod leniency;
mod limits;
pub mod parser;
mod rules;
mod scan;
mod server;
mod simd;
mod unescape;
mod version;

/// The crate of the buffers that go into a [`Decoder`] and the octets that come out.
///
/// ```
/// use stomp_proto::bytes::BytesMut;
///
/// assert_eq!(stomp_proto::Decoder::new().decode(&mut BytesMut::from("SEND")), Ok(None));
/// ```
pub use bytes;

pub use byte_str::ByteStr;
pub use client::{
    Ack, AckMode, ClientFrame, Connect, Disconnect, Nack, Send, Subscribe, Transaction, Unsubscribe,
};
pub use command::Command;
pub use decoder::{Decoder, Item};
pub use encoder::{FrameWriter, encode};
pub use error::{DecodeError, EncodeError, FrameError};
pub use frame::{Frame, FrameBuilder};
pub use header::Headers;
pub use heart_beat::HeartBeat;
pub use leniency::Leniency;
pub use limits::Limits;
pub use server::{Connected, ErrorFrame, Message, Receipt, ServerFrame};
pub use version::Version;

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
