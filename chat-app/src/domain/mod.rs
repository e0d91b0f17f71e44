//! The types of the chat and the rules they keep: no IO, no clock, no wire.
//!
//! Text from outside becomes one of these types by its `parse`, once, at the border; what holds one need not
//! check it again.

mod admin;
mod file;
mod id;
mod locale;
mod member;
mod mention;
mod message;
mod nickname;
mod problem;
mod provider;
mod relation;
mod report;
mod room;
mod search;
mod session;
mod text;
mod timestamp;

pub use self::{
    admin::{AdminMember, AdminRoom, AuditEntry, Registration, Settings, Stats},
    file::{FileName, MAX_FILES},
    id::{FileId, MemberId, MessageId, RoomId, SessionId},
    locale::Locale,
    member::{Email, Kind, Me, Member, MemberName, Password, Role, Status, Tag},
    mention::{Nameable, mentioned},
    message::{
        Change, ChangeKind, ClientMessageId, Content, InvalidContent, MAX_BYTES, MAX_CHARS, Message,
        MessageType,
    },
    nickname::nickname,
    problem::{Problem, Problems},
    provider::{LinkedAccount, Provider},
    relation::{By, Emoji, File, MAX_REACTIONS, Reaction, Reply},
    report::{Reason, Report, ReportState},
    room::{
        History, Invite, MAX_PARTICIPANTS, MyRoom, Notify, Participant, ParticipantRole, ReadMarker, Room,
        RoomEvent, RoomName, RoomPassword, RoomSettings, RoomType, pair_key,
    },
    search::{SearchText, grams},
    session::Session,
    timestamp::Timestamp,
};
