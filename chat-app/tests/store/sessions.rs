//! Sessions.

use std::time::Duration;

use chat_app::{
    domain::{MemberId, SessionId, Timestamp},
    store::{NewSession, Rotated, Rotation, Store},
};

use super::member;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

async fn open(store: &dyn Store, member: MemberId, now: Timestamp) -> SessionId {
    let new = NewSession {
        member,
        family_hash: b"family",
        refresh_hash: b"first",
        user_agent: None,
        ip: "127.0.0.1",
        now,
        expires_at: now.after(HOUR),
    };
    store.open_session(new).await.unwrap()
}

async fn rotate(store: &dyn Store, shown: &[u8], next: &[u8]) -> Rotated {
    rotate_at(store, shown, next, Timestamp::now()).await
}

async fn rotate_at(store: &dyn Store, shown: &[u8], next: &[u8], now: Timestamp) -> Rotated {
    let rotation = Rotation {
        family_hash: b"family",
        shown_hash: shown,
        next_hash: next,
        grace_from: now.before(MINUTE),
        now,
        expires_at: now.after(HOUR),
    };
    store.rotate_session(rotation).await.unwrap()
}

pub(crate) async fn each_refresh_token_works_once_and_any_older_one_ends_the_session(store: &dyn Store) {
    let member = member(store, "kim").await;
    let session = open(store, member, Timestamp::now()).await;
    assert_eq!(rotate(store, b"first", b"second").await, Rotated::Done(session, member));
    assert_eq!(rotate(store, b"second", b"third").await, Rotated::Done(session, member));
    assert_eq!(rotate(store, b"first", b"stolen").await, Rotated::Reused(session, member));
    assert_eq!(rotate(store, b"third", b"fourth").await, Rotated::Unknown);
    assert_eq!(store.session_member(session, Timestamp::now()).await.unwrap(), None);
}

pub(crate) async fn the_token_before_the_newest_works_for_a_moment_and_changes_nothing(store: &dyn Store) {
    let member = member(store, "kim").await;
    let now = Timestamp::now();
    let session = open(store, member, now).await;
    let done = Rotated::Done(session, member);
    assert_eq!(rotate_at(store, b"first", b"second", now).await, done);
    assert_eq!(rotate_at(store, b"first", b"second", now.after(MINUTE / 2)).await, done);
    assert_eq!(rotate_at(store, b"second", b"third", now.after(MINUTE / 2)).await, done);
    let late = now.after(MINUTE * 2);
    assert_eq!(rotate_at(store, b"second", b"third", late).await, Rotated::Reused(session, member));
    assert_eq!(rotate_at(store, b"third", b"fourth", late).await, Rotated::Unknown);
}

pub(crate) async fn of_two_refreshes_at_once_both_are_answered(store: &dyn Store) {
    let member = member(store, "kim").await;
    let session = open(store, member, Timestamp::now()).await;
    let both = tokio::join!(rotate(store, b"first", b"second"), rotate(store, b"first", b"second"));
    assert_eq!(both, (Rotated::Done(session, member), Rotated::Done(session, member)));
    assert_eq!(rotate(store, b"second", b"third").await, Rotated::Done(session, member));
}

pub(crate) async fn a_session_ends_when_it_expires_or_is_revoked(store: &dyn Store) {
    let member = member(store, "kim").await;
    let now = Timestamp::now();
    let session = open(store, member, now).await;
    assert_eq!(store.session_member(session, now).await.unwrap().unwrap().id, member);
    assert_eq!(store.session_member(session, now.after(HOUR)).await.unwrap(), None);
    let other = super::member(store, "lee").await;
    assert!(!store.revoke_session(session, other, now).await.unwrap(), "it is not the other's");
    assert!(store.revoke_session(session, member, now).await.unwrap());
    assert!(!store.revoke_session(session, member, now).await.unwrap());
    assert_eq!(store.session_member(session, now).await.unwrap(), None);
}

pub(crate) async fn all_sessions_of_a_member_end_but_one(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let now = Timestamp::now();
    let open = async |member, number: u8| {
        let (family, refresh) = ([number; 32], [number + 100; 32]);
        let new = NewSession {
            member,
            family_hash: &family,
            refresh_hash: &refresh,
            user_agent: Some("browser"),
            ip: "127.0.0.1",
            now,
            expires_at: now.after(HOUR),
        };
        store.open_session(new).await.unwrap()
    };
    let (one, two, three, of_lee) =
        (open(kim, 1).await, open(kim, 2).await, open(kim, 3).await, open(lee, 4).await);
    assert_eq!(store.session_of_refresh(&[102; 32], now).await.unwrap(), Some((two, kim)));
    let mut ended = store.revoke_sessions(kim, Some(two), now).await.unwrap();
    ended.sort();
    assert_eq!(ended, [one, three]);
    let left = async |member| {
        store.sessions(member, now).await.unwrap().iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!((left(kim).await, left(lee).await), (vec![two], vec![of_lee]));
    assert_eq!(store.sessions(kim, now).await.unwrap()[0].user_agent.as_deref(), Some("browser"));
}
