//! Requests for the application's handlers, and what becomes of the answers.

use std::sync::Arc;

use bytes::Bytes;
use stomp_proto::{Headers, Subscribe, header::name};
use tracing::{Instrument, info_span};

use super::{
    reply_to::REPLY_TO,
    request::Context,
    subscribed::{Begun, Target},
};
use crate::{
    Action, Destination, DestinationKind, Publish, Refusal,
    app::{Content, Reply, Request, To, fault},
    hub::UserDestination,
    server::{Shared, USER_ROOT},
};

/// The header by which a client that asks several things tells the answers apart: it comes back as it was sent.
const CORRELATION_ID: &str = "correlation-id";

impl Context {
    /// Has the application's handler carry out the frame, if there is one for its destination.
    pub(super) async fn ask(
        &self,
        action: Action,
        destination: &Destination,
        headers: &Headers,
        body: &Bytes,
    ) -> Option<Result<Reply, Refusal>> {
        let Shared { app, authorizer, .. } = &*self.shared;
        let app = app.as_ref()?;
        let principal = self.principal().ok()?;
        let request = Request {
            destination: destination.clone(),
            parameters: Vec::new(),
            headers: headers.clone(),
            body: body.clone(),
            principal: principal.clone(),
            session: self.client.id,
        };
        // What the handler logs can be followed across processes: https://www.w3.org/TR/trace-context/
        let traceparent = headers.get("traceparent");
        let span = info_span!("handler", %destination, user = &**principal.user(), traceparent);
        let handler = app.dispatch(action, request)?;
        let call = async {
            authorizer.authorize_call(principal, action, destination).await?;
            handler.await
        };
        Some(self.shared.in_time(call.instrument(span)).await.and_then(|reply| reply))
    }

    /// Sends what the handler of a SEND returned.
    pub(super) async fn answer_send(&self, reply: Reply, headers: &Headers) -> Result<(), Refusal> {
        let Some(reply_to) = headers.get(REPLY_TO) else {
            return self.send_out(reply).await.map(|_| ());
        };
        let answers = self.send_out(reply).await?;
        if answers.is_empty() {
            return Ok(());
        }
        let destination = Destination::new(reply_to).map_err(|error| Refusal::from(&error))?;
        let correlation = headers.get(CORRELATION_ID);
        let publish = |content: Content, destination: &Destination| {
            let publish = content.to(destination.clone());
            match correlation {
                Some(id) => publish.header(CORRELATION_ID, id),
                None => publish,
            }
        };
        if destination.is_under(USER_ROOT) {
            answers.into_iter().for_each(|content| self.tell(publish(content, &destination)));
            return Ok(());
        }
        // The answer goes where the sender itself could send: a handler's rights are not for lending.
        let (destination, _) = self.permitted(Action::Send, destination).await?;
        let batch = answers.into_iter().map(|content| publish(content, &destination)).collect();
        self.shared.publish(batch).await.map_err(|error| Refusal::from(&error))
    }

    /// Makes a subscription of what the handler of a SUBSCRIBE returned.
    pub(super) async fn answer_subscribe(
        &self,
        reply: Reply,
        subscribe: &Subscribe,
        destination: Destination,
        serial: u32,
    ) -> Result<Begun, Refusal> {
        let subscription = Arc::new(self.subscription(subscribe, &destination, serial)?);
        let answers = self.send_out(reply).await?;
        let messages = answers
            .into_iter()
            .map(|content| self.shared.hub.message_of(content.to(destination.clone())))
            .collect();
        Ok(Begun { answers: messages, ..Begun::new(Target::Application, subscription) })
    }

    /// Sends the messages that have a destination; gives back those that are for whoever asks.
    async fn send_out(&self, reply: Reply) -> Result<Vec<Content>, Refusal> {
        let mut answers = Vec::new();
        for (to, content) in reply.messages {
            match to {
                To::Asker => answers.push(content),
                To::User(destination) if destination.is_under(USER_ROOT) => {
                    let user = Arc::clone(self.principal()?.user());
                    let to = UserDestination { user, name: destination.clone() };
                    self.shared.hub.send_to_user(&to, content.to(destination));
                }
                To::User(destination) => {
                    return Err(fault(&format_args!("{destination} is not under {USER_ROOT}")));
                }
                To::Destination(destination) => match self.shared.kind(&destination) {
                    Ok(DestinationKind::Topic | DestinationKind::Queue) => {
                        let published = self.shared.publish(vec![content.to(destination)]).await;
                        published.map_err(|error| Refusal::from(&error))?;
                    }
                    _ => return Err(fault(&format_args!("{destination} is neither a topic nor a queue"))),
                },
            }
        }
        Ok(answers)
    }

    /// Sends a message to this session alone, if it listens to the destination.
    fn tell(&self, publish: Publish) {
        if let Ok(principal) = self.principal() {
            let user = Arc::clone(principal.user());
            let to = UserDestination { user, name: publish.destination.clone() };
            self.shared.hub.send_to_session(&to, &self.client.outbox, publish);
        }
    }
}

impl Content {
    /// A message with this content.
    fn to(self, destination: Destination) -> Publish {
        let publish = Publish::new(destination, self.body);
        match self.content_type {
            Some(content_type) => publish.header(name::CONTENT_TYPE, content_type),
            None => publish,
        }
    }
}
