//! The word that the access token of a connection is about to end.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use stomp_broker::SessionId;
use tokio_util::task::AbortOnDropHandle;

use crate::{chat::Live, domain::Timestamp};

/// How long before; half of the time that is left, if that is less.
const NOTICE: Duration = Duration::from_secs(60);

/// Gives the word when it is time, unless it was dropped before; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct ExpiryNotice {
    _task: Arc<AbortOnDropHandle<()>>,
}

impl ExpiryNotice {
    /// For a connection to this server, whose token lasts until then.
    pub(super) fn begin(live: &Live, connection: SessionId, expires_at: Timestamp) -> Self {
        let left = expires_at.to_system_time().duration_since(SystemTime::now()).unwrap_or_default();
        let notice = NOTICE.min(left / 2);
        let live = live.clone();
        let task = tokio::spawn(async move {
            tokio::time::sleep(left - notice).await;
            live.tell_expiring(connection, notice.as_secs());
        });
        Self { _task: Arc::new(AbortOnDropHandle::new(task)) }
    }
}
