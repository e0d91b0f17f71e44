//! One suite for every store: each case takes `&dyn Store`, each back-end runs all cases on an empty database.

mod accounts;
mod admins;
mod identities;
mod members;
mod messages;
mod rooms;
mod sessions;
mod settings;

#[path = "../postgres/mod.rs"]
mod postgres_server;

use chat_app::{
    domain::{Content, Kind, MemberId, MemberName, RoomId, RoomName, Tag, Timestamp},
    store::{AddMember, Append, Join, NewMember, NewMessage, PostgresStore, SqliteStore, Store},
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
    rooms::unread_counts_what_others_said_and_stops_at_100,
    messages::numbers_have_no_holes_under_concurrency,
    messages::sending_again_stores_nothing,
    messages::only_participants_write_and_read,
    messages::history_is_ascending_in_every_direction,
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
    store.create_room(&name, owner, Timestamp::now()).await.unwrap()
}

/// Joins and expects to be let in.
async fn join(store: &dyn Store, room: RoomId, member: MemberId) {
    let joined = store.join_room(room, member, Timestamp::now()).await.unwrap();
    assert!(matches!(joined, Join::Joined(_)), "{joined:?}");
}

/// Says something.
async fn say(store: &dyn Store, room: RoomId, sender: MemberId, text: &str) -> Append {
    let content = Content::parse(text.to_owned()).unwrap();
    let new = NewMessage { room, sender, content: &content, client_message_id: None, now: Timestamp::now() };
    store.append(new).await.unwrap()
}
