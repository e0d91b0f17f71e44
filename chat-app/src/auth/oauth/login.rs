//! From a button to a session, or to a linked account.

use super::{Started, client::Client, profile::Profile, state::State};
use crate::{
    auth::{Auth, Device, Grant, account::TAGS, refresh::RefreshToken},
    domain::{
        Kind, LinkedAccount, Locale, MemberId, MemberName, Provider, SessionId, Tag, Timestamp, nickname,
    },
    error::{ChatError, Code},
    store::{Account, AddMemberOf, NewMember, Unlink},
};

/// What comes back from a provider, by way of the browser.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    /// The cookie of the login.
    pub cookie: &'a str,
    /// The `state` of the URL.
    pub state: &'a str,
    /// The `code` of the URL; none if the person declined.
    pub code: Option<&'a str>,
}

/// How a login by an account elsewhere ended.
#[derive(Debug)]
pub struct Finished {
    /// Where the person wants to go.
    pub return_to: String,
    /// The session; none if an account was linked to a member who has one.
    pub grant: Option<Grant>,
    /// Where the provider has a picture of the member, if it is a new one.
    pub picture: Option<String>,
}

impl Auth {
    /// The providers that are set up.
    pub fn providers(&self) -> impl Iterator<Item = Provider> {
        self.oauth.providers()
    }

    /// Begins a login. With `link`, which is the refresh token of a session, it links the account to that member.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] for a provider that is not set up; [`Code::InvalidToken`] for a session that is over.
    pub async fn start_oauth(
        &self,
        provider: Provider,
        redirect_uri: String,
        return_to: String,
        link: Option<&str>,
    ) -> Result<Started, ChatError> {
        let client = self.oauth.providers.get(&provider).ok_or(Code::NotFound)?;
        let link = match link {
            Some(refresh) => Some(self.session_of(refresh).await?),
            None => None,
        };
        let state = State::new(provider, redirect_uri, return_to, link);
        let location = Client::authorize_url(client, &state)
            .map_err(|_| ChatError::Internal("the URL that a provider is asked by is none"))?;
        Ok(Started { location, cookie: self.oauth.states.sign(&state)? })
    }

    async fn session_of(&self, refresh: &str) -> Result<SessionId, ChatError> {
        let token = RefreshToken::parse(refresh).ok_or(Code::InvalidToken)?;
        let session = self.store.session_of_refresh(&token.hash(), Timestamp::now()).await?;
        session.map(|(session, _)| session).ok_or_else(|| Code::InvalidToken.into())
    }

    /// Ends a login.
    ///
    /// # Errors
    ///
    /// [`Code::OAuthState`] when it did not begin in this browser, or too long ago; [`Code::OAuthDenied`] when the
    /// person declined; [`Code::OAuthFailed`] when the provider did not answer as expected; [`Code::EmailTaken`],
    /// [`Code::AlreadyLinked`], [`Code::Banned`].
    pub async fn finish_oauth(
        &self,
        provider: Provider,
        callback: Callback<'_>,
        locale: Locale,
        device: Device<'_>,
    ) -> Result<Finished, ChatError> {
        self.limits.login_from(device.ip)?;
        let state = self.oauth.states.verify(callback.cookie)?;
        if state.provider != provider || state.state != callback.state {
            return Err(Code::OAuthState.into());
        }
        let code = callback.code.ok_or(Code::OAuthDenied)?;
        let client = self.oauth.providers.get(&provider).ok_or(Code::NotFound)?;
        let profile = self.oauth.client.profile(client, &state, code).await.map_err(|failure| {
            tracing::warn!(%provider, reason = failure.0, "a login by a provider failed");
            Code::OAuthFailed
        })?;
        if let Some(session) = state.link {
            self.link(SessionId(session), provider, &profile).await?;
            return Ok(Finished { return_to: state.return_to, grant: None, picture: None });
        }
        let (member, is_new) = self.member_of(provider, &profile, locale).await?;
        let grant = self.open_session(member, device).await?;
        let picture = profile.picture.filter(|_| is_new);
        Ok(Finished { return_to: state.return_to, grant: Some(grant), picture })
    }

    async fn link(&self, session: SessionId, provider: Provider, profile: &Profile) -> Result<(), ChatError> {
        let now = Timestamp::now();
        let member = self.store.session_member(session, now).await?.ok_or(Code::SessionRevoked)?;
        if self.store.link(member.id, profile.account(provider), now).await? {
            return Ok(());
        }
        let linked_to = self.store.member_of(provider, &profile.subject).await?;
        if linked_to == Some(member.id) { Ok(()) } else { Err(Code::AlreadyLinked.into()) }
    }

    /// The member of an account, made if there is none, and whether it was. Somebody else's member is only taken for it if a provider has
    /// verified the address for both.
    async fn member_of(
        &self,
        provider: Provider,
        profile: &Profile,
        locale: Locale,
    ) -> Result<(MemberId, bool), ChatError> {
        if let Some(member) = self.store.member_of(provider, &profile.subject).await? {
            return Ok((member, false));
        }
        let account = profile.account(provider);
        if let Some(email) = account.email.filter(|_| account.verified)
            && let Some(member) = self.store.member_of_verified(email).await?
            && self.store.link(member, account, Timestamp::now()).await?
        {
            return Ok((member, false));
        }
        self.require_registration(None).await?;
        let name = profile.name.as_deref().and_then(MemberName::parse).unwrap_or_else(|| nickname(locale));
        for _ in 0..TAGS {
            let tag = &Tag::random();
            let new = NewMember {
                kind: Kind::User,
                name: &name,
                tag,
                login: None,
                locale: None,
                now: Timestamp::now(),
            };
            match self.store.add_member_of(new, account).await? {
                AddMemberOf::Added(id) => return Ok((id, true)),
                AddMemberOf::EmailTaken => return Err(Code::EmailTaken.into()),
                AddMemberOf::Linked => {
                    let member = self.store.member_of(provider, &profile.subject).await?;
                    return member.map(|member| (member, false)).ok_or_else(|| Code::AlreadyLinked.into());
                }
                AddMemberOf::TagTaken => {}
            }
        }
        Err(ChatError::Internal("no tag is free for a name"))
    }

    /// The accounts elsewhere that a member logs in by.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub async fn linked(&self, member: MemberId) -> Result<Vec<LinkedAccount>, ChatError> {
        Ok(self.store.linked(member).await?)
    }

    /// Takes an account elsewhere away from a member.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] if it has none there; [`Code::LastWayIn`].
    pub async fn unlink(&self, member: MemberId, provider: Provider) -> Result<(), ChatError> {
        match self.store.unlink(member, provider).await? {
            Unlink::Unlinked => Ok(()),
            Unlink::NotLinked => Err(Code::NotFound.into()),
            Unlink::LastWayIn => Err(Code::LastWayIn.into()),
        }
    }
}

impl Profile {
    fn account(&self, provider: Provider) -> Account<'_> {
        Account { provider, subject: &self.subject, email: self.email.as_ref(), verified: self.verified }
    }
}
