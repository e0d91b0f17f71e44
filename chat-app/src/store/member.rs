//! Storing members.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Email, Kind, Locale, Me, Member, MemberId, MemberName, Tag, Timestamp};

/// Members.
#[async_trait]
pub trait MemberStore {
    /// Adds a member.
    async fn add_member(&self, new: NewMember<'_>) -> Result<AddMember>;

    /// The member of that id, whatever its status.
    async fn me(&self, id: MemberId) -> Result<Option<Me>>;

    /// The member of that address and the hash of its password, if it has one.
    async fn login(&self, email: &Email) -> Result<Option<(Member, Option<String>)>>;

    /// Active members in the order of their ids, from behind `after` on.
    async fn members(&self, query: MemberQuery<'_>) -> Result<Vec<Member>>;

    /// Changes what is given. `false` if the name with the member's tag is another one's.
    async fn change_member(&self, id: MemberId, change: MemberChange<'_>) -> Result<bool>;
}

/// A member to add.
#[derive(Debug, Clone, Copy)]
pub struct NewMember<'a> {
    /// User or guest.
    pub kind: Kind,
    /// The name shown.
    pub name: &'a MemberName,
    /// What tells it from others of that name.
    pub tag: &'a Tag,
    /// The address and the hash of the password, for users.
    pub login: Option<(&'a Email, &'a str)>,
    /// The language chosen.
    pub locale: Option<Locale>,
    /// The time now.
    pub now: Timestamp,
}

/// How adding a member went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddMember {
    /// Done.
    Added(MemberId),
    /// Another member has the address.
    EmailTaken,
    /// Another member has the name and the tag.
    TagTaken,
}

/// Which members to list.
#[derive(Debug, Clone, Copy)]
pub struct MemberQuery<'a> {
    /// Who asks, and is left out.
    pub except: MemberId,
    /// Part of the name; empty for all.
    pub name: &'a str,
    /// The last one of the page before.
    pub after: MemberId,
    /// How many, at most.
    pub limit: i64,
}

/// What to change of a member.
#[derive(Debug, Clone, Copy)]
pub struct MemberChange<'a> {
    /// The new name.
    pub name: Option<&'a MemberName>,
    /// The new tag.
    pub tag: Option<&'a Tag>,
    /// The new language.
    pub locale: Option<Locale>,
    /// The time now.
    pub now: Timestamp,
}
