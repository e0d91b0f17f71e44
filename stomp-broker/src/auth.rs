//! Who a client is and what it may do.

use std::{
    any::Any,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use stomp_proto::Connect;
use subtle::ConstantTimeEq;

use crate::{Destination, Pattern, Refusal, SessionId};

/// Somebody who has logged in.
#[derive(Clone)]
pub struct Principal {
    user: Arc<str>,
    credential: Option<Arc<str>>,
    expires_at: Option<SystemTime>,
    roles: Option<Arc<[String]>>,
    details: Option<Arc<dyn Any + Send + Sync>>,
}

impl Principal {
    /// A user with a name that is unique on this server; messages to the user are addressed by it.
    pub fn new(user: impl Into<Arc<str>>) -> Self {
        Self { user: user.into(), credential: None, expires_at: None, roles: None, details: None }
    }

    /// Names what the user logged in by, such as a device or a token, so that its sessions can be ended alone:
    /// [`Handle::disconnect_credential`](crate::Handle::disconnect_credential).
    #[must_use]
    pub fn credential(self, name: impl Into<Arc<str>>) -> Self {
        Self { credential: Some(name.into()), ..self }
    }

    /// Ends the session at `time`, whatever it is doing then.
    #[must_use]
    pub fn expires_at(self, time: SystemTime) -> Self {
        Self { expires_at: Some(time), ..self }
    }

    /// Attaches what the application knows about the user, for its handlers to read back.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(self, details: T) -> Self {
        Self { details: Some(Arc::new(details)), ..self }
    }

    /// Says what the user is, for the rules of [`Policies`](crate::Policies).
    #[must_use]
    pub fn roles(self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { roles: Some(roles.into_iter().map(Into::into).collect()), ..self }
    }

    /// Whether the user has the role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().flat_map(|roles| roles.iter()).any(|own| own == role)
    }

    /// The user's name.
    pub fn user(&self) -> &Arc<str> {
        &self.user
    }

    /// What the user logged in by, if that has a name.
    pub(crate) fn credential_name(&self) -> Option<&Arc<str>> {
        self.credential.as_ref()
    }

    /// When the login ends.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// How much longer the login lasts.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let expiry = self.expires_at?;
        Some(expiry.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// What [`with`](Self::with) attached, if it is a `T`.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.details.as_deref()?.downcast_ref()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("user", &self.user)
            .field("expires_at", &self.expires_at)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// Where a connection comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Peer {
    /// What the connection goes over: `tcp`, `tls`, `websocket`, `sockjs`, or `stream` for one that the application
    /// brought.
    pub transport: &'static str,
    /// The address of the other end of the socket, where the transport has one.
    pub address: Option<SocketAddr>,
    /// The certificates that the client showed, its own first, in DER; only over TLS that asks for them, and then
    /// verified.
    pub certificates: Vec<Bytes>,
}

impl Default for Peer {
    fn default() -> Self {
        Self { transport: "stream", address: None, certificates: Vec::new() }
    }
}

impl Peer {
    pub(crate) fn new(transport: &'static str, address: Option<SocketAddr>) -> Self {
        Self { transport, address, ..Self::default() }
    }
}

/// What a client shows at the door: its CONNECT frame and where it comes from.
pub struct Credentials<'a> {
    connect: &'a Connect,
    peer: &'a Peer,
    session: SessionId,
}

impl fmt::Debug for Credentials<'_> {
    /// Without what is shown: it must not get into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("login", &self.login())
            .field("peer", self.peer)
            .finish_non_exhaustive()
    }
}

impl<'a> Credentials<'a> {
    pub(crate) fn new(connect: &'a Connect, peer: &'a Peer, session: SessionId) -> Self {
        Self { connect, peer, session }
    }

    /// The `login` header.
    pub fn login(&self) -> Option<&'a str> {
        self.connect.login()
    }

    /// The `passcode` header.
    pub fn passcode(&self) -> Option<&'a str> {
        self.connect.passcode()
    }

    /// Whether the client shows this login and passcode; takes as long for a wrong one as for the right one.
    pub fn is_login(&self, login: &str, passcode: &str) -> bool {
        let same =
            |shown: Option<&str>, known: &str| shown.unwrap_or_default().as_bytes().ct_eq(known.as_bytes());
        bool::from(same(self.login(), login) & same(self.passcode(), passcode))
    }

    /// The token of an `Authorization: Bearer <token>` header; the scheme is case insensitive (RFC 9110, 11.1).
    pub fn bearer(&self) -> Option<&'a str> {
        let (scheme, token) =
            self.header("Authorization").or_else(|| self.header("authorization"))?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
    }

    /// Any header of the CONNECT frame.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.connect.frame().headers().get(name)
    }

    /// Where the client comes from.
    pub fn peer(&self) -> &'a Peer {
        self.peer
    }

    /// The session that it becomes.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

/// Decides who a client is.
#[async_trait]
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// The principal that the credentials stand for.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] that does not tell a wrong name from a wrong password.
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal>;
}

/// What a client wants to do with a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Publish to it.
    Send,
    /// Receive from it.
    Subscribe,
}

/// The answer to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Tell the client why not.
    Deny(Refusal),
    /// Go on with another destination; messages carry that one.
    Redirect(Destination),
}

/// Decides what a logged-in client may do.
#[async_trait]
pub trait Authorizer: fmt::Debug + Send + Sync + 'static {
    /// Whether `principal` may do `action`; asked for every SEND and SUBSCRIBE to a topic, a queue or a destination under
    /// `/user`.
    async fn authorize(&self, principal: &Principal, action: Action, destination: &Destination) -> Decision;

    /// Whether `principal` may subscribe to every topic that the pattern matches, those to come included.
    ///
    /// Nobody may unless this says so. [`Decision::Redirect`] counts as a refusal here.
    async fn authorize_pattern(&self, principal: &Principal, pattern: &Pattern) -> Decision {
        let _ = (principal, pattern);
        Decision::Deny(Refusal::new("patterns are not allowed"))
    }

    /// Whether `principal` may call the handler that the [`App`](crate::App) has for a SEND or SUBSCRIBE to the destination.
    ///
    /// Everybody may unless this says otherwise: a handler gets the principal, and refuses itself whom it is not for.
    ///
    /// # Errors
    ///
    /// Why not, in the words that the client will read.
    async fn authorize_call(
        &self,
        principal: &Principal,
        action: Action,
        destination: &Destination,
    ) -> Result<(), Refusal> {
        let _ = (principal, action, destination);
        Ok(())
    }
}

/// Lets anyone in under the name given, and lets everyone do everything.
///
/// For trusted networks, examples and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

#[async_trait]
impl Authenticator for Open {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        Ok(Principal::new(credentials.login().unwrap_or("guest")))
    }
}

#[async_trait]
impl Authorizer for Open {
    async fn authorize(&self, _: &Principal, _: Action, _: &Destination) -> Decision {
        Decision::Allow
    }

    async fn authorize_pattern(&self, _: &Principal, _: &Pattern) -> Decision {
        Decision::Allow
    }
}
