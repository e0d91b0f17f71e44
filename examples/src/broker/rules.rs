//! `[[destination]]`: what holds for which destinations.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use stomp_broker::{Access, Destination, DestinationPolicy, Grant, Overflow, Policies, QueuePolicy};

/// A rule as the file has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which destinations it is about.
    #[serde(deserialize_with = "pattern")]
    pattern: String,
    #[serde(default, deserialize_with = "access")]
    send: Access,
    #[serde(default, deserialize_with = "access")]
    subscribe: Access,
    #[serde(default, deserialize_with = "overflow")]
    overflow: Overflow,
    history: Option<History>,
    queue: Option<Queue>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    messages: usize,
    seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    messages: Option<usize>,
    bytes: Option<usize>,
    deliveries: Option<u32>,
    #[serde(default, deserialize_with = "destination")]
    dead_letters: Option<Destination>,
}

/// The table that the rules make.
pub(super) fn policies(rules: &[Rule]) -> Policies {
    Policies::new(rules.iter().filter_map(Rule::policy))
}

impl Rule {
    /// Everybody may do everything.
    pub fn new(pattern: &str) -> Self {
        let (send, subscribe, overflow) = (Access::Everyone, Access::Everyone, Overflow::default());
        Self { pattern: pattern.to_owned(), send, subscribe, overflow, history: None, queue: None }
    }

    /// Everybody may do everything, and topics keep so many messages for an hour.
    pub fn with_history(pattern: &str, messages: usize) -> Self {
        Self { history: Some(History { messages, seconds: 60 * 60 }), ..Self::new(pattern) }
    }

    /// `None` only for a pattern that was refused when the file was read.
    fn policy(&self) -> Option<DestinationPolicy> {
        let policy = DestinationPolicy::new(&self.pattern).ok()?;
        let policy =
            policy.send(self.send.clone()).subscribe(self.subscribe.clone()).overflow(self.overflow.clone());
        let policy = match &self.history {
            Some(history) => policy.history(history.messages, Duration::from_secs(history.seconds)),
            None => policy,
        };
        Some(match &self.queue {
            Some(queue) => policy.queue(queue.policy()),
            None => policy,
        })
    }
}

impl Queue {
    fn policy(&self) -> QueuePolicy {
        let default = QueuePolicy::default();
        QueuePolicy {
            messages: self.messages.unwrap_or(default.messages),
            bytes: self.bytes.unwrap_or(default.bytes),
            deliveries: self.deliveries.unwrap_or(default.deliveries),
            dead_letters: self.dead_letters.clone().or(default.dead_letters),
        }
    }
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    DestinationPolicy::new(&text).map_err(D::Error::custom)?;
    Ok(text)
}

fn destination<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Destination>, D::Error> {
    Destination::new(String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

fn access<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Access, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected \"everyone\", \"nobody\", or a list of \"user:NAME\" and \"role:NAME\""
    )]
    enum Text {
        Word(Word),
        Grants(Vec<String>),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Everyone,
        Nobody,
    }
    let grants = match Text::deserialize(deserializer)? {
        Text::Word(Word::Everyone) => return Ok(Access::Everyone),
        Text::Word(Word::Nobody) => return Ok(Access::Nobody),
        Text::Grants(grants) => grants,
    };
    let grant = |text: &String| match text.split_once(':') {
        Some(("user", name)) => Ok(Grant::User(name.to_owned())),
        Some(("role", name)) => Ok(Grant::Role(name.to_owned())),
        _ => Err(D::Error::custom(format!("{text:?} is neither \"user:NAME\" nor \"role:NAME\""))),
    };
    grants.iter().map(grant).collect::<Result<_, _>>().map(Access::Only)
}

fn overflow<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Overflow, D::Error> {
    let text = String::deserialize(deserializer)?;
    match (text.as_str(), text.strip_prefix("conflate:")) {
        ("disconnect", _) => Ok(Overflow::Disconnect),
        ("drop-oldest", _) => Ok(Overflow::DropOldest),
        ("drop-newest", _) => Ok(Overflow::DropNewest),
        (_, Some(header)) if !header.is_empty() => Ok(Overflow::Conflate(header.to_owned())),
        _ => Err(D::Error::custom("expected disconnect, drop-oldest, drop-newest or conflate:HEADER")),
    }
}
