//! What happens to messages after they were said.

use chat_app::{
    domain::{ChangeKind, Content, Emoji, MAX_REACTIONS, MemberId, MessageId, Notify, Timestamp},
    store::{Append, Changed, Cursor, Edit, NewMessage, NoticeKind, React, Store},
};

use super::{append, join, member, room, tell};

async fn edit(store: &dyn Store, message: MessageId, editor: MemberId, text: &str, version: i64) -> Changed {
    let content = Content::parse(text.to_owned()).unwrap();
    store
        .edit_message(Edit { message, editor, content: &content, version, now: Timestamp::now() })
        .await
        .unwrap()
}

async fn react(store: &dyn Store, message: MessageId, member: MemberId, emoji: &str, on: bool) -> Changed {
    let emoji = Emoji::parse(emoji).unwrap();
    store.react(React { message, member, emoji, on, now: Timestamp::now() }).await.unwrap()
}

pub(crate) async fn an_edit_needs_its_author_and_the_version_that_was_seen(store: &dyn Store) {
    let (owner, other) = (member(store, "owner").await, member(store, "other").await);
    let room = room(store, owner).await;
    join(store, room, other).await;
    let message = tell(store, room, other, "frist").await;
    assert_eq!(edit(store, message.id, owner, "mine now", 1).await, Changed::NotAllowed);
    let Changed::Done(change) = edit(store, message.id, other, "first", 1).await else { panic!("not done") };
    assert_eq!((change.kind, change.change_seq), (ChangeKind::Updated, 1));
    assert_eq!((change.message.body.as_str(), change.message.version), ("first", 2));
    assert!(change.message.edited_at.is_some());
    assert_eq!(edit(store, message.id, other, "lost", 1).await, Changed::Conflict);
    let stranger = member(store, "stranger").await;
    assert_eq!(edit(store, message.id, stranger, "x", 2).await, Changed::NoMessage);
    assert_eq!(edit(store, MessageId(999), other, "x", 1).await, Changed::NoMessage);
}

pub(crate) async fn a_deleted_message_keeps_its_place_and_nothing_else(store: &dyn Store) {
    let (owner, author, other) =
        (member(store, "owner").await, member(store, "author").await, member(store, "other").await);
    let room = room(store, owner).await;
    join(store, room, author).await;
    join(store, room, other).await;
    let (first, second) =
        (tell(store, room, author, "@owner one").await, tell(store, room, author, "two").await);
    react(store, first.id, other, "👍", true).await;
    let delete = async |message, by| store.delete_message(message, by, Timestamp::now()).await.unwrap();
    assert_eq!(delete(first.id, other).await, Changed::NotAllowed);
    let Changed::Done(change) = delete(first.id, author).await else { panic!("not done") };
    let message = change.message;
    assert_eq!((message.seq, message.body.as_str(), message.deleted), (first.seq, "", true));
    assert!(message.mentions.is_empty() && message.reactions.is_empty());
    assert_eq!(delete(first.id, author).await, Changed::NoMessage);
    assert_eq!(react(store, first.id, other, "👍", true).await, Changed::NoMessage);
    assert!(matches!(delete(second.id, owner).await, Changed::Done(_)), "the room's owner may");
    let page = store.history(room, other, Cursor::Newest, 10).await.unwrap().unwrap();
    assert_eq!(page.messages.len(), 4);
}

pub(crate) async fn reactions_are_counted_by_kind_and_bounded(store: &dyn Store) {
    let (owner, other) = (member(store, "owner").await, member(store, "other").await);
    let room = room(store, owner).await;
    join(store, room, other).await;
    let message = tell(store, room, owner, "x").await.id;
    for (member, emoji) in [(owner, "👍"), (other, "👍"), (other, "🎉")] {
        assert!(matches!(react(store, message, member, emoji, true).await, Changed::Done(_)));
    }
    assert_eq!(react(store, message, owner, "👍", true).await, Changed::Already);
    let seen = store.message(message, owner).await.unwrap().unwrap().seen_by(owner);
    let json = serde_json::to_value(seen.reactions).unwrap();
    let expected = serde_json::json!([
        { "emoji": "👍", "count": 2, "mine": true }, { "emoji": "🎉", "count": 1, "mine": false },
    ]);
    assert_eq!(json, expected);
    react(store, message, other, "🎉", false).await;
    let faces = ('\u{1f600}'..).take(usize::try_from(MAX_REACTIONS).unwrap()).map(String::from);
    let mut last = None;
    for face in faces {
        last = Some(react(store, message, owner, &face, true).await);
    }
    assert_eq!(last, Some(Changed::Full));
}

pub(crate) async fn changes_are_numbered_without_holes_and_read_from_any_place(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let room = room(store, owner).await;
    let message = tell(store, room, owner, "x").await.id;
    edit(store, message, owner, "y", 1).await;
    react(store, message, owner, "👍", true).await;
    react(store, message, owner, "👍", true).await;
    store.delete_message(message, owner, Timestamp::now()).await.unwrap();
    let changes = async |after, limit| {
        let changes = store.changes(room, owner, after, limit).await.unwrap().unwrap();
        changes.iter().map(|change| (change.change_seq, change.kind)).collect::<Vec<_>>()
    };
    let all = [(1, ChangeKind::Updated), (2, ChangeKind::Reaction), (3, ChangeKind::Deleted)];
    assert_eq!(changes(0, 10).await, all);
    assert_eq!(changes(1, 1).await, all[1..2]);
    assert_eq!(changes(3, 10).await, []);
    let page = store.history(room, owner, Cursor::Newest, 1).await.unwrap().unwrap();
    assert_eq!(page.last_change_seq, 3);
    let stranger = member(store, "stranger").await;
    assert_eq!(store.changes(room, stranger, 0, 10).await.unwrap(), None);
}

pub(crate) async fn members_are_named_until_the_text_no_more_names_them(store: &dyn Store) {
    let (owner, kim) = (member(store, "owner").await, member(store, "김철수").await);
    let room = room(store, owner).await;
    join(store, room, kim).await;
    let message = tell(store, room, owner, "@김철수님, @nobody").await;
    assert_eq!(message.mentions, [kim]);
    let mentions = async || store.my_room(room, kim).await.unwrap().unwrap().mention_count;
    assert_eq!(mentions().await, 1);
    edit(store, message.id, owner, "never mind", 1).await;
    assert_eq!(mentions().await, 0);
    tell(store, room, owner, "@김철수").await;
    store.mark_read(room, kim, None).await.unwrap();
    assert_eq!(mentions().await, 0);
}

pub(crate) async fn messages_are_for_whom_they_name_answer_or_meet_alone(store: &dyn Store) {
    let (owner, kim, lee) =
        (member(store, "owner").await, member(store, "kim").await, member(store, "lee").await);
    let group = room(store, owner).await;
    join(store, group, kim).await;
    join(store, group, lee).await;
    let notices = async |message: MessageId| {
        let notices = store.notices(&[message]).await.unwrap();
        notices.into_iter().map(|notice| (notice.member_id, notice.kind)).collect::<Vec<_>>()
    };
    let question = tell(store, group, kim, "all of you?").await.id;
    assert_eq!(notices(question).await, []);
    let content = Content::parse("@lee says yes".to_owned()).unwrap();
    let answer = NewMessage {
        room: group,
        sender: owner,
        content: &content,
        client_message_id: None,
        reply_to: Some(question),
        files: &[],
        now: Timestamp::now(),
    };
    let Append::Stored(answer) = append(store, answer).await else { panic!("not stored") };
    assert_eq!(notices(answer.id).await, [(kim, NoticeKind::Reply), (lee, NoticeKind::Mention)]);
    store.block(kim, owner, Timestamp::now()).await.unwrap();
    store.set_notify(group, lee, Notify::Mentions).await.unwrap();
    assert_eq!(notices(answer.id).await, [(lee, NoticeKind::Mention)]);
    store.set_notify(group, lee, Notify::None).await.unwrap();
    assert_eq!(notices(answer.id).await, []);

    let (alone, _) = store.private_room(kim, lee, Timestamp::now()).await.unwrap().unwrap();
    let message = tell(store, alone, kim, "psst").await.id;
    assert_eq!(notices(message).await, [(lee, NoticeKind::Dm)]);
    let both = store.notices(&[message, question, answer.id]).await.unwrap();
    assert_eq!(both.iter().map(|notice| notice.message_id).collect::<Vec<_>>(), [message]);
    store.set_notify(alone, lee, Notify::Mentions).await.unwrap();
    assert_eq!(notices(message).await, []);
}
