//! What would happen to somebody at a destination, and why.

use std::fmt;

use serde::Serialize;

use crate::{Action, Destination, DestinationKind, Pattern, Principal, server::Shared};

/// What a server does with the frames of one user for one destination.
///
/// ```
/// # use stomp_broker::{Destination, Open, Principal, Server};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder(Open, Open).topics("/topic").start().await?;
/// let why = server.handle().explain(&Destination::new("/topic/a")?, &Principal::new("alice")).await;
/// assert_eq!(why.to_string(), "/topic/a for alice: a topic\n  send: allowed\n  subscribe: allowed\n  subscribers: 0\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The destination.
    pub destination: String,
    /// The user.
    pub user: String,
    /// What it is to the broker; `None` if it lies under no declared root.
    pub kind: Option<DestinationKind>,
    /// The pattern of the rule that holds for it in the table of policies.
    pub rule: Option<String>,
    /// What a SEND would lead to.
    pub send: Ruling,
    /// What a SUBSCRIBE would lead to.
    pub subscribe: Ruling,
    /// Live subscriptions on this node to it by name; of all users, where each user has his own.
    pub subscribers: usize,
    /// The patterns of live subscriptions on this node that match it, once for each.
    pub patterns: Vec<String>,
}

/// What a frame would lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Ruling {
    /// The application's handler of that route decides.
    Handler(String),
    /// It is allowed.
    Allowed,
    /// It is carried out for another destination.
    Redirected(String),
    /// It is refused, in these words.
    Denied(String),
}

impl Explanation {
    pub(crate) async fn of(shared: &Shared, destination: &Destination, principal: &Principal) -> Self {
        let listeners = shared.hub.listeners();
        let is_match =
            |pattern: &str| pattern.parse().is_ok_and(|pattern: Pattern| pattern.matches(destination));
        let (patterns, named): (Vec<_>, Vec<_>) =
            listeners.into_iter().partition(|listener| listener.destination.contains('*'));
        let patterns = patterns.into_iter().map(|listener| listener.destination);
        Self {
            destination: destination.to_string(),
            user: principal.user().to_string(),
            kind: shared.kind(destination).ok(),
            rule: shared.policies.rule(destination).map(ToString::to_string),
            send: shared.ruling(Action::Send, destination, principal).await,
            subscribe: shared.ruling(Action::Subscribe, destination, principal).await,
            subscribers: named.iter().filter(|listener| listener.destination == **destination).count(),
            patterns: patterns.filter(|pattern| is_match(pattern)).collect(),
        }
    }
}

impl Shared {
    async fn ruling(&self, action: Action, destination: &Destination, principal: &Principal) -> Ruling {
        if let Some(route) = self.app.as_ref().and_then(|app| app.route(action, destination)) {
            let permitted = self.in_time(self.authorizer.authorize_call(principal, action, destination));
            return match permitted.await.and_then(|permitted| permitted) {
                Ok(()) => Ruling::Handler(route.to_owned()),
                Err(refusal) => Ruling::Denied(refusal.summary().to_owned()),
            };
        }
        match self.permitted(action, destination.clone(), principal).await {
            Ok((to, _)) if to == *destination => Ruling::Allowed,
            Ok((to, _)) => Ruling::Redirected(to.to_string()),
            Err(refusal) => Ruling::Denied(refusal.summary().to_owned()),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Some(DestinationKind::Topic) => "a topic",
            Some(DestinationKind::Queue) => "a queue",
            Some(DestinationKind::User) => "a destination of the user's own",
            Some(DestinationKind::Reply) => "the address of a temporary destination",
            None => "nothing of the broker's",
        };
        writeln!(f, "{} for {}: {kind}", self.destination, self.user)?;
        if let Some(rule) = &self.rule {
            writeln!(f, "  policy: {rule}")?;
        }
        writeln!(f, "  send: {}", self.send)?;
        writeln!(f, "  subscribe: {}", self.subscribe)?;
        self.patterns.iter().try_for_each(|pattern| writeln!(f, "  a subscriber by {pattern}"))?;
        writeln!(f, "  subscribers: {}", self.subscribers)
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(route) => write!(f, "the handler of {route}"),
            Self::Allowed => f.write_str("allowed"),
            Self::Redirected(to) => write!(f, "redirected to {to}"),
            Self::Denied(why) => write!(f, "denied: {why}"),
        }
    }
}
