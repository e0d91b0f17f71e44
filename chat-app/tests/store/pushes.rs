//! Devices that are told of messages.

use std::time::Duration;

use chat_app::{
    domain::{MemberId, Timestamp},
    store::{NewSession, NewSubscription, NoticeKind, Store},
};

use super::{join, member, room, tell};

/// A device of a member that is logged in for a minute.
async fn device(store: &dyn Store, member: MemberId, endpoint: &str) {
    let now = Timestamp::now();
    let session = NewSession {
        member,
        family_hash: endpoint.as_bytes(),
        refresh_hash: endpoint.as_bytes(),
        user_agent: None,
        ip: "127.0.0.1",
        now,
        expires_at: now.after(Duration::from_secs(60)),
    };
    let session = store.open_session(session).await.unwrap();
    let new = NewSubscription { member, session, endpoint, p256dh: "key", auth: "secret", now };
    store.add_subscription(new, 10).await.unwrap();
}

pub(crate) async fn messages_of_several_rooms_each_have_their_devices(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (here, there, deaf) = (room(store, kim).await, room(store, kim).await, room(store, kim).await);
    join(store, here, lee).await;
    let (stranger, now) = (member(store, "stranger").await, Timestamp::now());
    join(store, deaf, stranger).await;
    device(store, kim, "of kim").await;
    device(store, lee, "of lee").await;
    let by_kim = tell(store, here, kim, "hello").await.id;
    let by_lee = tell(store, here, lee, "@kim").await.id;
    let alone = tell(store, there, kim, "nobody else is here").await.id;
    let unheard = tell(store, deaf, kim, "no device here but mine").await.id;

    let targets = async |now| {
        let targets = store.push_targets(&[by_kim, by_lee, alone, unheard], now).await.unwrap();
        targets.into_iter().map(|t| (t.message_id, t.member_id, t.kind, t.endpoint)).collect::<Vec<_>>()
    };
    let expected = [
        (by_kim, lee, NoticeKind::Message, "of lee".to_owned()),
        (by_lee, kim, NoticeKind::Mention, "of kim".to_owned()),
    ];
    assert_eq!(targets(now).await, expected);
    assert_eq!(targets(now.after(Duration::from_secs(3_600))).await, [], "nobody is logged in any more");
}
