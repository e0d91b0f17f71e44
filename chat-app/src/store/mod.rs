//! What the service keeps: one trait for each area, so that the database can be another one.
//!
//! Every method is one transaction. The store keeps the rules that only a transaction can keep (a room's messages
//! are numbered without holes, a pair has one room, the last one out deletes the room) and knows no others.
//!
//! [`SqliteStore`] and [`PostgresStore`] share their queries, which are in `sql`.

// Both databases take the queries in, see `sql/mod.rs`.
#![allow(clippy::duplicate_mod)]

mod account;
mod admin;
mod archive;
mod change;
mod error;
mod feed;
mod file;
mod identity;
mod invite;
mod member;
mod membership;
mod message;
mod postgres;
mod push;
mod report;
mod room;
mod search;
mod session;
mod setting;
mod sqlite;
mod timestamp;

use std::fmt;

use async_trait::async_trait;

pub use self::{
    account::{AccountStore, Upgrade, Upgraded},
    admin::{AdminStore, NewAuditEntry},
    archive::ArchiveStore,
    change::{ChangeStore, Changed, Edit, React},
    error::{OpenError, Result, StoreError},
    feed::{FeedStore, Newest},
    file::{FileStore, KeptFile, NewFile},
    identity::{Account, AddMemberOf, IdentityStore, Unlink},
    invite::{InviteStore, NewInvite},
    member::{AddMember, MemberChange, MemberQuery, MemberStore, NewMember},
    membership::{Ban, Entrance, Join, Joining, Leave, MembershipStore, ParticipantQuery},
    message::{Append, Cursor, MessageStore, NewMessage, Notice, NoticeKind, Page},
    postgres::PostgresStore,
    push::{NewSubscription, PushStore, PushTarget},
    report::ReportStore,
    room::{NewRoom, RoomChange, RoomQuery, RoomStore, Standing},
    search::{Search, SearchStore},
    session::{NewSession, Rotated, Rotation, SessionStore},
    setting::SettingStore,
    sqlite::SqliteStore,
};

/// Everything the service keeps.
#[async_trait]
pub trait Store:
    AccountStore
    + AdminStore
    + ArchiveStore
    + IdentityStore
    + MemberStore
    + SessionStore
    + RoomStore
    + MembershipStore
    + InviteStore
    + MessageStore
    + ChangeStore
    + FeedStore
    + FileStore
    + PushStore
    + SearchStore
    + ReportStore
    + SettingStore
    + fmt::Debug
    + Send
    + Sync
    + 'static
{
    /// How many connections to the database are open now.
    fn pool(&self) -> Pool;

    /// Waits for queries under way and closes the connections.
    async fn close(&self);

    /// How many batches of messages it is worth while to store at once.
    fn lanes(&self) -> usize;
}

/// Connections to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// All that are open.
    pub connections: u32,
    /// Those that wait for work.
    pub idle: u32,
}
