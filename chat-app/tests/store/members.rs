//! Members.

use chat_app::{
    domain::{Email, Kind, Locale, MemberId, MemberName, Tag, Timestamp},
    store::{AddMember, MemberChange, MemberQuery, NewMember, Store},
};

use super::member;

pub(crate) async fn an_address_and_a_name_with_its_tag_are_unique(store: &dyn Store) {
    let (kim, lee) = (MemberName::parse("kim").unwrap(), MemberName::parse("lee").unwrap());
    let (tag, email) = (Tag::random(), Email::parse("kim@example.com").unwrap());
    let new = NewMember {
        kind: Kind::User,
        name: &kim,
        tag: &tag,
        login: Some((&email, "hash")),
        locale: Some(Locale::En),
        now: Timestamp::now(),
    };
    let AddMember::Added(id) = store.add_member(new).await.unwrap() else { panic!("not added") };

    let (found, hash) = store.login(&email).await.unwrap().unwrap();
    assert_eq!((found.id, hash.as_deref()), (id, Some("hash")));
    assert_eq!(store.me(id).await.unwrap().unwrap().locale, Some(Locale::En));

    let same_email = NewMember { name: &lee, ..new };
    assert_eq!(store.add_member(same_email).await.unwrap(), AddMember::EmailTaken);
    let same_tag = NewMember { login: None, ..new };
    assert_eq!(store.add_member(same_tag).await.unwrap(), AddMember::TagTaken);
}

pub(crate) async fn members_are_listed_page_by_page_and_found_by_part_of_the_name(store: &dyn Store) {
    let me = member(store, "me").await;
    let mut others = Vec::new();
    for name in ["100%", "1000", "김철수", "김영희"] {
        others.push(member(store, name).await);
    }
    let ids = async |name: &str, after: i64, limit: i64| -> Vec<MemberId> {
        let query = MemberQuery { except: me, name, after: MemberId(after), limit };
        store.members(query).await.unwrap().iter().map(|member| member.id).collect()
    };
    assert_eq!(ids("", 0, 10).await, others);
    assert_eq!(ids("", others[0].0, 2).await, others[1..3]);
    assert_eq!(ids("철", 0, 10).await, others[2..3]);
    assert_eq!(ids("0%", 0, 10).await, others[..1], "a wildcard of LIKE is a character like any other");
}

pub(crate) async fn a_change_leaves_what_is_not_given(store: &dyn Store) {
    let id = member(store, "before").await;
    let name = MemberName::parse("after").unwrap();
    let nothing = MemberChange { name: None, tag: None, locale: None, now: Timestamp::now() };
    assert!(store.change_member(id, MemberChange { name: Some(&name), ..nothing }).await.unwrap());
    assert!(store.change_member(id, MemberChange { locale: Some(Locale::Ko), ..nothing }).await.unwrap());
    let me = store.me(id).await.unwrap().unwrap();
    assert_eq!((me.member.name.as_str(), me.locale), ("after", Some(Locale::Ko)));
}
