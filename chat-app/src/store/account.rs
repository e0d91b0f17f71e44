//! Storing how members log in, and who they do not want to hear of.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Email, MemberId, MemberName, Tag, Timestamp};

/// What is a member's own affair.
#[async_trait]
pub trait AccountStore {
    /// The hash of a member's password, if it has one.
    async fn password_hash(&self, member: MemberId) -> Result<Option<String>>;

    /// Gives a member a password.
    async fn set_password(&self, member: MemberId, hash: &str, now: Timestamp) -> Result<()>;

    /// Makes a user of a guest.
    async fn upgrade_guest(&self, guest: MemberId, upgrade: Upgrade<'_>) -> Result<Upgraded>;

    /// Takes a member's name, address, ways to log in, sessions, blocks and files away. What it said stays.
    async fn erase_member(&self, member: MemberId, tag: &Tag, now: Timestamp) -> Result<()>;

    /// Notes that a member does not want to hear of another; says whether there is such a one.
    async fn block(&self, member: MemberId, blocked: MemberId, now: Timestamp) -> Result<bool>;

    /// Forgets that again.
    async fn unblock(&self, member: MemberId, blocked: MemberId) -> Result<()>;

    /// Whether a member does not want to hear of another.
    async fn has_blocked(&self, member: MemberId, other: MemberId) -> Result<bool>;

    /// Whom a member has blocked, in the order of that.
    async fn blocked(&self, member: MemberId) -> Result<Vec<MemberId>>;
}

/// What a guest becomes.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade<'a> {
    /// The address to log in by.
    pub email: &'a Email,
    /// The hash of the password.
    pub password_hash: &'a str,
    /// Another name.
    pub name: Option<&'a MemberName>,
    /// Another tag.
    pub tag: Option<&'a Tag>,
    /// The time now.
    pub now: Timestamp,
}

/// How that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgraded {
    /// Done.
    Done,
    /// The member is no guest.
    NoGuest,
    /// Another member has the address.
    EmailTaken,
    /// Another member has the name and the tag.
    TagTaken,
}
