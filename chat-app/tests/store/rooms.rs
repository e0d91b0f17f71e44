//! Rooms.

use chat_app::{
    domain::{MemberId, MessageType, ReadMarker, RoomId, Timestamp},
    store::{Entrance, Join, Leave, RoomQuery, Store},
};

use super::{enter, join, member, room, say};

pub(crate) async fn a_pair_has_one_room_however_often_and_by_whom_it_is_asked_for(store: &dyn Store) {
    let (one, other) = (member(store, "one").await, member(store, "other").await);
    let now = Timestamp::now();
    let (first, second) =
        tokio::join!(store.private_room(one, other, now), store.private_room(other, one, now));
    let ((first, made_first), (second, made_second)) = (first.unwrap().unwrap(), second.unwrap().unwrap());
    assert_eq!(first, second);
    assert!(made_first ^ made_second);
    assert_eq!(store.my_room(first, one).await.unwrap().unwrap().room.name, "other");
    assert_eq!(store.my_room(first, other).await.unwrap().unwrap().room.name, "one");
    assert_eq!(store.private_room(one, MemberId(999), now).await.unwrap(), None);
    assert_eq!(enter(store, first, member(store, "third").await, Entrance::Asking).await, Join::Closed);
    assert_eq!(store.leave_room(first, one, None, now).await.unwrap(), Leave::Private);
}

pub(crate) async fn joining_writes_a_line_once(store: &dyn Store) {
    let (owner, guest) = (member(store, "owner").await, member(store, "guest").await);
    let room = room(store, owner).await;
    let Join::Joined(line) = enter(store, room, guest, Entrance::Asking).await else { panic!("not in") };
    assert_eq!((line.r#type, line.seq, line.sender_id), (MessageType::Join, 1, Some(guest)));
    assert_eq!(enter(store, room, guest, Entrance::Asking).await, Join::AlreadyIn);
    assert_eq!(enter(store, RoomId(999), guest, Entrance::Asking).await, Join::NoRoom);
    assert_eq!(store.my_room(room, owner).await.unwrap().unwrap().last_seq, 1);
    let members: Vec<_> = store.participants(room).await.unwrap().iter().map(|p| p.member.id).collect();
    assert_eq!(members, [owner, guest]);
}

pub(crate) async fn the_owner_who_leaves_is_followed_by_the_oldest_and_the_last_one_out_deletes(
    store: &dyn Store,
) {
    let (owner, second, third) =
        (member(store, "owner").await, member(store, "second").await, member(store, "third").await);
    let room = room(store, owner).await;
    join(store, room, second).await;
    join(store, room, third).await;
    let leave = async |member| store.leave_room(room, member, None, Timestamp::now()).await.unwrap();

    let Leave::Left(line, next) = leave(owner).await else { panic!("not left") };
    assert_eq!((line.r#type, next), (MessageType::Leave, second));
    assert_eq!(leave(owner).await, Leave::NotIn);
    let Leave::Left(_, next) = leave(third).await else { panic!("not left") };
    assert_eq!(next, second);
    assert_eq!(leave(second).await, Leave::RoomDeleted);
    assert_eq!(leave(second).await, Leave::NoRoom);
    assert_eq!(store.standing(room, owner).await.unwrap(), None);
}

pub(crate) async fn rooms_are_listed_by_their_newest_message_page_by_page(store: &dyn Store) {
    let (owner, visitor) = (member(store, "owner").await, member(store, "visitor").await);
    let mut rooms = Vec::new();
    for _ in 0..3 {
        rooms.push(room(store, owner).await);
    }
    store.private_room(owner, visitor, Timestamp::now()).await.unwrap();
    // Times are kept to the millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    join(store, rooms[0], visitor).await;
    let list = async |after, limit| {
        let query = RoomQuery { viewer: visitor, name: "oo", after, limit };
        let rooms = store.rooms(query).await.unwrap();
        rooms.into_iter().map(|room| (room.id, room.joined)).collect::<Vec<_>>()
    };
    let all = list(None, 10).await;
    assert_eq!(all, [(rooms[0], true), (rooms[2], false), (rooms[1], false)]);
    assert_eq!(list(Some(all[0].0), 1).await, all[1..2]);
    assert_eq!(list(Some(all[2].0), 1).await, []);
}

pub(crate) async fn markers_only_move_forward_and_not_beyond_the_newest_message(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let room = room(store, owner).await;
    for _ in 0..3 {
        say(store, room, owner, "x").await;
    }
    let read = async |seq| store.mark_read(room, owner, seq).await.unwrap();
    assert_eq!(read(Some(2)).await, Some(ReadMarker { seq: 2, moved: true }));
    assert_eq!(read(Some(-1)).await, Some(ReadMarker { seq: 2, moved: false }));
    assert_eq!(read(Some(i64::MAX)).await, Some(ReadMarker { seq: 3, moved: true }));
    assert_eq!(read(None).await, Some(ReadMarker { seq: 3, moved: false }));
    assert_eq!(store.mark_read(room, member(store, "visitor").await, None).await.unwrap(), None);
}

pub(crate) async fn unread_counts_what_others_said_and_stops_at_100(store: &dyn Store) {
    let (owner, reader) = (member(store, "owner").await, member(store, "reader").await);
    let room = room(store, owner).await;
    join(store, room, reader).await;
    say(store, room, reader, "mine").await;
    let unread = async || store.my_room(room, reader).await.unwrap().unwrap().unread_count;
    assert_eq!(unread().await, 0, "neither lines nor one's own words are unread");
    for _ in 0..101 {
        say(store, room, owner, "x").await;
    }
    assert_eq!(unread().await, 100);
    store.mark_read(room, reader, Some(102)).await.unwrap();
    assert_eq!(unread().await, 1);
    assert_eq!(store.my_rooms(reader).await.unwrap().len(), 1);
}

pub(crate) async fn entries_are_of_those_who_are_in_the_rooms(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (here, there, gone) = (room(store, kim).await, room(store, kim).await, RoomId(999));
    join(store, here, lee).await;
    say(store, here, kim, "hello").await;
    let mut members = store.members_of(&[here, gone]).await.unwrap();
    members.sort_unstable();
    assert_eq!(members, [(here, kim), (here, lee)]);

    let asked = [(here, lee), (there, lee), (there, kim), (gone, kim)];
    let mut entries = store.entries(&asked).await.unwrap();
    entries.sort_unstable_by_key(|entry| entry.room.id);
    let [of_lee, of_kim] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((of_lee.room.id, of_lee.member_id, of_lee.unread_count), (here, lee, 1));
    assert_eq!(Some(of_kim), store.my_room(there, kim).await.unwrap().as_ref());
}
