//! What a handler's return value becomes: messages, or a refusal.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use tracing::error;

use super::{Body, Json};
use crate::{Destination, Refusal};

/// The messages that a handler wants sent when it is done.
///
/// ```
/// use stomp_broker::app::{IntoReply, Json, Reply, SendTo};
/// # fn main() -> Result<(), stomp_broker::Refusal> {
/// // To whoever asked, and to everybody who listens.
/// let reply: Reply = (Json("sold"), SendTo("/topic/market", Json("one apple less"))).into_reply()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Reply {
    pub(crate) messages: Vec<(To, Content)>,
}

/// Whom a message of a [`Reply`] is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum To {
    /// The one who asks: the subscription of a SUBSCRIBE, the `reply-to` destination of a SEND.
    Asker,
    /// A topic or a queue.
    Destination(Destination),
    /// All sessions of the user who sent the request.
    User(Destination),
}

/// A body and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The `content-type` header, if the message is to have one.
    pub content_type: Option<&'static str>,
    /// The octets.
    pub body: Bytes,
}

/// Something a handler may return.
///
/// | returned | sent |
/// | --- | --- |
/// | `()` | nothing |
/// | `Json<T>`, `Body`, `String`, `&'static str` | one message to whoever asks: on the subscription of a SUBSCRIBE, to the `reply-to` destination of a SEND, which without one has not asked and gets nothing |
/// | [`SendTo`] | one message to a topic or a queue |
/// | [`SendToUser`] | one message to every session of the sender |
/// | `(A, B)`, `(A, B, C)`, `Vec<R>` | all of them, in order |
/// | `Option<R>` | what is in it |
/// | `Result<R, E>` | what is in it; an error reaches the sender as a [`Refusal`] |
pub trait IntoReply {
    /// The messages.
    ///
    /// # Errors
    ///
    /// What the sender is told instead.
    fn into_reply(self) -> Result<Reply, Refusal>;
}

/// Something that can be the body of a message.
pub trait IntoContent {
    /// The body.
    ///
    /// # Errors
    ///
    /// What the sender is told when it cannot be written.
    fn into_content(self) -> Result<Content, Refusal>;
}

/// Publishes content to a topic or a queue, as the server's own word: no authorizer is asked.
#[derive(Debug, Clone, Copy)]
pub struct SendTo<D, C>(pub D, pub C);

/// Sends content to every session of the sender that listens to a destination under `/user`, such as `/user/queue/acks`.
#[derive(Debug, Clone, Copy)]
pub struct SendToUser<D, C>(pub D, pub C);

impl Reply {
    /// One message to whoever asks.
    pub fn answer(content: Content) -> Self {
        Self { messages: vec![(To::Asker, content)] }
    }

    /// Appends the messages of another one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.messages.extend(other.messages);
        self
    }
}

impl Content {
    fn new(content_type: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        Self { content_type, body: body.into() }
    }
}

impl<T: Serialize> IntoContent for Json<T> {
    fn into_content(self) -> Result<Content, Refusal> {
        let body = serde_json::to_vec(&self.0).map_err(|error| fault(&error))?;
        Ok(Content::new(Some("application/json;charset=utf-8"), body))
    }
}

impl IntoContent for Body {
    fn into_content(self) -> Result<Content, Refusal> {
        Ok(Content::new(None, self.0))
    }
}

impl IntoContent for String {
    fn into_content(self) -> Result<Content, Refusal> {
        Ok(Content::new(Some("text/plain;charset=utf-8"), self))
    }
}

impl IntoContent for &'static str {
    fn into_content(self) -> Result<Content, Refusal> {
        Ok(Content::new(Some("text/plain;charset=utf-8"), self))
    }
}

macro_rules! answer {
    ($($content:ty $(, $parameter:ident)?);* $(;)?) => {$(
        impl$(<$parameter: Serialize>)? IntoReply for $content {
            fn into_reply(self) -> Result<Reply, Refusal> {
                self.into_content().map(Reply::answer)
            }
        }
    )*};
}
answer! { Json<T>, T; Body; String; &'static str }

impl<D: TryInto<Destination, Error: fmt::Display>, C: IntoContent> IntoReply for SendTo<D, C> {
    fn into_reply(self) -> Result<Reply, Refusal> {
        let destination = self.0.try_into().map_err(|error| fault(&error))?;
        Ok(Reply { messages: vec![(To::Destination(destination), self.1.into_content()?)] })
    }
}

impl<D: TryInto<Destination, Error: fmt::Display>, C: IntoContent> IntoReply for SendToUser<D, C> {
    fn into_reply(self) -> Result<Reply, Refusal> {
        let destination = self.0.try_into().map_err(|error| fault(&error))?;
        Ok(Reply { messages: vec![(To::User(destination), self.1.into_content()?)] })
    }
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Self, Refusal> {
        Ok(self)
    }
}

impl IntoReply for () {
    fn into_reply(self) -> Result<Reply, Refusal> {
        Ok(Reply::default())
    }
}

impl<R: IntoReply> IntoReply for Option<R> {
    fn into_reply(self) -> Result<Reply, Refusal> {
        self.map(IntoReply::into_reply).transpose().map(Option::unwrap_or_default)
    }
}

impl<R: IntoReply, E: Into<Refusal>> IntoReply for Result<R, E> {
    fn into_reply(self) -> Result<Reply, Refusal> {
        self.map_err(Into::into)?.into_reply()
    }
}

impl<R: IntoReply> IntoReply for Vec<R> {
    fn into_reply(self) -> Result<Reply, Refusal> {
        self.into_iter().try_fold(Reply::default(), |all, reply| Ok(all.and(reply.into_reply()?)))
    }
}

impl<A: IntoReply, B: IntoReply> IntoReply for (A, B) {
    fn into_reply(self) -> Result<Reply, Refusal> {
        Ok(self.0.into_reply()?.and(self.1.into_reply()?))
    }
}

impl<A: IntoReply, B: IntoReply, C: IntoReply> IntoReply for (A, B, C) {
    fn into_reply(self) -> Result<Reply, Refusal> {
        Ok(self.0.into_reply()?.and(self.1.into_reply()?).and(self.2.into_reply()?))
    }
}

/// What the sender is told of a fault that is the application's: nothing that it could use.
pub(crate) fn fault(error: &dyn fmt::Display) -> Refusal {
    error!(%error, "a handler's answer cannot be sent");
    Refusal::new("internal error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(reply: impl IntoReply) -> Vec<(To, String)> {
        let messages = reply.into_reply().expect("messages").messages;
        let text = |content: Content| String::from_utf8(content.body.into()).expect("text");
        messages.into_iter().map(|(to, content)| (to, text(content))).collect()
    }

    fn topic(name: &str) -> To {
        To::Destination(Destination::new(name).unwrap())
    }

    #[test]
    fn every_kind_of_value_becomes_its_messages() {
        assert_eq!(sent(()), []);
        assert_eq!(sent(None::<Json<u8>>), []);
        assert_eq!(sent(Some(Json([1, 2]))), [(To::Asker, "[1,2]".to_owned())]);
        assert_eq!(sent(Ok::<_, Refusal>("yes")), [(To::Asker, "yes".to_owned())]);
        assert_eq!(sent(SendTo("/topic/a", "x")), [(topic("/topic/a"), "x".to_owned())]);
        let both = (vec![SendTo("/topic/a", "1"), SendTo("/topic/b", "2")], Body(Bytes::from_static(b"3")));
        let expected = [(topic("/topic/a"), "1"), (topic("/topic/b"), "2"), (To::Asker, "3")];
        assert_eq!(sent(both), expected.map(|(to, body)| (to, body.to_owned())));
    }

    #[test]
    fn refusals_come_through_and_faults_are_not_told() {
        let refused = Err::<Json<u8>, _>(Refusal::new("no")).into_reply().unwrap_err();
        assert_eq!(refused.summary(), "no");
        let fault = SendTo("not a destination", "x").into_reply().unwrap_err();
        assert_eq!(fault.summary(), "internal error");
    }
}
