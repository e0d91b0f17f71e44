//! Logging in, staying in, logging out.

use super::{Auth, Device, Grant, Identity, REFRESH_GRACE, REFRESH_LIFETIME, refresh::RefreshToken};
use crate::{
    domain::{Email, Me, MemberId, Password, SessionId, Status, Timestamp},
    error::{ChatError, Code},
    store::{NewSession, Rotated, Rotation},
};

/// Octets of a browser's name that are kept.
const MAX_USER_AGENT: usize = 256;

impl Auth {
    /// Logs a member in.
    ///
    /// # Errors
    ///
    /// [`Code::BadCredentials`], after the same time and whether the address or the password is wrong;
    /// [`Code::Banned`]; too many attempts from a network or at an address.
    pub async fn login(&self, email: &str, password: String, device: Device<'_>) -> Result<Grant, ChatError> {
        self.limits.login_from(device.ip)?;
        let (Some(email), Some(password)) = (Email::parse(email), Password::parse(password)) else {
            return Err(Code::BadCredentials.into());
        };
        self.limits.login_as(&email)?;
        let (member, hash) = self.store.login(&email).await?.unzip();
        let matches = self.passwords.verify(password, hash.flatten()).await?;
        let member = member.filter(|_| matches).ok_or(Code::BadCredentials)?;
        self.open_session(member.id, device).await
    }

    /// Counts an attempt to be somebody.
    pub(crate) fn count_login(&self, device: Device<'_>) -> Result<(), ChatError> {
        Ok(self.limits.login_from(device.ip)?)
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidToken`] for one that is none, or whose session is over; [`Code::SessionRevoked`] for one that was
    /// used before, for then somebody has a copy; [`Code::Banned`].
    pub async fn refresh(&self, shown: &str) -> Result<Grant, ChatError> {
        let now = Timestamp::now();
        match self.rotate(shown, now).await? {
            (Rotated::Done(session, member), next) => {
                let me = self.active(member).await?;
                self.grant(me, session, &next, now)
            }
            (Rotated::Reused(session, member), _) => {
                tracing::warn!(%member, "a refresh token was used twice; its session is revoked");
                self.live.disconnect_session(member, session, Code::SessionRevoked);
                Err(Code::SessionRevoked.into())
            }
            (Rotated::Unknown, _) => Err(Code::InvalidToken.into()),
        }
    }

    /// Ends the session of an access token, and its connections.
    ///
    /// # Errors
    ///
    /// As [`identify`](Self::identify).
    pub async fn logout(&self, access: &str) -> Result<(), ChatError> {
        let identity = self.identify(access).await?;
        self.revoke(identity.member.id, identity.session).await?;
        Ok(())
    }

    /// Ends the session of a refresh token, and its connections.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidToken`] for one that is none, or whose session is over.
    pub async fn logout_by_refresh(&self, shown: &str) -> Result<(), ChatError> {
        match self.rotate(shown, Timestamp::now()).await?.0 {
            Rotated::Done(session, member) | Rotated::Reused(session, member) => {
                self.revoke(member, session).await?;
                Ok(())
            }
            Rotated::Unknown => Err(Code::InvalidToken.into()),
        }
    }

    async fn rotate(&self, shown: &str, now: Timestamp) -> Result<(Rotated, RefreshToken), ChatError> {
        let shown = RefreshToken::parse(shown).ok_or(Code::InvalidToken)?;
        let next = self.refresh_key.next(&shown);
        let rotation = Rotation {
            family_hash: &shown.family_hash(),
            shown_hash: &shown.hash(),
            next_hash: &next.hash(),
            grace_from: now.before(REFRESH_GRACE),
            now,
            expires_at: now.after(REFRESH_LIFETIME),
        };
        Ok((self.store.rotate_session(rotation).await?, next))
    }

    /// Who the bearer of an access token is, if its session still lasts.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidToken`], [`Code::TokenExpired`], [`Code::SessionRevoked`] or [`Code::Banned`].
    pub async fn identify(&self, token: &str) -> Result<Identity, ChatError> {
        let token = self.tokens.verify(token)?;
        let member = self.store.session_member(token.session, Timestamp::now()).await?;
        let member = member
            .filter(|member| member.id == token.member && member.token_epoch == token.epoch)
            .ok_or(Code::SessionRevoked)?;
        refuse_inactive(member.status)?;
        Ok(Identity { member, session: token.session, expires_at: token.expires_at })
    }

    /// Opens a session for a member who has proved who it is.
    pub(super) async fn open_session(
        &self,
        member: MemberId,
        device: Device<'_>,
    ) -> Result<Grant, ChatError> {
        let me = self.active(member).await?;
        let (refresh, now) = (RefreshToken::first(), Timestamp::now());
        let user_agent = device.user_agent.map(|name| &name[..name.floor_char_boundary(MAX_USER_AGENT)]);
        let new = NewSession {
            member,
            family_hash: &refresh.family_hash(),
            refresh_hash: &refresh.hash(),
            user_agent,
            ip: &device.ip.to_string(),
            now,
            expires_at: now.after(REFRESH_LIFETIME),
        };
        let session = self.store.open_session(new).await?;
        self.grant(me, session, &refresh, now)
    }

    pub(super) async fn active(&self, member: MemberId) -> Result<Me, ChatError> {
        let me = self.store.me(member).await?.ok_or(Code::MemberNotFound)?;
        refuse_inactive(me.member.status)?;
        Ok(me)
    }

    fn grant(
        &self,
        me: Me,
        session: SessionId,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> Result<Grant, ChatError> {
        let access = self.tokens.issue(&me.member, session, now)?;
        Ok(Grant { me, access, refresh: refresh.encode() })
    }
}

fn refuse_inactive(status: Status) -> Result<(), Code> {
    match status {
        Status::Active => Ok(()),
        Status::Banned => Err(Code::Banned),
        Status::Deleted => Err(Code::BadCredentials),
    }
}
