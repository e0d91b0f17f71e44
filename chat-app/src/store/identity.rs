//! Storing which accounts elsewhere members log in by.

use async_trait::async_trait;

use super::{NewMember, Result};
use crate::domain::{Email, LinkedAccount, MemberId, Provider, Timestamp};

/// Accounts elsewhere.
#[async_trait]
pub trait IdentityStore {
    /// The member who logs in by an account.
    async fn member_of(&self, provider: Provider, subject: &str) -> Result<Option<MemberId>>;

    /// The member whose address this is, if a provider has verified that it is.
    async fn member_of_verified(&self, email: &Email) -> Result<Option<MemberId>>;

    /// Adds a member who logs in by an account.
    async fn add_member_of(&self, new: NewMember<'_>, account: Account<'_>) -> Result<AddMemberOf>;

    /// Lets a member log in by an account; `false` if it is another member's, or the member has another one there.
    async fn link(&self, member: MemberId, account: Account<'_>, now: Timestamp) -> Result<bool>;

    /// The accounts of a member.
    async fn linked(&self, member: MemberId) -> Result<Vec<LinkedAccount>>;

    /// Takes an account away from a member, unless it would have no way to log in then.
    async fn unlink(&self, member: MemberId, provider: Provider) -> Result<Unlink>;
}

/// An account elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Where it is.
    pub provider: Provider,
    /// What the provider calls it; never given to another one.
    pub subject: &'a str,
    /// Its address, whether verified or not.
    pub email: Option<&'a Email>,
    /// Whether the provider vouches for the address.
    pub verified: bool,
}

/// How adding a member with an account went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddMemberOf {
    /// Done.
    Added(MemberId),
    /// Another member has the verified address.
    EmailTaken,
    /// Another member has the name and the tag.
    TagTaken,
    /// A member logs in by the account already.
    Linked,
}

/// How taking an account away went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlink {
    /// Done.
    Unlinked,
    /// The member had none there.
    NotLinked,
    /// It is the only way in.
    LastWayIn,
}
