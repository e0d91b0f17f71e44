//! Accounts.

use chat_app::{
    domain::{Email, Kind, MemberName, Status, Tag, Timestamp},
    store::{AddMember, NewMember, Store, Upgrade, Upgraded},
};

use super::member;

pub(crate) async fn a_guest_becomes_a_user_once(store: &dyn Store) {
    let (name, tag, email) =
        (MemberName::parse("kim").unwrap(), Tag::random(), Email::parse("kim@example.com").unwrap());
    let new = NewMember {
        kind: Kind::Guest,
        name: &name,
        tag: &tag,
        login: None,
        locale: None,
        now: Timestamp::now(),
    };
    let AddMember::Added(guest) = store.add_member(new).await.unwrap() else { panic!("not added") };
    let upgrade =
        Upgrade { email: &email, password_hash: "hash", name: None, tag: None, now: Timestamp::now() };
    assert_eq!(store.upgrade_guest(guest, upgrade).await.unwrap(), Upgraded::Done);
    assert_eq!(store.me(guest).await.unwrap().unwrap().member.kind, Kind::User);
    assert_eq!(store.password_hash(guest).await.unwrap().as_deref(), Some("hash"));

    let other = Email::parse("other@example.com").unwrap();
    assert_eq!(
        store.upgrade_guest(guest, Upgrade { email: &other, ..upgrade }).await.unwrap(),
        Upgraded::NoGuest
    );
    let AddMember::Added(next) = store.add_member(NewMember { tag: &Tag::random(), ..new }).await.unwrap()
    else {
        panic!("not added")
    };
    assert_eq!(store.upgrade_guest(next, upgrade).await.unwrap(), Upgraded::EmailTaken);
    let same = Upgrade { email: &other, tag: Some(&tag), ..upgrade };
    assert_eq!(store.upgrade_guest(next, same).await.unwrap(), Upgraded::TagTaken);
}

pub(crate) async fn an_erased_member_is_nobody(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let now = Timestamp::now();
    store.set_password(kim, "hash", now).await.unwrap();
    assert!(store.block(lee, kim, now).await.unwrap());
    store.erase_member(kim, &Tag::random(), now).await.unwrap();
    let me = store.me(kim).await.unwrap().unwrap();
    assert_eq!((me.member.status, me.email), (Status::Deleted, None));
    assert_ne!(me.member.name, "kim");
    assert_eq!(store.password_hash(kim).await.unwrap(), None);
    assert_eq!(store.blocked(lee).await.unwrap(), []);
    assert!(!store.block(lee, kim, now).await.unwrap());
}
