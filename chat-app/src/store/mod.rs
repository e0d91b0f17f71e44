//! What the service keeps: one trait, so that the database can be another one.
//!
//! Every method is one transaction. The store keeps the rules that only a transaction can keep (a room's messages
//! are numbered without holes, a pair has one room, the last one out deletes the room) and knows no others.

mod member;
mod message;
mod room;
mod session;
mod sqlite;

use std::fmt;

pub use self::{
    member::{AddMember, MemberChange, MemberQuery, MemberStore, NewMember},
    message::{Append, Cursor, MessageStore, NewMessage, Page},
    room::{Join, Leave, RoomQuery, RoomStore},
    session::{NewSession, Rotated, Rotation, SessionStore},
    sqlite::{OpenError, SqliteStore},
};

/// Everything the service keeps.
pub trait Store:
    MemberStore + SessionStore + RoomStore + MessageStore + fmt::Debug + Send + Sync + 'static
{
}

impl<T: MemberStore + SessionStore + RoomStore + MessageStore + fmt::Debug + Send + Sync + 'static> Store
    for T
{
}

/// Why the database did not do its part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot at the moment: no connection is free in time, the disk is full, another process holds the lock.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] sqlx::Error),
}

/// The answer of a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
