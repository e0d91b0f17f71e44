//! Accounts elsewhere.

use chat_app::{
    domain::{Email, Kind, MemberId, MemberName, Provider, Tag, Timestamp},
    store::{Account, AddMemberOf, NewMember, Store, Unlink},
};

use super::member;

async fn add(store: &dyn Store, tag: &Tag, account: Account<'_>) -> AddMemberOf {
    let name = MemberName::parse("kim").unwrap();
    let new =
        NewMember { kind: Kind::User, name: &name, tag, login: None, locale: None, now: Timestamp::now() };
    store.add_member_of(new, account).await.unwrap()
}

pub(crate) async fn an_account_is_one_members_and_its_address_too(store: &dyn Store) {
    let (tag, email) = (Tag::random(), Email::parse("kim@example.com").unwrap());
    let account = Account { provider: Provider::Google, subject: "1", email: Some(&email), verified: true };
    let AddMemberOf::Added(kim) = add(store, &tag, account).await else { panic!("not added") };
    assert_eq!(store.member_of(Provider::Google, "1").await.unwrap(), Some(kim));
    assert_eq!(store.member_of(Provider::Kakao, "1").await.unwrap(), None);
    assert_eq!(store.member_of_verified(&email).await.unwrap(), Some(kim));

    let unverified = Account { email: Some(&email), verified: false, ..account };
    assert_eq!(add(store, &Tag::random(), unverified).await, AddMemberOf::Linked);
    let other = Account { subject: "2", ..account };
    assert_eq!(add(store, &Tag::random(), other).await, AddMemberOf::EmailTaken);
    let other = Account { subject: "2", ..unverified };
    assert_eq!(add(store, &tag, other).await, AddMemberOf::TagTaken);
    let AddMemberOf::Added(second) = add(store, &Tag::random(), other).await else { panic!("not added") };
    assert_eq!(store.me(second).await.unwrap().unwrap().email, None);
    assert_eq!(store.linked(second).await.unwrap()[0].email.as_deref(), Some("kim@example.com"));
}

pub(crate) async fn a_member_keeps_a_way_to_log_in(store: &dyn Store) {
    let kim = member(store, "kim").await;
    let account = |provider, subject| Account { provider, subject, email: None, verified: false };
    let link = async |member: MemberId, account| store.link(member, account, Timestamp::now()).await.unwrap();
    assert!(link(kim, account(Provider::Kakao, "1")).await);
    assert!(link(kim, account(Provider::Naver, "1")).await);
    assert!(!link(kim, account(Provider::Naver, "2")).await, "the member has one there");
    let lee = member(store, "lee").await;
    assert!(!link(lee, account(Provider::Naver, "1")).await, "it is the other's");

    assert_eq!(store.unlink(kim, Provider::Google).await.unwrap(), Unlink::NotLinked);
    assert_eq!(store.unlink(kim, Provider::Kakao).await.unwrap(), Unlink::Unlinked);
    assert_eq!(store.unlink(kim, Provider::Naver).await.unwrap(), Unlink::LastWayIn);
    assert_eq!(store.linked(kim).await.unwrap()[0].provider, Provider::Naver);
    store.set_password(kim, "hash", Timestamp::now()).await.unwrap();
    assert_eq!(store.unlink(kim, Provider::Naver).await.unwrap(), Unlink::Unlinked);
}
