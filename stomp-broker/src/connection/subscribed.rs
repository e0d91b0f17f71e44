//! A subscription that is there: what it listens to, and what it takes to end it.

use std::sync::Arc;

use super::replay::Replay;
use crate::{
    Destination, Interest, Pattern,
    hub::{Delivery, Queued, Subscription, UserDestination},
    server::Shared,
};

/// A subscription that has just begun, and what its client gets first.
pub(super) struct Begun {
    pub(super) subscribed: Subscribed,
    /// What the application's handler answers.
    pub(super) answers: Vec<Queued>,
    /// What the client asked for of the topic's history, and whether that begins where it left off.
    pub(super) replay: Option<(Box<Replay>, bool)>,
}

/// A live subscription: what it takes to end it.
#[derive(Debug)]
pub(super) struct Subscribed {
    to: Target,
    subscription: Arc<Subscription>,
}

#[derive(Debug)]
pub(super) enum Target {
    Topic(Destination),
    Pattern(Pattern),
    Queue(Destination),
    User(UserDestination),
    /// A handler of the application's, which has answered.
    Application,
}

impl Begun {
    pub(super) fn new(to: Target, subscription: Arc<Subscription>) -> Self {
        let subscribed = Subscribed::new(to, subscription);
        Self { subscribed, answers: Vec::new(), replay: None }
    }

    /// The deliveries of what the handler answered.
    pub(super) fn answers(&self) -> impl Iterator<Item = Delivery> {
        self.answers.iter().map(|message| Delivery::new(&self.subscribed.subscription, message))
    }
}

impl Subscribed {
    pub(super) fn new(to: Target, subscription: Arc<Subscription>) -> Self {
        Self { to, subscription }
    }

    pub(super) fn to(&self) -> &Target {
        &self.to
    }

    pub(super) fn subscription(&self) -> &Arc<Subscription> {
        &self.subscription
    }

    /// Whether it is to that destination of the user's own.
    pub(super) fn is_to_own(&self, destination: &Destination) -> bool {
        matches!(&self.to, Target::User(own) if own.name == *destination)
    }

    /// What it is to, as the client named it unless it was redirected.
    pub(super) fn destination(&self) -> String {
        match &self.to {
            Target::Topic(destination) | Target::Queue(destination) => destination.to_string(),
            Target::Pattern(pattern) => pattern.to_string(),
            Target::User(to) => to.name.to_string(),
            Target::Application => String::new(),
        }
    }

    /// Ends the subscription; what is queued for it is not delivered any more.
    pub(super) async fn end(&self, shared: &Shared) {
        let hub = &shared.hub;
        match &self.to {
            Target::Topic(destination) => {
                hub.topics.remove(destination, &self.subscription);
            }
            Target::Pattern(pattern) => hub.patterns.remove(pattern, &self.subscription),
            Target::Queue(destination) => hub.queues.remove(destination, &self.subscription).await,
            Target::User(destination) => {
                hub.users.remove(destination, &self.subscription);
            }
            Target::Application => self.subscription.end(),
        }
        if let Some(interest) = self.to.interest() {
            shared.interests.release(&interest);
        }
    }
}

impl Target {
    /// What the back-end has to tell this node about for the sake of the subscription.
    pub(super) fn interest(&self) -> Option<Interest> {
        match self {
            Self::Topic(destination) => Some(Interest::Topic(destination.clone())),
            Self::Pattern(pattern) => Some(Interest::Pattern(pattern.clone())),
            Self::Queue(destination) => Some(Interest::Queue(destination.clone())),
            Self::User(_) | Self::Application => None,
        }
    }
}
