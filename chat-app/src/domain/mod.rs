//! The types of the chat and the rules they keep: no IO, no clock, no wire.
//!
//! Text from outside becomes one of these types by its `parse`, once, at the border; what holds one need not
//! check it again.

mod admin;
mod id;
mod locale;
mod member;
mod message;
mod nickname;
mod problem;
mod provider;
mod room;
mod session;
mod text;
mod timestamp;

pub use self::{
    admin::{AdminMember, AuditEntry, Registration, Settings, Stats},
    id::{MemberId, MessageId, RoomId, SessionId},
    locale::Locale,
    member::{Email, Kind, Me, Member, MemberName, Password, Role, Status, Tag},
    message::{ClientMessageId, Content, InvalidContent, MAX_BYTES, MAX_CHARS, Message, MessageType},
    nickname::nickname,
    problem::{Problem, Problems},
    provider::{LinkedAccount, Provider},
    room::{
        MAX_PARTICIPANTS, MyRoom, Notify, Participant, ParticipantRole, ReadMarker, Room, RoomEvent,
        RoomName, RoomType, pair_key,
    },
    session::Session,
    timestamp::Timestamp,
};
