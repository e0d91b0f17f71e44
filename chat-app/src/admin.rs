//! Looking after the service: who may come, who may stay, and a record of what was done about it.

use std::sync::Arc;

use rand::distr::{Alphanumeric, SampleString};

use crate::{
    auth::{Auth, Device, Identity, SignUp},
    chat::{Live, to_the_end},
    domain::{
        AdminMember, AdminRoom, AuditEntry, MemberId, Report, ReportState, Role, RoomId, Settings, Stats,
        Status, Timestamp,
    },
    error::{ChatError, Code},
    store::{MemberQuery, NewAuditEntry, Store, StoreError},
};

/// Characters of the code of the first run: 62^16 of them.
const CODE_SIZE: usize = 16;

/// The setting that holds it: who reads the log may become the first administrator.
const SETUP_CODE: &str = "setup.code";

/// What administrators do; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    store: Arc<dyn Store>,
    auth: Auth,
    live: Live,
}

/// An administrator at work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor<'a> {
    pub(crate) id: MemberId,
    pub(crate) device: Device<'a>,
}

impl Admin {
    /// While there is no administrator, says in the log how to become one.
    pub(crate) async fn open(store: Arc<dyn Store>, auth: Auth, live: Live) -> Result<Self, StoreError> {
        if !store.has_admin().await? {
            // All servers on a database show the same code, for who enters it may reach any of them.
            let new = Alphanumeric.sample_string(&mut rand::rng(), CODE_SIZE);
            let code = store.set_once(SETUP_CODE, &new, Timestamp::now()).await?;
            tracing::warn!(code, "there is no administrator yet: open the web client and enter this code");
        }
        Ok(Self { store, auth, live })
    }

    /// Whether the first administrator is to be made.
    pub(crate) async fn needs_setup(&self) -> Result<bool, ChatError> {
        Ok(!self.store.has_admin().await?)
    }

    /// Makes the first administrator, for who knows the code.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] for a wrong code, or when there is an administrator; as for an account.
    pub(crate) async fn set_up(
        &self,
        code: String,
        sign_up: SignUp,
        device: Device<'_>,
    ) -> Result<MemberId, ChatError> {
        self.auth.count_login(device)?;
        let admin = self.clone();
        to_the_end(async move {
            // Taken, so that of two at once one is refused; put back if it comes to nothing.
            if !admin.store.unset(SETUP_CODE, &code).await? {
                return Err(Code::Forbidden.into());
            }
            let made = admin.make_admin(sign_up).await;
            if made.is_err() {
                admin.store.set_once(SETUP_CODE, &code, Timestamp::now()).await?;
            }
            made
        })
        .await
    }

    async fn make_admin(&self, sign_up: SignUp) -> Result<MemberId, ChatError> {
        if self.store.has_admin().await? {
            return Err(Code::Forbidden.into());
        }
        let id = self.auth.add_user(sign_up).await?;
        self.store.set_role(id, Role::Admin, Timestamp::now()).await?;
        Ok(id)
    }

    pub(crate) async fn stats(&self) -> Result<Stats, ChatError> {
        Ok(Stats { connections: self.live.connections(), ..self.store.stats().await? })
    }

    pub(crate) async fn members(&self, query: MemberQuery<'_>) -> Result<Vec<AdminMember>, ChatError> {
        Ok(self.store.all_members(query).await?)
    }

    pub(crate) async fn audit_log(
        &self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, ChatError> {
        Ok(self.store.audit_log(before, limit).await?)
    }

    /// Keeps a member out, and ends its sessions and connections.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`Code::Forbidden`] to ban oneself.
    pub(crate) async fn ban(&self, actor: Actor<'_>, member: MemberId) -> Result<(), ChatError> {
        self.change(actor, member, "BAN", self.store.set_status(member, Status::Banned, Timestamp::now()))
            .await?;
        self.live.disconnect(member, Code::Banned);
        self.auth.end_sessions(member, None).await
    }

    /// Lets a member in again.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`].
    pub(crate) async fn unban(&self, actor: Actor<'_>, member: MemberId) -> Result<(), ChatError> {
        self.change(actor, member, "UNBAN", self.store.set_status(member, Status::Active, Timestamp::now()))
            .await
    }

    /// Makes a member an administrator, or none any more.
    ///
    /// # Errors
    ///
    /// [`Code::MemberNotFound`]; [`Code::Forbidden`] to change one's own role.
    pub(crate) async fn set_role(
        &self,
        actor: Actor<'_>,
        member: MemberId,
        role: Role,
    ) -> Result<(), ChatError> {
        self.change(actor, member, role.as_str(), self.store.set_role(member, role, Timestamp::now())).await
    }

    /// Logs a member out everywhere.
    ///
    /// # Errors
    ///
    /// [`ChatError::Store`] alone.
    pub(crate) async fn log_out(&self, actor: Actor<'_>, member: MemberId) -> Result<(), ChatError> {
        self.auth.end_sessions(member, None).await?;
        self.audit(actor, "LOGOUT", &format!("member:{member}")).await
    }

    /// Carries out a change of another member and notes it.
    async fn change(
        &self,
        actor: Actor<'_>,
        member: MemberId,
        action: &str,
        change: impl Future<Output = Result<bool, StoreError>>,
    ) -> Result<(), ChatError> {
        if actor.id == member {
            return Err(Code::Forbidden.into());
        }
        if !change.await? {
            return Err(Code::MemberNotFound.into());
        }
        self.audit(actor, action, &format!("member:{member}")).await
    }

    /// Rooms in the order of their ids.
    pub(crate) async fn rooms(
        &self,
        name: &str,
        after: RoomId,
        limit: i64,
    ) -> Result<Vec<AdminRoom>, ChatError> {
        Ok(self.store.all_rooms(name, after, limit).await?)
    }

    /// What members reported, the newest first.
    pub(crate) async fn reports(
        &self,
        state: Option<ReportState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Report>, ChatError> {
        Ok(self.store.reports(state, before, limit).await?)
    }

    /// Notes that a report was seen to.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] if it is not open.
    pub(crate) async fn resolve_report(&self, actor: Actor<'_>, report: i64) -> Result<(), ChatError> {
        if !self.store.resolve_report(report, actor.id, Timestamp::now()).await? {
            return Err(Code::NotFound.into());
        }
        self.audit(actor, "RESOLVE", &format!("report:{report}")).await
    }

    pub(crate) async fn settings(&self) -> Result<Settings, ChatError> {
        Ok(Settings::of(&self.store.settings().await?))
    }

    pub(crate) async fn change_settings(
        &self,
        actor: Actor<'_>,
        settings: &Settings,
    ) -> Result<(), ChatError> {
        for (key, value) in settings.to_store() {
            self.store.set(key, value, Timestamp::now()).await?;
        }
        self.audit(actor, "SETTINGS", "settings").await
    }

    /// Notes what an administrator did.
    pub(crate) async fn audit(&self, actor: Actor<'_>, action: &str, target: &str) -> Result<(), ChatError> {
        let ip = actor.device.ip.to_string();
        let entry = NewAuditEntry { actor: actor.id, action, target, ip: &ip, now: Timestamp::now() };
        Ok(self.store.audit(entry).await?)
    }
}

/// Whether somebody is an administrator.
///
/// # Errors
///
/// [`Code::Forbidden`] if not.
pub(crate) fn require_admin(identity: &Identity) -> Result<(), Code> {
    if identity.member.role == Role::Admin { Ok(()) } else { Err(Code::Forbidden) }
}
