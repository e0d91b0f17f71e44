//! New members.

use super::{Auth, Device, Grant, Passwords};
use crate::{
    domain::{Email, Kind, Locale, MemberId, MemberName, Password, Registration, Settings, Tag, Timestamp},
    error::{ChatError, Code},
    store::{AddMember, NewMember, Store},
};

/// How many tags are tried for a name: of 2^30 even a name that a million members have leaves nearly all free.
pub(super) const TAGS: usize = 8;

/// What it takes to have an account.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The name shown.
    pub name: MemberName,
    /// What to log in by.
    pub email: Email,
    /// What to log in with.
    pub password: Password,
    /// The language chosen, if one was.
    pub locale: Option<Locale>,
}

impl Auth {
    /// Makes an account; where it takes one, by the code of an invitation to a room, which that does not use up.
    ///
    /// # Errors
    ///
    /// [`Code::EmailTaken`], [`Code::RegistrationClosed`], [`Code::InviteInvalid`], or a [`RateLimited`](crate::limits::RateLimited) network.
    pub async fn sign_up(
        &self,
        sign_up: SignUp,
        invite: Option<&str>,
        device: Device<'_>,
    ) -> Result<MemberId, ChatError> {
        self.limits.sign_up(device.ip)?;
        self.require_registration(invite).await?;
        self.add_user(sign_up).await
    }

    /// Makes an account for whom registration is not asked about.
    pub(crate) async fn add_user(&self, sign_up: SignUp) -> Result<MemberId, ChatError> {
        add_user(&*self.store, &self.passwords, sign_up).await
    }

    /// Makes a guest and logs it in.
    ///
    /// # Errors
    ///
    /// [`Code::RegistrationClosed`], or a [`RateLimited`](crate::limits::RateLimited) network.
    pub async fn guest(
        &self,
        name: &MemberName,
        locale: Option<Locale>,
        device: Device<'_>,
    ) -> Result<Grant, ChatError> {
        self.limits.guest(device.ip)?;
        if !self.settings().await?.guests {
            return Err(Code::RegistrationClosed.into());
        }
        let id = add(&*self.store, Kind::Guest, name, None, locale).await?;
        self.open_session(id, device).await
    }

    /// Whether an account may be made, by whoever has such a code.
    ///
    /// # Errors
    ///
    /// [`Code::RegistrationClosed`], or [`Code::InviteInvalid`] where it takes a code.
    pub(super) async fn require_registration(&self, invite: Option<&str>) -> Result<(), ChatError> {
        match self.settings().await?.registration_mode {
            Registration::Open => Ok(()),
            Registration::Invite => {
                let code = invite.filter(|code| !code.contains('\0')).ok_or(Code::InviteInvalid)?;
                let room = self.store.invited_to(code, Timestamp::now()).await?;
                room.map(|_| ()).ok_or_else(|| Code::InviteInvalid.into())
            }
            Registration::Closed => Err(Code::RegistrationClosed.into()),
        }
    }

    /// Who may come.
    async fn settings(&self) -> Result<Settings, ChatError> {
        Ok(Settings::of(&self.store.settings().await?))
    }
}

/// Makes an account, whoever asks for it.
///
/// # Errors
///
/// [`Code::EmailTaken`].
pub(crate) async fn add_user(
    store: &dyn Store,
    passwords: &Passwords,
    sign_up: SignUp,
) -> Result<MemberId, ChatError> {
    let hash = passwords.hash(sign_up.password).await?;
    let login = Some((&sign_up.email, hash.as_str()));
    add(store, Kind::User, &sign_up.name, login, sign_up.locale).await
}

async fn add(
    store: &dyn Store,
    kind: Kind,
    name: &MemberName,
    login: Option<(&Email, &str)>,
    locale: Option<Locale>,
) -> Result<MemberId, ChatError> {
    for _ in 0..TAGS {
        let new = NewMember { kind, name, tag: &Tag::random(), login, locale, now: Timestamp::now() };
        match store.add_member(new).await? {
            AddMember::Added(id) => return Ok(id),
            AddMember::EmailTaken => return Err(Code::EmailTaken.into()),
            AddMember::TagTaken => {}
        }
    }
    Err(ChatError::Internal("no tag is free for a name"))
}
