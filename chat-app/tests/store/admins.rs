//! What administrators do.

use chat_app::{
    domain::{MemberId, Role, Status, Timestamp},
    store::{MemberQuery, NewAuditEntry, Store},
};

use super::member;

pub(crate) async fn status_and_role_are_changed_and_noted(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let now = Timestamp::now();
    assert!(!store.has_admin().await.unwrap());
    assert!(store.set_role(kim, Role::Admin, now).await.unwrap());
    assert!(store.has_admin().await.unwrap());
    assert!(store.set_status(lee, Status::Banned, now).await.unwrap());
    assert!(!store.set_status(MemberId(999), Status::Banned, now).await.unwrap());

    let query = MemberQuery { except: kim, name: "", after: MemberId(0), limit: 10 };
    let all = store.all_members(query).await.unwrap();
    let seen: Vec<_> = all.iter().map(|member| (member.id, member.role, member.status)).collect();
    assert_eq!(seen, [(kim, Role::Admin, Status::Active), (lee, Role::User, Status::Banned)]);
    assert_eq!((store.stats().await.unwrap().users, store.stats().await.unwrap().rooms), (1, 0));

    for action in ["BAN", "UNBAN"] {
        let entry = NewAuditEntry { actor: kim, action, target: "member:2", ip: "127.0.0.1", now };
        store.audit(entry).await.unwrap();
    }
    let log = store.audit_log(None, 10).await.unwrap();
    assert_eq!((&*log[0].action, log[0].actor_id), ("UNBAN", Some(kim)));
    assert_eq!(store.audit_log(Some(log[0].id), 10).await.unwrap(), log[1..]);
}
