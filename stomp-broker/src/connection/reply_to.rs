//! Temporary destinations: where a client gets answers without a SUBSCRIBE.
//!
//! A SEND with `reply-to:/temp-queue/NAME` makes NAME a destination of the session's own. Whoever gets the message
//! finds in `reply-to` an address under [`REPLY_ROOT`] that nobody could guess, and may send to it for as long as the
//! session lives; the answers carry `subscription:/temp-queue/NAME`. To the back-end the address is a topic, so answers
//! come from any node. RabbitMQ's clients know this as temporary queues.

use std::sync::Arc;

use stomp_proto::{AckMode, Command, Frame, Headers, fanout};

use super::{request::Context, subscribe::unencodable_id};
use crate::{
    Destination, Overflow, Refusal,
    config::MAX_ID,
    hub::{MAX_REPLY_DESTINATIONS, Subscription, Terms},
    server::{REPLY_ROOT, TEMPORARY_ROOT},
};

/// The header that names where the answer to a SEND goes.
pub(super) const REPLY_TO: &str = "reply-to";

impl Context {
    /// The headers of a SEND as others may see them: with the address of the sender's temporary destination for its name.
    pub(super) async fn headers(&self, frame: &Frame) -> Result<Headers, Refusal> {
        let headers = frame.headers();
        match headers.get(REPLY_TO) {
            Some(name) if is_temporary(name) => Ok(replaced(headers, REPLY_TO, &self.address(name).await?)),
            _ => Ok(headers.clone()),
        }
    }

    /// The address of a temporary destination, which begins to exist when it is first asked for.
    async fn address(&self, name: &str) -> Result<Destination, Refusal> {
        let replies = &self.client.replies;
        if let Some(address) = replies.address(name) {
            return Ok(address);
        }
        if replies.is_full() || name.len() > MAX_ID {
            let text = format!(
                "A session has {MAX_REPLY_DESTINATIONS} temporary destinations at most, with names of up to {MAX_ID} octets.\n"
            );
            return Err(Refusal::new("too many temporary destinations").text(text));
        }
        let address = format!("{REPLY_ROOT}/{:032x}", rand::random::<u128>());
        let address = Destination::new(address).map_err(|error| Refusal::from(&error))?;
        let subscription = self.answers_to(name)?;
        let begun = self.subscribe_topic(address.clone(), subscription, None).await?;
        replies.add(name, address.clone(), Arc::clone(begun.subscribed.subscription()));
        Ok(address)
    }

    /// The subscription that a client is told to have to a temporary destination.
    fn answers_to(&self, name: &str) -> Result<Subscription, Refusal> {
        let prefix = fanout::prefix(Some(name), self.version).map_err(unencodable_id)?;
        let (mode, overflow) = (AckMode::Auto, Overflow::Disconnect);
        let terms = Terms { prefix, version: self.version, serial: 0, mode, overflow };
        let user = Arc::clone(self.principal()?.user());
        Ok(Subscription::new(user, Arc::clone(&self.client.outbox), terms))
    }
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix(TEMPORARY_ROOT).is_some_and(|rest| rest.starts_with('/'))
}

fn replaced(headers: &Headers, name: &str, value: &str) -> Headers {
    let frame = headers.iter().fold(Frame::builder(Command::Send), |frame, (old, kept)| {
        frame.header(old, if old == name { value } else { kept })
    });
    let (_, headers, _) = frame.build().into_parts();
    headers
}
