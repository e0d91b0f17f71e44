//! Changing how a member logs in.

use super::{AccessToken, Auth, Device, Identity, account::TAGS};
use crate::{
    domain::{Email, Kind, MemberId, MemberName, Password, Tag, Timestamp},
    error::{ChatError, Code},
    store::{Upgrade, Upgraded},
};

/// What makes a user of a guest.
#[derive(Debug, Clone)]
pub struct UpgradeGuest {
    /// What to log in by.
    pub email: Email,
    /// What to log in with.
    pub password: Password,
    /// Another name.
    pub name: Option<MemberName>,
    /// The code of an invitation, where registration takes one.
    pub invite: Option<String>,
}

impl Auth {
    /// Makes a user of a guest, who stays the same member; gives the access token that says so.
    ///
    /// # Errors
    ///
    /// [`Code::EmailTaken`]; [`Code::RegistrationClosed`]; [`Code::Forbidden`] for who is no guest; a limited network as for a new account.
    pub async fn upgrade(
        &self,
        identity: &Identity,
        upgrade: UpgradeGuest,
        device: Device<'_>,
    ) -> Result<AccessToken, ChatError> {
        self.limits.sign_up(device.ip)?;
        self.require_registration(upgrade.invite.as_deref()).await?;
        let guest = identity.member.id;
        let password_hash = self.passwords.hash(upgrade.password).await?;
        let mut tag = None;
        for _ in 0..TAGS {
            let change = Upgrade {
                email: &upgrade.email,
                password_hash: &password_hash,
                name: upgrade.name.as_ref(),
                tag: tag.as_ref(),
                now: Timestamp::now(),
            };
            match self.store.upgrade_guest(guest, change).await? {
                Upgraded::Done => {
                    let me = self.active(guest).await?;
                    return self.tokens.issue(&me.member, identity.session, Timestamp::now());
                }
                Upgraded::NoGuest => return Err(Code::Forbidden.into()),
                Upgraded::EmailTaken => return Err(Code::EmailTaken.into()),
                Upgraded::TagTaken => tag = Some(Tag::random()),
            }
        }
        Err(ChatError::Internal("no tag is free for a name"))
    }

    /// Changes the password, or makes the first one, and ends the other sessions.
    ///
    /// # Errors
    ///
    /// [`Code::BadCredentials`] if the current one is wrong; [`Code::GuestForbidden`] for guests, who have no address to
    /// log in by; a limited network.
    pub async fn change_password(
        &self,
        identity: &Identity,
        current: Option<String>,
        next: Password,
        device: Device<'_>,
    ) -> Result<(), ChatError> {
        let member = identity.member.id;
        if identity.member.kind == Kind::Guest {
            return Err(Code::GuestForbidden.into());
        }
        self.confirm(member, current, device).await?;
        let hash = self.passwords.hash(next).await?;
        self.store.set_password(member, &hash, Timestamp::now()).await?;
        self.end_sessions(member, Some(identity.session)).await
    }

    /// Asks for the password once more, of those who have one.
    ///
    /// # Errors
    ///
    /// [`Code::BadCredentials`] if it is wrong; a limited network.
    pub async fn confirm(
        &self,
        member: MemberId,
        password: Option<String>,
        device: Device<'_>,
    ) -> Result<(), ChatError> {
        let hash = self.store.password_hash(member).await?;
        if hash.is_none() {
            return Ok(());
        }
        self.limits.login_from(device.ip)?;
        let password = password.and_then(Password::parse).ok_or(Code::BadCredentials)?;
        if self.passwords.verify(password, hash).await? { Ok(()) } else { Err(Code::BadCredentials.into()) }
    }

    /// Takes away all that lets somebody be this member, and ends its connections.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn erase(&self, member: MemberId) -> Result<(), ChatError> {
        self.store.erase_member(member, &Tag::random(), Timestamp::now()).await?;
        self.live.disconnect(member, Code::SessionRevoked);
        Ok(())
    }
}
