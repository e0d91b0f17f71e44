//! Carrying out what a session asks for.

use std::{mem, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use stomp_proto::{Connect, EncodeError, Frame, Send, Subscribe, Version, fanout, header::name};

use super::now;
use crate::{
    Action, BrokerError, Credentials, Decision, Destination, DestinationKind, Interest, Pattern, Principal,
    Publish, Refusal, Settlement, Start,
    hub::{Client, Delivery, Lease, Queued, Subscription, Terms, TooMuch, UserDestination},
    message::{EPOCH, OFFSET},
    metrics,
    server::Shared,
    session::{self, Batch, Verdict},
};

/// How a request went.
pub(super) enum Done {
    Authenticated(Result<Principal, Refusal>),
    Subscribed(Result<Subscribed, Refusal>),
    Finished(Result<(), Refusal>),
    /// The session is to end, whatever else the client could be told by.
    CutOff(Refusal),
    Panicked,
}

/// A live subscription: what it takes to end it.
#[derive(Debug)]
pub(super) struct Subscribed {
    to: Target,
    subscription: Arc<Subscription>,
    /// Whether the client has all it missed, if it asked.
    pub(super) recovered: Option<bool>,
    /// What the application's handler answers, to be sent before anything else.
    answers: Vec<Arc<Queued>>,
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

impl Subscribed {
    pub(super) fn new(to: Target, subscription: Arc<Subscription>) -> Self {
        Self { to, subscription, recovered: None, answers: Vec::new() }
    }

    pub(super) fn with_answers(self, answers: Vec<Arc<Queued>>) -> Self {
        Self { answers, ..self }
    }

    pub(super) fn subscription(&self) -> &Arc<Subscription> {
        &self.subscription
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

    /// The deliveries of what the handler answered.
    pub(super) fn take_answers(&mut self) -> Vec<Delivery> {
        let answers = mem::take(&mut self.answers).into_iter();
        answers.map(|message| Delivery::new(&self.subscription, &message)).collect()
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
    fn interest(&self) -> Option<Interest> {
        match self {
            Self::Topic(destination) => Some(Interest::Topic(destination.clone())),
            Self::Pattern(pattern) => Some(Interest::Pattern(pattern.clone())),
            Self::Queue(destination) => Some(Interest::Queue(destination.clone())),
            Self::User(_) | Self::Application => None,
        }
    }
}

/// What a request may use; it runs beside the connection's loop and shares nothing that changes with it.
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) client: Arc<Client>,
    pub(super) principal: Option<Principal>,
    pub(super) version: Version,
}

impl Context {
    /// Carries out a request. If the application's code panics, the request is lost and not the connection, which
    /// has to be cleaned up behind.
    pub(super) async fn carry_out(self, request: session::Request<Subscribed>) -> Done {
        AssertUnwindSafe(self.answer(request)).catch_unwind().await.unwrap_or(Done::Panicked)
    }

    async fn answer(self, request: session::Request<Subscribed>) -> Done {
        match request {
            session::Request::Authenticate(connect) => Done::Authenticated(self.authenticate(&connect).await),
            session::Request::Send(send) => {
                metrics::received();
                match self.check_rate(1) {
                    Ok(()) => Done::Finished(self.send(&send).await),
                    Err(done) => done,
                }
            }
            session::Request::Subscribe(subscribe, serial) => {
                Done::Subscribed(self.subscribe(&subscribe, serial).await)
            }
            session::Request::Unsubscribe(subscribed) => {
                subscribed.end(&self.shared).await;
                Done::Finished(Ok(()))
            }
            session::Request::Settle(leases, verdict) => {
                self.settle(leases, verdict).await;
                Done::Finished(Ok(()))
            }
            session::Request::Commit(batch) => match self.check_rate(batch.sends.len()) {
                Ok(()) => Done::Finished(self.commit(batch).await),
                Err(done) => done,
            },
        }
    }

    /// Finds out who the client is, unless too many have tried to be from where it is.
    async fn authenticate(&self, connect: &Connect) -> Result<Principal, Refusal> {
        let credentials = Credentials::new(connect, &self.client.peer);
        let (logins, account) = (&self.shared.failed_logins, connect.login().unwrap_or_default());
        let from = self.client.peer.address.map(|address| address.ip());
        if let Some(from) = from {
            logins.check(now(), from, account)?;
        }
        let result = self.shared.authenticator.authenticate(credentials).await;
        if let (Some(from), Err(refusal)) = (from, &result)
            && refusal.retry_after_seconds().is_none()
        {
            logins.note(now(), from, account);
        }
        result
    }

    /// Refuses messages beyond what the user may send.
    fn check_rate(&self, messages: usize) -> Result<(), Done> {
        let Some(rate) = self.shared.config.send_rate else { return Ok(()) };
        let count = messages.try_into().unwrap_or(u32::MAX);
        self.client.may_send(now(), rate, count).map_err(|TooMuch { retry_after, is_flood }| {
            let text = format!("At most {} messages at once, and one every {:?}.\n", rate.burst, rate.every);
            let refusal = Refusal::new("rate-limited").text(text).retry_after(retry_after);
            if is_flood { Done::CutOff(refusal) } else { Done::Finished(Err(refusal)) }
        })
    }

    async fn send(&self, send: &Send) -> Result<(), Refusal> {
        let Some(Publish { destination, headers, body }) = self.inbound(send.frame()).await? else {
            return Ok(());
        };
        if let Some(reply) = self.ask(Action::Send, &destination, &headers, &body).await {
            return self.answer_send(reply?, &headers).await;
        }
        let publish = self.publishable(Publish { destination, headers, body }).await?;
        self.shared.publish(vec![publish]).await.map_err(|error| Refusal::from(&error))
    }

    /// The message of a SEND, behind the interceptors; `None` if one has dropped it.
    async fn inbound(&self, frame: &Frame) -> Result<Option<Publish>, Refusal> {
        let (destination, headers) = (destination_of(frame)?, self.headers(frame).await?);
        let message = Publish { destination, headers, body: frame.body().clone() };
        match &self.shared.interceptors {
            Some(interceptors) => interceptors.inbound(self.principal()?, message),
            None => Ok(Some(message)),
        }
    }

    /// A transaction: every message is checked before any is published, and all are published as one.
    async fn commit(&self, batch: Batch) -> Result<(), Refusal> {
        let mut publishes = Vec::with_capacity(batch.sends.len());
        for send in &batch.sends {
            if let Some(message) = self.inbound(send.frame()).await? {
                publishes.push(self.publishable(message).await?);
            }
        }
        self.shared.publish(publishes).await.map_err(|error| Refusal::from(&error))?;
        for (leases, verdict) in batch.settlements {
            self.settle(leases, verdict).await;
        }
        Ok(())
    }

    async fn settle(&self, leases: Vec<Lease>, verdict: Verdict) {
        let settlement = match verdict {
            Verdict::Consumed => Settlement::Consumed,
            Verdict::Refused => Settlement::Refused,
        };
        self.shared.hub.queues.settle(leases, settlement).await;
    }

    /// The message of a SEND to one of the broker's destinations, if the client may send it there.
    async fn publishable(&self, message: Publish) -> Result<Publish, Refusal> {
        let (destination, _) = self.permitted(Action::Send, message.destination).await?;
        Ok(Publish { destination, ..message })
    }

    /// Starts delivery, if the client has the right to it both when it is asked about and when delivery begins.
    async fn subscribe(&self, subscribe: &Subscribe, serial: u32) -> Result<Subscribed, Refusal> {
        loop {
            let revocations = self.shared.hub.revocations();
            let subscribed = self.begin(subscribe, serial).await?;
            if self.shared.hub.revocations() == revocations
                || matches!(subscribed.to, Target::Queue(_) | Target::Application)
            {
                return Ok(subscribed);
            }
            subscribed.end(&self.shared).await;
        }
    }

    async fn begin(&self, subscribe: &Subscribe, serial: u32) -> Result<Subscribed, Refusal> {
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
                Ok(Subscribed::new(Target::User(destination), subscription))
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
    async fn subscribe_pattern(&self, subscribe: &Subscribe, serial: u32) -> Result<Subscribed, Refusal> {
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
    ) -> Result<Subscribed, Refusal> {
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
    ) -> Result<Subscribed, Refusal> {
        let subscribed = Subscribed::new(to, subscription);
        match self.confirm(&subscribed, start).await {
            Ok(recovered) => Ok(Subscribed { recovered, ..subscribed }),
            Err(error) => {
                subscribed.end(&self.shared).await;
                Err(Refusal::from(&error))
            }
        }
    }

    /// Says whether what is asked of the history is all the client missed.
    async fn confirm(
        &self,
        subscribed: &Subscribed,
        start: Option<Start>,
    ) -> Result<Option<bool>, BrokerError> {
        if let Some(interest) = subscribed.to.interest() {
            self.shared.interests.hold(interest).await?;
        }
        let (Some(start), Target::Topic(destination)) = (start, &subscribed.to) else { return Ok(None) };
        let page = self.shared.broker.history(destination, start).await?;
        let (messages, complete) = page.map_or((Vec::new(), false), |page| (page.messages, page.complete));
        let budget = &self.shared.hub.budget;
        let history: Vec<_> = messages.into_iter().map(|message| budget.charge(message)).collect();
        subscribed.subscription.recover(&history);
        Ok(Some(complete))
    }

    /// As [`Shared::permitted`], for this client.
    pub(super) async fn permitted(
        &self,
        action: Action,
        destination: Destination,
    ) -> Result<(Destination, DestinationKind), Refusal> {
        self.shared.permitted(action, destination, self.principal()?).await
    }

    pub(super) fn principal(&self) -> Result<&Principal, Refusal> {
        // The session asks for nothing before it is authenticated.
        self.principal.as_ref().ok_or_else(|| Refusal::new("not logged in"))
    }
}

/// The destination of a SEND. It shares the frame's memory: it lives no longer than the message.
fn destination_of(frame: &Frame) -> Result<Destination, Refusal> {
    let name = frame.headers().get_shared(name::DESTINATION).unwrap_or_default();
    Destination::new(name).map_err(|error| Refusal::from(&error))
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
        (_, Some(count)) => count.parse().ok().map(Start::Last),
        _ => {
            let epoch = headers.get(EPOCH).map(str::parse).transpose();
            let epoch = epoch.map_err(|_| Refusal::new("x-epoch must be the value of a MESSAGE"))?;
            text.parse().ok().map(|offset| Start::After { offset, epoch })
        }
    };
    start.map(Some).ok_or_else(|| Refusal::new("x-offset must be a number, 'first' or 'last:' and a number"))
}
