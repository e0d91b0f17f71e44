//! Carrying out SUBSCRIBE: from the right to it to the first message.

use std::sync::Arc;

use stomp_proto::{EncodeError, Subscribe, fanout};

use super::{
    replay::Replay,
    request::Context,
    subscribed::{Begun, Subscribed, Target},
};
use crate::{
    Action, Decision, Destination, DestinationKind, Pattern, Refusal, Start,
    hub::{Subscription, Terms, UserDestination},
    message::{EPOCH, OFFSET},
};

impl Context {
    /// Starts delivery, if the client has the right to it both when it is asked about and when delivery begins.
    pub(super) async fn subscribe(&self, subscribe: &Subscribe, serial: u32) -> Result<Begun, Refusal> {
        loop {
            let revocations = self.shared.hub.revocations();
            let begun = self.begin(subscribe, serial).await?;
            if self.shared.hub.revocations() == revocations
                || matches!(begun.subscribed.to(), Target::Queue(_) | Target::Application)
            {
                return Ok(begun);
            }
            begun.subscribed.end(&self.shared).await;
        }
    }

    async fn begin(&self, subscribe: &Subscribe, serial: u32) -> Result<Begun, Refusal> {
        let principal = self.principal()?;
        self.shared.interceptors().try_for_each(|interceptor| interceptor.subscribe(principal, subscribe))?;
        if subscribe.destination().contains('*') {
            return self.subscribe_pattern(subscribe, serial).await;
        }
        let destination = Destination::new(subscribe.destination()).map_err(|error| Refusal::from(&error))?;
        let frame = subscribe.frame();
        if let Some(reply) = self.ask(Action::Subscribe, &destination, frame.headers(), frame.body()).await {
            return self.answer_subscribe(reply?, subscribe, destination, serial).await;
        }
        let (destination, kind) = self.permitted(Action::Subscribe, destination).await?;
        let subscription = self.subscription(subscribe, &destination, serial)?;
        let user = Arc::clone(self.principal()?.user());
        let hub = &self.shared.hub;
        match kind {
            DestinationKind::User => {
                let (subscription, destination) =
                    (Arc::new(subscription), UserDestination { user, name: destination });
                hub.users.add(&destination, Arc::clone(&subscription));
                Ok(Begun::new(Target::User(destination), subscription))
            }
            DestinationKind::Queue => {
                let prefetch = prefetch(subscribe, self.shared.config.prefetch)?;
                let subscription = Arc::new(subscription);
                hub.queues.add(&destination, Arc::clone(&subscription), prefetch).await;
                self.listen(Target::Queue(destination), subscription, None).await
            }
            DestinationKind::Topic => {
                self.subscribe_topic(destination, subscription, history_start(subscribe)?).await
            }
            DestinationKind::Reply => Err(Refusal::new("answers go to the session that asked")),
        }
    }

    /// Starts delivery from every topic that a pattern matches.
    async fn subscribe_pattern(&self, subscribe: &Subscribe, serial: u32) -> Result<Begun, Refusal> {
        let pattern: Pattern = subscribe.destination().parse().map_err(|error| Refusal::from(&error))?;
        self.shared.check_pattern(&pattern)?;
        if history_start(subscribe)?.is_some() {
            return Err(Refusal::new("a pattern has no history"));
        }
        match self
            .shared
            .in_time(self.shared.authorizer.authorize_pattern(self.principal()?, &pattern))
            .await?
        {
            Decision::Allow => {}
            Decision::Deny(refusal) => return Err(refusal),
            Decision::Redirect(_) => return Err(Refusal::new("patterns are not allowed")),
        }
        let subscription = Arc::new(self.subscription(subscribe, subscribe.destination(), serial)?);
        self.shared.hub.patterns.add(&pattern, Arc::clone(&subscription));
        self.listen(Target::Pattern(pattern), subscription, None).await
    }

    /// The subscription that a frame asks for, to nothing yet.
    pub(super) fn subscription(
        &self,
        subscribe: &Subscribe,
        destination: &str,
        serial: u32,
    ) -> Result<Subscription, Refusal> {
        let user = Arc::clone(self.principal()?.user());
        let prefix = fanout::prefix(subscribe.id(), self.version).map_err(unencodable_id)?;
        let overflow = self.shared.policies.overflow(destination);
        let terms = Terms { prefix, version: self.version, serial, mode: subscribe.ack(), overflow };
        Ok(Subscription::new(user, Arc::clone(&self.client.outbox), terms))
    }

    /// Starts delivery from a topic, behind the part of its history that the client asked for.
    pub(super) async fn subscribe_topic(
        &self,
        destination: Destination,
        subscription: Subscription,
        start: Option<Start>,
    ) -> Result<Begun, Refusal> {
        let subscription = Arc::new(if start.is_some() { subscription.recovering() } else { subscription });
        self.shared.hub.topics.add(&destination, Arc::clone(&subscription));
        self.listen(Target::Topic(destination), subscription, start).await
    }

    /// Makes sure that the back-end delivers to a subscription that the hub has, and asks it for history.
    async fn listen(
        &self,
        to: Target,
        subscription: Arc<Subscription>,
        start: Option<Start>,
    ) -> Result<Begun, Refusal> {
        let begun = Begun::new(to, subscription);
        match self.confirm(&begun.subscribed, start).await {
            Ok(replay) => Ok(Begun { replay, ..begun }),
            Err(refusal) => {
                begun.subscribed.end(&self.shared).await;
                Err(refusal)
            }
        }
    }

    async fn confirm(
        &self,
        subscribed: &Subscribed,
        start: Option<Start>,
    ) -> Result<Option<(Box<Replay>, bool)>, Refusal> {
        if let Some(interest) = subscribed.to().interest() {
            self.shared.interests.hold(interest).await.map_err(|error| Refusal::from(&error))?;
        }
        let (Some(start), Target::Topic(topic)) = (start, subscribed.to()) else { return Ok(None) };
        let subscription = Arc::clone(subscribed.subscription());
        Replay::begin(&self.shared, topic.clone(), subscription, start).await.map(Some)
    }
}

/// The refusal of an id with octets that the client's version has no way to write.
pub(super) fn unencodable_id(_: EncodeError) -> Refusal {
    Refusal::new("the subscription id cannot be written in this version of STOMP")
}

/// How many messages may be out with the subscription: what it asks for within the server's limit.
fn prefetch(subscribe: &Subscribe, limit: usize) -> Result<usize, Refusal> {
    match subscribe.frame().headers().get("prefetch-count").map(str::parse::<usize>) {
        None => Ok(limit),
        Some(Ok(asked)) if asked > 0 => Ok(asked.min(limit)),
        Some(_) => Err(Refusal::new("prefetch-count must be a positive number")),
    }
}

/// From where the client wants the topic's history: `x-offset: N | first | last:N`, and `x-epoch`.
fn history_start(subscribe: &Subscribe) -> Result<Option<Start>, Refusal> {
    let headers = subscribe.frame().headers();
    let Some(text) = headers.get(OFFSET) else { return Ok(None) };
    let start = match (text, text.strip_prefix("last:")) {
        ("first", _) => Some(Start::First),
        (_, Some(count)) => count.parse().ok().filter(|count| *count > 0).map(Start::Last),
        _ => {
            let epoch = headers.get(EPOCH).map(str::parse).transpose();
            let epoch = epoch.map_err(|_| Refusal::new("x-epoch must be the value of a MESSAGE"))?;
            text.parse().ok().map(|offset| Start::After { offset, epoch })
        }
    };
    start
        .map(Some)
        .ok_or_else(|| Refusal::new("x-offset must be a number, 'first' or 'last:' and a positive number"))
}
