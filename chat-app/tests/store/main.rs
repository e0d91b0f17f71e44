//! One suite for every store: each case takes `&dyn Store`, each back-end runs all cases on an empty database.

mod accounts;
mod admins;
mod changes;
mod doors;
mod files;
mod identities;
mod members;
mod messages;
mod pushes;
mod reports;
mod rooms;
mod search;
mod sessions;
mod settings;

#[path = "../postgres/mod.rs"]
mod postgres_server;

use chat_app::{
    domain::{Content, Kind, MemberId, MemberName, Message, RoomId, RoomName, Tag, Timestamp},
    store::{
        AddMember, Append, Entrance, Join, Joining, NewMember, NewMessage, NewRoom, PostgresStore,
        SqliteStore, Store,
    },
};

/// Runs each case on a database of its own.
macro_rules! suite {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod sqlite {
            use super::Store as _;

            $(#[tokio::test]
            async fn $case() {
                let dir = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&dir.path().join("chat.db")).await.unwrap();
                super::$module::$case(&store).await;
                store.close().await;
            })*
        }

        mod postgres {
            use super::Store as _;

            $(#[tokio::test]
            async fn $case() {
                let database = super::postgres_server::database().await;
                let store = super::PostgresStore::open(&database).await.unwrap();
                super::$module::$case(&store).await;
                store.close().await;
            })*
        }
    };
}

suite! {
    members::an_address_and_a_name_with_its_tag_are_unique,
    members::members_are_listed_page_by_page_and_found_by_part_of_the_name,
    members::a_change_leaves_what_is_not_given,
    accounts::a_guest_becomes_a_user_once,
    accounts::an_erased_member_is_nobody,
    admins::status_and_role_are_changed_and_noted,
    identities::an_account_is_one_members_and_its_address_too,
    identities::a_member_keeps_a_way_to_log_in,
    sessions::each_refresh_token_works_once_and_any_older_one_ends_the_session,
    sessions::the_token_before_the_newest_works_for_a_moment_and_changes_nothing,
    sessions::of_two_refreshes_at_once_both_are_answered,
    sessions::all_sessions_of_a_member_end_but_one,
    sessions::a_session_ends_when_it_expires_or_is_revoked,
    rooms::a_pair_has_one_room_however_often_and_by_whom_it_is_asked_for,
    rooms::joining_writes_a_line_once,
    rooms::the_owner_who_leaves_is_followed_by_the_oldest_and_the_last_one_out_deletes,
    rooms::rooms_are_listed_by_their_newest_message_page_by_page,
    rooms::markers_only_move_forward_and_not_beyond_the_newest_message,
    rooms::entries_are_of_those_who_are_in_the_rooms,
    rooms::unread_counts_what_others_said_and_stops_at_100,
    messages::numbers_have_no_holes_under_concurrency,
    messages::sending_again_stores_nothing,
    messages::each_message_of_a_batch_has_an_answer_of_its_own,
    messages::what_is_said_to_be_stored_is_what_is_read,
    messages::only_participants_write_and_read,
    messages::history_is_ascending_in_every_direction,
    messages::an_answer_is_to_a_message_that_its_sender_may_read,
    messages::who_came_later_reads_what_was_said_since_if_the_room_says_so,
    messages::old_messages_go_when_the_room_says_so,
    changes::an_edit_needs_its_author_and_the_version_that_was_seen,
    changes::a_deleted_message_keeps_its_place_and_nothing_else,
    changes::reactions_are_counted_by_kind_and_bounded,
    changes::changes_are_numbered_without_holes_and_read_from_any_place,
    changes::members_are_named_until_the_text_no_more_names_them,
    changes::messages_are_for_whom_they_name_answer_or_meet_alone,
    pushes::messages_of_several_rooms_each_have_their_devices,
    search::two_syllables_within_a_word_are_found,
    search::only_what_the_member_may_read_is_found,
    search::text_is_no_language_of_the_database,
    doors::a_locked_room_opens_by_a_grant_once,
    doors::an_invitation_works_as_often_as_it_says,
    doors::who_is_banned_does_not_come_back,
    doors::the_owner_is_one,
    files::a_file_is_carried_by_one_message_of_its_owner_in_its_room,
    files::a_file_is_read_by_who_may_read_its_message,
    files::what_ends_a_file_leaves_its_content_to_be_deleted,
    files::content_that_is_awaited_is_stray_when_it_is_due,
    files::a_member_has_one_picture,
    files::files_at_once_do_not_take_more_than_there_is,
    reports::a_message_is_reported_once_by_who_may_read_it,
    reports::a_member_is_reported_again_when_the_report_is_resolved,
    reports::reports_are_listed_page_by_page_and_by_state,
    settings::a_setting_is_made_once_or_changed,
}

/// An active member.
async fn member(store: &dyn Store, name: &str) -> MemberId {
    let (name, tag) = (MemberName::parse(name).unwrap(), Tag::random());
    let new = NewMember {
        kind: Kind::User,
        name: &name,
        tag: &tag,
        login: None,
        locale: None,
        now: Timestamp::now(),
    };
    match store.add_member(new).await.unwrap() {
        AddMember::Added(id) => id,
        other => panic!("{other:?}"),
    }
}

/// A group room.
async fn room(store: &dyn Store, owner: MemberId) -> RoomId {
    let name = RoomName::parse("room").unwrap();
    let now = Timestamp::now();
    let new = NewRoom { name: &name, owner, password_hash: None, listed: true, now };
    store.create_room(new).await.unwrap()
}

/// Joins and expects to be let in.
async fn join(store: &dyn Store, room: RoomId, member: MemberId) {
    let joined = enter(store, room, member, Entrance::Asking).await;
    assert!(matches!(joined, Join::Joined(_)), "{joined:?}");
}

/// Joins by some right.
async fn enter(store: &dyn Store, room: RoomId, member: MemberId, by: Entrance<'_>) -> Join {
    store.join_room(Joining { room, member, by, now: Timestamp::now() }).await.unwrap()
}

/// Says something that is stored.
async fn tell(store: &dyn Store, room: RoomId, sender: MemberId, text: &str) -> Message {
    match say(store, room, sender, text).await {
        Append::Stored(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// Says something.
async fn say(store: &dyn Store, room: RoomId, sender: MemberId, text: &str) -> Append {
    let content = Content::parse(text.to_owned()).unwrap();
    let new = NewMessage {
        room,
        sender,
        content: &content,
        client_message_id: None,
        reply_to: None,
        files: &[],
        now: Timestamp::now(),
    };
    append(store, new).await
}

/// Stores one message.
async fn append(store: &dyn Store, new: NewMessage<'_>) -> Append {
    let [outcome] = <[Append; 1]>::try_from(store.append(&[new]).await.unwrap()).unwrap();
    outcome
}
