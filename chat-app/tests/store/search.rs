//! Finding what was said.

use chat_app::{
    domain::{Content, History, MemberId, MessageId, SearchText, Timestamp},
    store::{Edit, RoomChange, Search, Store},
};

use super::{join, member, room, tell};

/// The ids of what a member finds, the newest first.
async fn find(store: &dyn Store, member: MemberId, text: &str) -> Vec<MessageId> {
    find_before(store, member, text, None).await
}

async fn find_before(
    store: &dyn Store,
    member: MemberId,
    text: &str,
    before: Option<MessageId>,
) -> Vec<MessageId> {
    let text = SearchText::parse(text).unwrap();
    let search = Search { member, text: &text, room: None, sender: None, before, limit: 2 };
    store.search(search).await.unwrap().iter().map(|message| message.id).collect()
}

pub(crate) async fn two_syllables_within_a_word_are_found(store: &dyn Store) {
    let me = member(store, "me").await;
    let room = room(store, me).await;
    let mut ids = Vec::new();
    for text in ["우리채팅방에서 만나", "떡볶이가 Tasty 하다", "볶음 떡", "채팅 또 채팅"]
    {
        ids.push(tell(store, room, me, text).await.id);
    }
    assert_eq!(find(store, me, "채팅").await, [ids[3], ids[0]]);
    assert_eq!(find_before(store, me, "채팅", Some(ids[3])).await, [ids[0]]);
    assert_eq!(find(store, me, "볶이").await, [ids[1]]);
    assert_eq!(find(store, me, "떡볶이 TASTY").await, [ids[1]]);
    assert_eq!(find(store, me, "떡").await, [ids[2], ids[1]]);
    assert_eq!(find(store, me, "방채").await, []);
    let content = Content::parse("뭐라고".to_owned()).unwrap();
    let edit = Edit { message: ids[0], editor: me, content: &content, version: 1, now: Timestamp::now() };
    store.edit_message(edit).await.unwrap();
    store.delete_message(ids[3], me, Timestamp::now()).await.unwrap();
    assert_eq!(find(store, me, "채팅").await, []);
    assert_eq!(find(store, me, "라고").await, [ids[0]]);
}

pub(crate) async fn only_what_the_member_may_read_is_found(store: &dyn Store) {
    let (owner, late) = (member(store, "owner").await, member(store, "late").await);
    let (ours, theirs) = (room(store, owner).await, room(store, owner).await);
    let before = tell(store, ours, owner, "secret").await.id;
    tell(store, theirs, owner, "secret").await;
    join(store, ours, late).await;
    assert_eq!(find(store, late, "secret").await, [before]);
    let change = RoomChange { history: Some(History::SinceJoin), ..RoomChange::default() };
    store.change_room(ours, change).await.unwrap();
    assert_eq!(find(store, late, "secret").await, []);
    store.leave_room(ours, late, None, Timestamp::now()).await.unwrap();
    assert_eq!(find(store, late, "secret").await, []);
    assert_eq!(find(store, owner, "secret").await.len(), 2);
}

pub(crate) async fn text_is_no_language_of_the_database(store: &dyn Store) {
    let me = member(store, "me").await;
    let room = room(store, me).await;
    let id = tell(store, room, me, "100% OR \"NEAR\" it's a_b \\ AND").await.id;
    for text in
        ["100%", "OR", "\"NEAR\"", "NEAR(x y)", "it's", "a_b", "AND", "x* OR y", "x\" OR \"1", "'; --1"]
    {
        let found = find(store, me, text).await;
        let is_there = ["100%", "OR", "\"NEAR\"", "it's", "a_b", "AND"].contains(&text);
        assert_eq!(found, if is_there { vec![id] } else { vec![] }, "{text}");
    }
}
