//! The destinations of the service, and their older names.

use stomp_broker::Destination;

use crate::{
    chat::{COUNTS, Queue, events_of, messages_of, presence_of, typing_of},
    domain::RoomId,
};

/// Something to subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscribable {
    /// A room's messages.
    Messages(RoomId),
    /// What happens in a room.
    Events(RoomId),
    /// Who writes in a room.
    Typing(RoomId),
    /// Who of a room is connected.
    Presence(RoomId),
    /// How many members are connected.
    Count,
    /// A queue of the member's own.
    Own,
}

impl Subscribable {
    /// What a destination names, if it is one to subscribe to.
    pub(super) fn parse(destination: &str) -> Option<Self> {
        if Queue::ALL.iter().any(|queue| queue.destination() == destination) {
            return Some(Self::Own);
        }
        if COUNTS.contains(&destination) {
            return Some(Self::Count);
        }
        if let Some((room, what)) =
            destination.strip_prefix("/topic/room/").and_then(|rest| rest.split_once('/'))
        {
            let room = room_id(room)?;
            return match what {
                "events" => Some(Self::Events(room)),
                "typing" => Some(Self::Typing(room)),
                "presence" => Some(Self::Presence(room)),
                _ => None,
            };
        }
        // The last is a prefix of the others, which no room's id begins with.
        let names = ["/topic/room/", "/topic/chat-room/", "/sub/channel/", "/topic/"];
        names.iter().find_map(|name| room_id(destination.strip_prefix(name)?)).map(Self::Messages)
    }

    /// The room it belongs to.
    pub(super) fn room(self) -> Option<RoomId> {
        match self {
            Self::Messages(room) | Self::Events(room) | Self::Typing(room) | Self::Presence(room) => {
                Some(room)
            }
            Self::Count | Self::Own => None,
        }
    }

    /// The one name that the service publishes to; `None` if every name will do.
    pub(super) fn canonical(self) -> Option<Destination> {
        match self {
            Self::Messages(room) => Some(messages_of(room)),
            Self::Events(room) => Some(events_of(room)),
            Self::Typing(room) => Some(typing_of(room)),
            Self::Presence(room) => Some(presence_of(room)),
            Self::Count | Self::Own => None,
        }
    }
}

/// An id as the service writes it: neither `07` nor `+7` is another name of room 7.
pub(super) fn room_id(text: &str) -> Option<RoomId> {
    let room: RoomId = text.parse().ok()?;
    (room.0 > 0 && room.to_string() == text).then_some(room)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/topic/room/7")]
    #[case("/topic/7")]
    #[case("/topic/chat-room/7")]
    #[case("/sub/channel/7")]
    fn older_names_of_a_room_mean_the_same(#[case] name: &str) {
        let found = Subscribable::parse(name).unwrap();
        assert_eq!(found, Subscribable::Messages(RoomId(7)));
        assert_eq!(&*found.canonical().unwrap(), "/topic/room/7");
    }

    #[test]
    fn events_and_queues_have_one_name() {
        assert_eq!(Subscribable::parse("/topic/room/7/events"), Some(Subscribable::Events(RoomId(7))));
        assert_eq!(Subscribable::parse("/topic/room/7/typing"), Some(Subscribable::Typing(RoomId(7))));
        assert_eq!(Subscribable::parse("/topic/room/7/presence"), Some(Subscribable::Presence(RoomId(7))));
        assert_eq!(Subscribable::parse("/sub/channel/entry"), Some(Subscribable::Count));
        assert_eq!(Subscribable::parse("/user/queue/acks"), Some(Subscribable::Own));
    }

    #[rstest]
    #[case("/topic/room/07")]
    #[case("/topic/room/+7")]
    #[case("/topic/room/-7")]
    #[case("/topic/room/0")]
    #[case("/topic/room/")]
    #[case("/topic/room/7/")]
    #[case("/topic/room/7/elsewhere")]
    #[case("/topic/room/7/typing/")]
    #[case("/topic/room/07/typing")]
    #[case("/topic/room")]
    #[case("/topic")]
    #[case("/sub/channel/entrance")]
    #[case("/topic/>")]
    #[case("/user/queue")]
    #[case("/user/queue/acks/")]
    #[case("/user/5/queue/acks")]
    #[case("/queue/acks")]
    fn nothing_else_is_a_destination(#[case] name: &str) {
        assert_eq!(Subscribable::parse(name), None);
    }
}
