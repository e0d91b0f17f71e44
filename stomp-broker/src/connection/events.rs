//! What the loop makes of what it hears: how a request went, what the server wants.

use std::{sync::Arc, time::Duration};

use tracing::{Span, debug};

use super::{
    Connection,
    notices::revoked,
    now,
    request::Done,
    subscribed::{Begun, Subscribed},
};
use crate::{
    Publish, Refusal,
    hub::{Control, Delivery, Subscription},
    metrics::{self, Counted},
    session::Closing,
    transport::Transport,
};

impl<T: Transport> Connection<T> {
    pub(super) fn handle_done(&mut self, done: Done) {
        match done {
            Done::Authenticated(Ok(principal)) => {
                Span::current().record("user", &**principal.user());
                debug!("logged in");
                self.session.authenticated(now(), principal.user(), principal.lifetime());
                self.input.set_limits(self.shared.config.limits);
                self.transport.logged_in();
                self.client.log_in(&principal, self.session.version());
                self.shared.hub.join(&self.client);
                self.principal = Some(principal);
                self.logged_in = Some(Counted::session());
            }
            Done::Subscribed(Ok(begun)) => self.handle_begun(begun),
            Done::Finished(Ok(())) => self.session.done(),
            Done::CutOff(refusal) => self.session.refuse(&refusal),
            Done::Panicked => self.session.refuse(&Refusal::new("internal error")),
            Done::Authenticated(Err(refusal)) => self.session.refuse(&refusal),
            Done::Subscribed(Err(refusal)) | Done::Finished(Err(refusal)) => self.refuse(&refusal),
        }
    }

    pub(super) fn handle_begun(&mut self, begun: Begun) {
        for answer in begun.answers() {
            metrics::sent(usize::from(self.push_message(&answer)));
        }
        let (replay, recovered) = begun.replay.unzip();
        self.session.subscribed(begun.subscribed, recovered);
        self.replays.extend(replay);
    }

    /// Refuses the pending request: by message where the application wants that, else by ERROR.
    fn refuse(&mut self, refusal: &Refusal) {
        let told = !self.session.wants_receipt()
            && self
                .principal
                .as_ref()
                .is_some_and(|principal| self.shared.tell(principal, &self.client.outbox, refusal));
        if told { self.session.refused_softly() } else { self.session.refuse(refusal) }
    }

    pub(super) fn handle_control(&mut self, control: &Control) {
        match control {
            Control::Close(refusal) => {
                if let Some(announcement) = refusal.announcement() {
                    self.announce(announcement);
                }
                self.session.close_with(refusal, Closing::Error);
            }
            Control::SlowConsumer => {
                debug!("slow consumer");
                let text = "Messages waited for this client beyond the server's limit.\n";
                self.session.close_with(&Refusal::new("slow-consumer").text(text), Closing::TooSlow);
            }
            Control::Shutdown => self.shut_down(),
            Control::Drain => self.session.leave(),
        }
    }

    /// Hands the transport a last message to one of the user's destinations, for the outbox is closed.
    fn announce(&mut self, publish: Publish) {
        let is_meant = |subscribed: &&Subscribed| subscribed.is_to_own(&publish.destination);
        let meant = self.session.subscriptions().filter(is_meant).map(Subscribed::subscription).cloned();
        let subscriptions: Vec<_> = meant.collect();
        let message = self.shared.hub.message_of(publish);
        for subscription in subscriptions {
            metrics::sent(usize::from(self.push_message(&Delivery::new(&subscription, &message))));
        }
    }

    /// Tells the client that the server has ended a subscription, and forgets it.
    pub(super) fn handle_ended(&mut self, ended: &Arc<Subscription>) {
        let is_meant = |subscribed: &Subscribed| Arc::ptr_eq(subscribed.subscription(), ended);
        let Some((name, subscribed)) = self.session.end_subscription(ended.terms().serial, is_meant) else {
            // It was not known to the client yet, or ended by it.
            return;
        };
        let notice = revoked(name, &subscribed);
        if let Some(principal) = &self.principal {
            self.shared.tell(principal, &self.client.outbox, &notice);
        }
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move { subscribed.end(&shared).await });
    }

    /// Ends the session because the server stops. Clients are asked to come back at different times.
    pub(super) fn shut_down(&mut self) {
        let window = self.shared.config.reconnect_window.as_millis();
        let after = rand::random_range(0..=u64::try_from(window).unwrap_or(u64::MAX));
        self.session.shut_down(Duration::from_millis(after));
    }
}
