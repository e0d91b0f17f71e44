//! From a delivery to the frame that the transport writes.

use bytes::Bytes;
use stomp_proto::{AckMode, fanout::MessageTail};

use super::{Connection, now};
use crate::{
    Message,
    hub::{Delivery, Slots},
    metrics,
    session::Unsettled,
    transport::{Outgoing, Transport},
};

/// How many deliveries an idle connection keeps room for.
const KEPT_ROOM: usize = 4;

impl<T: Transport> Connection<T> {
    /// Hands the transport what the outbox held.
    pub(super) fn push_batch(&mut self) {
        let mut sent = 0;
        while let Some(slot) = self.batch.pop_front() {
            sent += usize::from(slot.is_some_and(|delivery| self.push_message(&delivery)));
        }
        metrics::sent(sent);
        // A burst's room is not kept, since an idle connection may never see another.
        if self.batch.capacity() > KEPT_ROOM {
            self.batch = Slots::new();
        }
    }

    /// Hands the transport one message, if it is still wanted and can be written.
    pub(super) fn push_message(&mut self, delivery: &Delivery) -> bool {
        let subscription = &delivery.subscription;
        if !subscription.is_active() {
            metrics::dropped(1, "unsubscribed");
            return false;
        }
        let Some(interceptors) = &self.shared.interceptors else {
            return self.write_message(delivery, &delivery.message);
        };
        match interceptors.outbound(subscription.user(), &delivery.message) {
            Some(message) => self.write_message(delivery, &message),
            None => {
                self.written.extend(delivery.lease.clone());
                false
            }
        }
    }

    /// Hands the transport a message in the place of the one that is delivered; says whether it could be written.
    fn write_message(&mut self, delivery: &Delivery, message: &Message) -> bool {
        let Delivery { subscription, lease, .. } = delivery;
        let terms = subscription.terms();
        let Some(tail) = message.tail(terms.version) else {
            metrics::dropped(1, "unencodable");
            return false;
        };
        let is_text = message.is_text();
        if terms.is_acknowledged() || lease.is_some() {
            let (prefix, rest) = self.named(delivery, tail);
            self.transport.push(Outgoing { prefix: &prefix, rest: &rest, is_text, compressed: None });
        } else {
            let wants_compressed = self.transport.wants_compressed();
            let compressed = wants_compressed.then(|| message.compressed(terms.version)).flatten();
            let (prefix, rest) = (&terms.prefix, tail.as_bytes());
            self.transport.push(Outgoing { prefix, rest, is_text, compressed });
        }
        true
    }

    /// A MESSAGE with headers of its own: a name to acknowledge it by, a count of deliveries.
    fn named(&mut self, delivery: &Delivery, tail: &MessageTail) -> (Bytes, Bytes) {
        let Delivery { subscription, message, lease } = delivery;
        let terms = subscription.terms();
        let mut prefix = terms.prefix.to_vec();
        // Nothing in these lines is ever escaped.
        if terms.mode == AckMode::Auto {
            self.written.extend(lease.clone());
            prefix.extend_from_slice(format!("message-id:{}\n", message.id()).as_bytes());
        } else {
            let (subscription, mode, bytes) = (terms.serial, terms.mode, message.size());
            let tag =
                self.session.delivered(now(), Unsettled { subscription, mode, bytes, lease: lease.clone() });
            prefix.extend_from_slice(format!("message-id:{}-{tag}\nack:{tag}\n", message.id()).as_bytes());
        }
        if let Some(again) = lease.as_ref().filter(|lease| lease.deliveries > 1) {
            let headers = format!("redelivered:true\nx-delivery-count:{}\n", again.deliveries);
            prefix.extend_from_slice(headers.as_bytes());
        }
        (prefix.into(), tail.without_id())
    }
}
