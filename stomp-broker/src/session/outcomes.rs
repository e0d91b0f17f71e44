//! How requests went, as the driver tells it, and what the client hears of that.

use std::time::{Duration, Instant};

use super::{
    Beginning, Closing, Pending, Session, State, pacemaker::Pacemaker, reply, subscriptions::SubscriptionName,
};
use crate::Refusal;

impl<H> Session<H> {
    /// The client is who it says; its login lasts for `lifetime`.
    pub(crate) fn authenticated(&mut self, now: Instant, user: &str, lifetime: Option<Duration>) {
        self.pending = None;
        let State::Authenticating { heart_beat, .. } = self.state else {
            return;
        };
        let pacemaker = Pacemaker::new(self.config.heart_beat, heart_beat, now);
        let expires = lifetime.and_then(|lifetime| now.checked_add(lifetime));
        self.state = State::Open { pacemaker, expires };
        self.transmit.push_back(reply::connected(&self.config, &self.id, user, self.version));
    }

    /// The subscription is live and known to the driver as `handle`. If the client asked for history, it is told
    /// whether it has `recovered` all it missed.
    pub(crate) fn subscribed(&mut self, handle: H, recovered: Option<bool>) {
        let Some(Pending { subscription: Some(Beginning { name, serial, destination }), receipt }) =
            self.pending.take()
        else {
            return;
        };
        self.subscriptions.insert(name, serial, destination, handle);
        match (receipt, recovered, self.closing()) {
            (Some(receipt), Some(recovered), None) => {
                self.transmit.push_back(reply::recovery(&receipt, recovered, self.version));
            }
            (receipt, ..) => self.acknowledge(receipt.as_deref()),
        }
    }

    /// The server ends the subscription of that number, if it is the one that is meant. Its name can be used again; what
    /// it delivered can still be acknowledged.
    pub(crate) fn end_subscription(
        &mut self,
        serial: u32,
        is_meant: impl Fn(&H) -> bool,
    ) -> Option<(&SubscriptionName, H)> {
        self.subscriptions.end(serial, is_meant)
    }

    /// The login lasts for `lifetime` from now.
    pub(crate) fn renewed(&mut self, now: Instant, lifetime: Option<Duration>) {
        if let State::Open { expires, .. } = &mut self.state {
            *expires = lifetime.and_then(|lifetime| now.checked_add(lifetime));
        }
    }

    /// The pending request was carried out.
    pub(crate) fn done(&mut self) {
        let receipt = self.pending.take().and_then(|pending| pending.receipt);
        self.acknowledge(receipt.as_deref());
    }

    /// The pending request was refused, and the client has been told in another way.
    pub(crate) fn refused_softly(&mut self) {
        self.pending = None;
    }

    /// The pending request was refused; or, without one, the session is ended.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        let receipt = self.pending.take().and_then(|pending| pending.receipt);
        self.close(refusal, receipt.as_deref(), Closing::Error);
    }
}
