//! Code of the application's that messages pass on their way in and out, and that sees sessions come and go.

use std::{fmt, ops::Deref};

use stomp_proto::Subscribe;

use crate::{Credentials, Message, Principal, Publish, Refusal, metrics};

/// What becomes of a message.
#[derive(Debug)]
// It is handed up one call and never kept.
#[allow(clippy::large_enum_variant)]
pub enum Passage {
    /// It goes on as it is.
    Pass,
    /// It goes on like this.
    Change(Publish),
    /// It ends here, and is counted under this reason. Whoever sent it is not told.
    Drop(&'static str),
}

/// Looks at what clients do, and may refuse it; of messages it may also change or drop. It must not block: it runs in
/// the tasks of the connections.
///
/// ```
/// use stomp_broker::{Interceptor, Passage, Principal, Publish, Refusal};
///
/// /// Writes the sender's name into every message.
/// #[derive(Debug)]
/// struct Signed;
///
/// impl Interceptor for Signed {
///     fn inbound(&self, sender: &Principal, message: &Publish) -> Result<Passage, Refusal> {
///         Ok(Passage::Change(message.clone().header("sender", sender.user())))
///     }
/// }
/// ```
pub trait Interceptor: fmt::Debug + Send + Sync + 'static {
    /// A client wants to log in; the [`Authenticator`](crate::Authenticator) is asked next.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], which the client is told. It is not held against its address as a failed login.
    fn connect(&self, credentials: &Credentials<'_>) -> Result<(), Refusal> {
        let _ = credentials;
        Ok(())
    }

    /// A session that had logged in is over, by DISCONNECT or otherwise, and so are its subscriptions.
    fn disconnect(&self, user: &Principal) {
        let _ = user;
    }

    /// A client wants to subscribe; handlers and the [`Authorizer`](crate::Authorizer) are asked next.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], which the client is told.
    fn subscribe(&self, subscriber: &Principal, frame: &Subscribe) -> Result<(), Refusal> {
        let _ = (subscriber, frame);
        Ok(())
    }

    /// A client has ended a subscription by UNSUBSCRIBE. The destination is what it was subscribed to; it is empty for a
    /// handler of SUBSCRIBE.
    fn unsubscribe(&self, subscriber: &Principal, destination: &str) {
        let _ = (subscriber, destination);
    }

    /// A message that a client sends, behind the checks of the session and before those of the
    /// [`Authorizer`](crate::Authorizer); also one to an application destination, and each of a transaction when that is
    /// committed.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], which the sender is told.
    fn inbound(&self, sender: &Principal, message: &Publish) -> Result<Passage, Refusal> {
        let _ = (sender, message);
        Ok(Passage::Pass)
    }

    /// A message for one subscription of `user`, just before it is written. A change is for this subscription alone and
    /// costs it an encoding of its own; the destination stays what it was. A message of a queue that is dropped counts
    /// as consumed.
    fn outbound(&self, user: &str, message: &Message) -> Passage {
        let _ = (user, message);
        Passage::Pass
    }
}

/// The interceptors of a server, in the order in which messages pass them.
#[derive(Debug, Default)]
pub(crate) struct Interceptors(Vec<Box<dyn Interceptor>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Box::new(interceptor));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Interceptor> {
        self.0.iter().map(|interceptor| &**interceptor)
    }

    /// The message that a client's becomes; `None` if it was dropped.
    pub(crate) fn inbound(
        &self,
        sender: &Principal,
        mut message: Publish,
    ) -> Result<Option<Publish>, Refusal> {
        for interceptor in &self.0 {
            match interceptor.inbound(sender, &message)? {
                Passage::Pass => {}
                Passage::Change(changed) => message = changed,
                Passage::Drop(reason) => {
                    metrics::dropped(1, reason);
                    return Ok(None);
                }
            }
        }
        Ok(Some(message))
    }

    /// What a message becomes for a subscription of `user`; `None` if it was dropped.
    pub(crate) fn outbound<'a>(&self, user: &str, message: &'a Message) -> Option<Outbound<'a>> {
        let mut message = Outbound::Same(message);
        for interceptor in &self.0 {
            match interceptor.outbound(user, &message) {
                Passage::Pass => {}
                Passage::Change(changed) => message = Outbound::Changed(message.with(changed)),
                Passage::Drop(reason) => {
                    metrics::dropped(1, reason);
                    return None;
                }
            }
        }
        Some(message)
    }
}

/// A message on its way to one subscription.
#[derive(Debug)]
pub(crate) enum Outbound<'a> {
    Same(&'a Message),
    Changed(Message),
}

impl Deref for Outbound<'_> {
    type Target = Message;

    fn deref(&self) -> &Message {
        match self {
            Self::Same(message) => message,
            Self::Changed(message) => message,
        }
    }
}
