//! What holds for which destinations: one table, read from the top.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    Access, Action, Authorizer, Decision, Destination, HistoryPolicy, HistorySettings, InvalidDestination,
    Overflow, Pattern, Principal, QueuePolicy, QueueSettings, Refusal,
};

/// The segment of a rule's pattern that stands for the name of the user who asks.
const USER: &str = "{user}";

/// A rule for the destinations that a pattern matches.
#[derive(Debug, Clone)]
pub struct DestinationPolicy {
    /// With `*` where the user's name has to be.
    pattern: Pattern,
    /// Which segments of the pattern those are.
    own: Vec<usize>,
    send: Access,
    subscribe: Access,
    overflow: Overflow,
    history: HistoryPolicy,
    queue: QueuePolicy,
}

impl DestinationPolicy {
    /// A rule for one destination or for a [`Pattern`] of them, under which everyone may do everything and nothing
    /// special holds.
    ///
    /// A segment may be `{user}`: the rule then stands for the same destinations as with `*`, but grants something
    /// only for those that have the name of the user who asks there.
    ///
    /// # Errors
    ///
    /// [`InvalidDestination`] says what is wrong with the pattern.
    pub fn new(pattern: &str) -> Result<Self, InvalidDestination> {
        let segments = || pattern.split('/');
        let own = segments().enumerate().filter(|(_, segment)| *segment == USER).map(|(index, _)| index);
        let segment = |segment| if segment == USER { "*" } else { segment };
        Ok(Self {
            own: own.collect(),
            pattern: segments().map(segment).collect::<Vec<_>>().join("/").parse()?,
            send: Access::Everyone,
            subscribe: Access::Everyone,
            overflow: Overflow::default(),
            history: HistoryPolicy::NONE,
            queue: QueuePolicy::default(),
        })
    }

    /// Who may send.
    #[must_use]
    pub fn send(self, send: Access) -> Self {
        Self { send, ..self }
    }

    /// Who may subscribe.
    #[must_use]
    pub fn subscribe(self, subscribe: Access) -> Self {
        Self { subscribe, ..self }
    }

    /// What happens to messages that a subscriber does not take in time.
    #[must_use]
    pub fn overflow(self, overflow: Overflow) -> Self {
        Self { overflow, ..self }
    }

    /// How many messages a topic keeps for those who ask for what they missed, and for how long.
    #[must_use]
    pub fn history(self, messages: usize, age: Duration) -> Self {
        Self { history: HistoryPolicy { messages, age }, ..self }
    }

    /// What a queue may hold, and what becomes of messages that nobody can consume.
    #[must_use]
    pub fn queue(self, queue: QueuePolicy) -> Self {
        Self { queue, ..self }
    }

    /// Who may do that.
    fn access(&self, action: Action) -> &Access {
        match action {
            Action::Send => &self.send,
            Action::Subscribe => &self.subscribe,
        }
    }

    /// Whether `user` stands where the user's name has to be.
    fn is_own(&self, user: &str, destination: &str) -> bool {
        self.own.iter().all(|&index| destination.split('/').nth(index) == Some(user))
    }

    /// The destinations that the rule grants something for to `user`; none for a user whose name is no segment.
    fn granted(&self, user: &str) -> Option<Pattern> {
        if self.own.is_empty() {
            return Some(self.pattern.clone());
        }
        let segment = |(index, segment)| if self.own.contains(&index) { user } else { segment };
        let segments: Vec<_> = self.pattern.segments().enumerate().map(segment).collect();
        (!user.contains(['/', '*'])).then(|| segments.join("/").parse().ok())?
    }
}

impl fmt::Display for DestinationPolicy {
    /// The pattern as it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segment = |(index, segment)| if self.own.contains(&index) { USER } else { segment };
        f.write_str(&self.pattern.segments().enumerate().map(segment).collect::<Vec<_>>().join("/"))
    }
}

/// A table of rules. The first one that matches a destination holds for it, and no other.
///
/// It says what destinations keep and drop ([`ServerBuilder::policies`](crate::ServerBuilder::policies)), and as an
/// [`Authorizer`] who may use them: a destination without a rule nobody, but for those under `/user`, which are each
/// user's own. To subscribe to a pattern, one must be allowed to subscribe to all that it matches. A handler of the
/// [`App`](crate::App) whose destination has no rule may be called by everybody, and decides for itself.
///
/// ```
/// use std::time::Duration;
/// use stomp_broker::{Access, DestinationPolicy, Open, Overflow, Policies, Server};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let policies = Policies::new([
///     // Whoever comes late gets the last 100 prices; whoever is slow only the latest of each stock.
///     DestinationPolicy::new("/topic/prices/*")?
///         .send(Access::roles(["exchange"]))
///         .history(100, Duration::from_secs(3600))
///         .overflow(Overflow::Conflate("stock".to_owned())),
///     DestinationPolicy::new("/topic/inbox/{user}")?.send(Access::Everyone),
///     DestinationPolicy::new("/queue/**")?.subscribe(Access::roles(["worker"])),
/// ]);
/// let server = Server::builder(Open, policies.clone()).policies(policies);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Policies {
    rules: Arc<[DestinationPolicy]>,
}

impl Policies {
    /// A table of these rules, in their order.
    pub fn new(rules: impl IntoIterator<Item = DestinationPolicy>) -> Self {
        Self { rules: rules.into_iter().collect() }
    }

    /// The rule that holds for a destination.
    pub fn rule(&self, destination: &str) -> Option<&DestinationPolicy> {
        self.rules.iter().find(|rule| rule.pattern.matches(destination))
    }

    /// The histories that the rules speak of, within `bytes` octets: for a back-end.
    pub fn histories(&self, bytes: usize) -> HistorySettings {
        HistorySettings { policies: self.each(|rule| rule.history), bytes }
    }

    /// What the rules say of queues, `queues` of them at most: for a back-end.
    pub fn queues(&self, queues: usize) -> QueueSettings {
        QueueSettings { queues, policies: self.each(|rule| rule.queue.clone()), ..QueueSettings::default() }
    }

    pub(crate) fn overflow(&self, destination: &str) -> Overflow {
        self.rule(destination).map(|rule| rule.overflow.clone()).unwrap_or_default()
    }

    /// One thing that each rule says.
    fn each<T>(&self, say: impl Fn(&DestinationPolicy) -> T) -> Vec<(Pattern, T)> {
        self.rules.iter().map(|rule| (rule.pattern.clone(), say(rule))).collect()
    }

    fn may(&self, principal: &Principal, action: Action, destination: &Destination) -> bool {
        match self.rule(destination) {
            Some(rule) => {
                rule.is_own(principal.user(), destination) && rule.access(action).includes(principal)
            }
            None => action == Action::Subscribe && destination.is_under(crate::server::USER_ROOT),
        }
    }

    /// Whether the principal may subscribe to all that the pattern matches: every rule that holds for some of it, up
    /// to the one that holds for all the rest, has to grant it.
    fn may_pattern(&self, principal: &Principal, pattern: &Pattern) -> bool {
        for rule in self.rules.iter().filter(|rule| rule.pattern.overlaps(pattern)) {
            let is_granted = rule.subscribe.includes(principal);
            let covers_own = rule.granted(principal.user()).is_some_and(|own| own.covers(pattern));
            if !is_granted || (!covers_own && !rule.own.is_empty()) {
                return false;
            }
            if covers_own {
                return true;
            }
        }
        false
    }
}

#[async_trait]
impl Authorizer for Policies {
    async fn authorize(&self, principal: &Principal, action: Action, destination: &Destination) -> Decision {
        match self.may(principal, action, destination) {
            true => Decision::Allow,
            false => Decision::Deny(forbidden(action, destination)),
        }
    }

    async fn authorize_pattern(&self, principal: &Principal, pattern: &Pattern) -> Decision {
        match self.may_pattern(principal, pattern) {
            true => Decision::Allow,
            false => Decision::Deny(forbidden(Action::Subscribe, pattern)),
        }
    }

    async fn authorize_call(
        &self,
        principal: &Principal,
        action: Action,
        destination: &Destination,
    ) -> Result<(), Refusal> {
        match self.rule(destination).is_none() || self.may(principal, action, destination) {
            true => Ok(()),
            false => Err(forbidden(action, destination)),
        }
    }
}

fn forbidden(action: Action, what: &dyn fmt::Display) -> Refusal {
    let verb = match action {
        Action::Send => "send",
        Action::Subscribe => "subscribe",
    };
    Refusal::new("forbidden").text(format!("You may not {verb} to {what}.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str) -> DestinationPolicy {
        DestinationPolicy::new(pattern).unwrap()
    }

    fn table() -> Policies {
        let nobody = || Access::Nobody;
        Policies::new([
            rule("/topic/news").send(Access::roles(["editor"])),
            rule("/topic/inbox/{user}/**"),
            rule("/topic/secret/*").subscribe(Access::users(["alice"])).send(nobody()),
            rule("/topic/open/**").overflow(Overflow::DropOldest),
            rule("/topic/**").send(nobody()),
        ])
    }

    fn may(user: &Principal, action: Action, destination: &str) -> bool {
        table().may(user, action, &Destination::new(destination).unwrap())
    }

    #[test]
    fn the_first_rule_that_matches_holds_and_no_other() {
        let (alice, editor) = (Principal::new("alice"), Principal::new("eve").roles(["editor"]));
        assert!(!may(&alice, Action::Send, "/topic/news") && may(&editor, Action::Send, "/topic/news"));
        assert!(may(&alice, Action::Subscribe, "/topic/news"));
        assert!(
            may(&alice, Action::Subscribe, "/topic/secret/a")
                && !may(&editor, Action::Subscribe, "/topic/secret/a")
        );
        assert!(!may(&alice, Action::Send, "/topic/secret/a"));
        assert!(may(&alice, Action::Send, "/topic/open/a/b") && !may(&alice, Action::Send, "/topic/other"));
        assert!(!may(&editor, Action::Subscribe, "/queue/a"), "no rule, no right");
        assert!(may(&alice, Action::Subscribe, "/user/queue/errors"));
        assert_eq!(table().overflow("/topic/open/a"), Overflow::DropOldest);
        assert_eq!(table().overflow("/topic/other"), Overflow::Disconnect);
    }

    #[test]
    fn a_users_own_destinations_are_nobody_elses() {
        let (alice, odd) = (Principal::new("alice"), Principal::new("*"));
        assert!(may(&alice, Action::Subscribe, "/topic/inbox/alice/new"));
        assert!(!may(&alice, Action::Subscribe, "/topic/inbox/bob/new"));
        assert!(!may(&odd, Action::Subscribe, "/topic/inbox/bob/new"));
    }

    #[test]
    fn a_pattern_is_granted_only_with_all_that_it_matches() {
        let pattern =
            |user: &str, pattern: &str| table().may_pattern(&Principal::new(user), &pattern.parse().unwrap());
        assert!(pattern("bob", "/topic/open/**") && pattern("bob", "/topic/other/*"));
        assert!(pattern("bob", "/topic/inbox/bob/*") && pattern("bob", "/topic/inbox/bob/**"));
        assert!(!pattern("bob", "/topic/inbox/*/new") && !pattern("bob", "/topic/inbox/**"));
        assert!(!pattern("*", "/topic/inbox/*/new") && !pattern("bob/new", "/topic/inbox/bob/new/*"));
        assert!(!pattern("bob", "/topic/secret/*") && pattern("alice", "/topic/secret/*"));
        // Neither has all of it: the inboxes of others are below.
        assert!(!pattern("bob", "/topic/**") && !pattern("alice", "/topic/**"));
        assert!(!pattern("bob", "/queue/**"));
    }

    #[test]
    fn a_rule_shows_its_pattern_as_it_was_given() {
        for pattern in ["/topic/{user}/x/**", "/queue/*", "/{user}"] {
            assert_eq!(rule(pattern).to_string(), pattern);
        }
        assert!(DestinationPolicy::new("/topic/a*").is_err());
    }
}
