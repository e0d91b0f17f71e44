//! What one node tells all others about users: messages to them, the end of their sessions and rights.

use std::sync::Arc;

use bytes::Bytes;

use super::{Hub, UserDestination};
use crate::{
    Destination, Publish, Refusal,
    wire::{Reader, Writer},
};

/// Something that every node carries out for the sessions it has.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Deliver a message for one of the user's own destinations.
    Send { user: Arc<str>, publish: Publish },
    /// End every session of a user, or those by one credential.
    Disconnect { user: Arc<str>, credential: Option<Arc<str>>, reason: Refusal },
    /// End a user's subscriptions to a topic.
    Revoke { user: Arc<str>, destination: Destination },
}

/// The first octet, of this layout; a node ignores what it cannot read.
const VERSION: u8 = 1;

impl Order {
    pub(crate) fn encode(&self) -> Bytes {
        let writer = Writer::default().tag(VERSION);
        match self {
            Self::Send { user, publish } => writer.tag(0).field(user.as_bytes()).publish(publish),
            Self::Disconnect { user, credential, reason } => {
                let writer = writer
                    .tag(1)
                    .field(user.as_bytes())
                    .tag(u8::from(credential.is_some()))
                    .field(credential.as_deref().unwrap_or_default().as_bytes())
                    .field(reason.summary().as_bytes())
                    .tag(u8::from(reason.is_json()))
                    .field(reason.body());
                match reason.announcement() {
                    Some(announcement) => writer.tag(1).publish(&announcement),
                    None => writer.tag(0),
                }
            }
            Self::Revoke { user, destination } => {
                writer.tag(2).field(user.as_bytes()).field(destination.as_bytes())
            }
        }
        .finish()
    }

    pub(crate) fn decode(octets: Bytes) -> Option<Self> {
        let mut reader = Reader::new(octets);
        if reader.tag()? != VERSION {
            return None;
        }
        let tag = reader.tag()?;
        let user = Arc::from(&*reader.text()?);
        match tag {
            0 => Some(Self::Send { user, publish: reader.publish()? }),
            1 => {
                let is_one = reader.tag()? == 1;
                let credential = reader.text()?;
                let credential = is_one.then(|| Arc::from(&*credential));
                let reason = Refusal::new(reader.text()?.to_string());
                let is_json = reader.tag()? == 1;
                let body = reader.field()?;
                let reason = if is_json { reason.json(body) } else { reason.text(body) };
                let reason = match reader.tag()? {
                    1 => {
                        let announcement = reader.publish()?;
                        reason.announced(announcement.destination, announcement.body)
                    }
                    _ => reason,
                };
                Some(Self::Disconnect { user, credential, reason })
            }
            2 => Some(Self::Revoke { user, destination: reader.destination()? }),
            _ => None,
        }
    }
}

impl Hub {
    /// Carries an order out for the sessions of this node.
    pub(crate) fn obey(&self, order: Order) {
        match order {
            Order::Send { user, publish } => {
                let to = UserDestination { user, name: publish.destination.clone() };
                self.send_to_user(&to, publish);
            }
            Order::Disconnect { user, credential, reason } => {
                self.disconnect(&user, credential.as_deref(), &reason);
            }
            Order::Revoke { user, destination } => self.revoke(&user, &destination),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_out_as_they_went_in() {
        let destination = Destination::new("/user/queue/a").unwrap();
        for order in [
            Order::Send { user: "ann".into(), publish: Publish::new(destination.clone(), "body") },
            Order::Disconnect {
                user: "ann".into(),
                credential: None,
                reason: Refusal::new("gone").json("{}"),
            },
            Order::Disconnect {
                user: "ann".into(),
                credential: Some("phone".into()),
                reason: Refusal::new("gone").text("why").announced(destination.clone(), "{}"),
            },
            Order::Revoke { user: "ann".into(), destination },
        ] {
            let read = Order::decode(order.encode()).unwrap();
            assert_eq!(format!("{read:?}"), format!("{order:?}"));
        }
    }

    #[test]
    fn an_order_of_another_version_is_not_carried_out() {
        assert!(Order::decode(Bytes::from_static(&[9, 0, 0, 0, 0, 0])).is_none());
        assert!(Order::decode(Bytes::new()).is_none());
    }
}
