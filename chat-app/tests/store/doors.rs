//! What lets members into rooms, and what keeps them out.

use std::time::Duration;

use chat_app::{
    domain::{MemberId, ParticipantRole, RoomId, Timestamp},
    store::{Ban, Entrance, Join, Leave, NewInvite, RoomChange, Store},
};

use super::{enter, join, member, room};

async fn locked_room(store: &dyn Store, owner: MemberId) -> RoomId {
    let room = room(store, owner).await;
    let change = RoomChange { password_hash: Some(Some("hash")), ..RoomChange::default() };
    store.change_room(room, change).await.unwrap();
    room
}

pub(crate) async fn a_locked_room_opens_by_a_grant_once(store: &dyn Store) {
    let (owner, guest) = (member(store, "owner").await, member(store, "guest").await);
    let room = locked_room(store, owner).await;
    assert_eq!(store.room_password(room).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(enter(store, room, guest, Entrance::Asking).await, Join::Locked);
    let soon = Timestamp::now().after(Duration::from_secs(60));
    store.grant_entry(room, owner, soon).await.unwrap();
    assert_eq!(enter(store, room, guest, Entrance::Asking).await, Join::Locked, "it is another one's");
    store.grant_entry(room, guest, Timestamp::now().before(Duration::from_secs(1))).await.unwrap();
    assert_eq!(enter(store, room, guest, Entrance::Asking).await, Join::Locked, "it has ended");
    store.grant_entry(room, guest, soon).await.unwrap();
    join(store, room, guest).await;
    store.leave_room(room, guest, None, Timestamp::now()).await.unwrap();
    assert_eq!(enter(store, room, guest, Entrance::Asking).await, Join::Locked, "it is used up");
    store.grant_entry(room, guest, soon).await.unwrap();
    let other = RoomChange { password_hash: Some(Some("other")), ..RoomChange::default() };
    store.change_room(room, other).await.unwrap();
    assert_eq!(
        enter(store, room, guest, Entrance::Asking).await,
        Join::Locked,
        "it was for another password"
    );
    let open = RoomChange { password_hash: Some(None), ..RoomChange::default() };
    store.change_room(room, open).await.unwrap();
    join(store, room, guest).await;
}

pub(crate) async fn an_invitation_works_as_often_as_it_says(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let room = locked_room(store, owner).await;
    let now = Timestamp::now();
    let new = NewInvite { code: "abc", room, by: owner, max_uses: Some(1), expires_at: None, now };
    assert_eq!(store.add_invite(new).await.unwrap().url, "/join/abc");
    let (one, two) = (member(store, "one").await, member(store, "two").await);
    let by_invite = async |member| enter(store, room, member, Entrance::Invite("abc")).await;
    assert_eq!(store.invited_to("abc", now).await.unwrap().unwrap().id, room);
    assert!(matches!(by_invite(one).await, Join::Joined(_)));
    assert_eq!(by_invite(two).await, Join::Closed);
    assert_eq!(store.invited_to("abc", now).await.unwrap(), None);
    assert_eq!(enter(store, room, two, Entrance::Invite("guess")).await, Join::Closed);

    let ended = NewInvite { code: "old", max_uses: None, expires_at: Some(now), ..new };
    store.add_invite(ended).await.unwrap();
    store.add_invite(NewInvite { code: "good", max_uses: None, ..new }).await.unwrap();
    let codes = async || {
        let invites = store.invites(room, now).await.unwrap();
        invites.into_iter().map(|invite| invite.code).collect::<Vec<_>>()
    };
    assert_eq!(codes().await, ["good"]);
    assert!(store.revoke_invite(room, "good", now).await.unwrap());
    assert!(!store.revoke_invite(room, "good", now).await.unwrap());
    assert_eq!(codes().await, [""; 0]);
    assert_eq!(enter(store, room, two, Entrance::Invite("good")).await, Join::Closed);
}

pub(crate) async fn who_is_banned_does_not_come_back(store: &dyn Store) {
    let (owner, eve) = (member(store, "owner").await, member(store, "eve").await);
    let room = room(store, owner).await;
    join(store, room, eve).await;
    let ban = Some(Ban { by: owner });
    let left = store.leave_room(room, eve, ban, Timestamp::now()).await.unwrap();
    assert!(matches!(left, Leave::Left(_, new_owner) if new_owner == owner));
    for by in [Entrance::Asking, Entrance::Admitted, Entrance::Invite("abc")] {
        assert_eq!(enter(store, room, eve, by).await, Join::Banned);
    }
    let stranger = member(store, "stranger").await;
    assert_eq!(store.leave_room(room, stranger, ban, Timestamp::now()).await.unwrap(), Leave::NotIn);
    assert_eq!(enter(store, room, stranger, Entrance::Asking).await, Join::Banned, "before it ever came");
}

pub(crate) async fn the_owner_is_one(store: &dyn Store) {
    let (owner, heir) = (member(store, "owner").await, member(store, "heir").await);
    let room = room(store, owner).await;
    assert!(!store.set_owner(room, heir).await.unwrap(), "who is not in owns nothing");
    join(store, room, heir).await;
    assert!(store.set_owner(room, heir).await.unwrap());
    assert_eq!(store.standing(room, heir).await.unwrap().unwrap().owner_id, Some(heir));
    let participants = store.participants(room).await.unwrap();
    let owners = participants.iter().filter(|participant| participant.room_role == ParticipantRole::Owner);
    assert_eq!(owners.map(|participant| participant.member.id).collect::<Vec<_>>(), [heir]);
}
