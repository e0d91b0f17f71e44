//! Carrying out SEND and COMMIT.

use stomp_proto::{Frame, Send, header::name};

use super::request::Context;
use crate::{Action, Destination, Publish, Refusal, session::Batch};

impl Context {
    pub(super) async fn send(&self, send: &Send) -> Result<(), Refusal> {
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
    pub(super) async fn commit(&self, batch: Batch) -> Result<(), Refusal> {
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

    /// The message of a SEND to one of the broker's destinations, if the client may send it there.
    async fn publishable(&self, message: Publish) -> Result<Publish, Refusal> {
        let (destination, _) = self.permitted(Action::Send, message.destination).await?;
        Ok(Publish { destination, ..message })
    }
}

/// The destination of a SEND. It shares the frame's memory: it lives no longer than the message.
fn destination_of(frame: &Frame) -> Result<Destination, Refusal> {
    let name = frame.headers().get_shared(name::DESTINATION).unwrap_or_default();
    Destination::new(name).map_err(|error| Refusal::from(&error))
}
