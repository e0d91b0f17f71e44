//! Messages.

use chat_app::{
    domain::{ClientMessageId, Content, History, MessageId, RoomId, SearchText, Timestamp},
    store::{Append, Cursor, NewMessage, RoomChange, Search, Store},
};
use futures_util::future::join_all;

use super::{append, files, join, member, room, say, tell};

pub(crate) async fn numbers_have_no_holes_under_concurrency(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let room = room(store, owner).await;
    let mut seqs: Vec<i64> = join_all((0..40).map(|_| say(store, room, owner, "x")))
        .await
        .into_iter()
        .map(|stored| match stored {
            Append::Stored(message) => message.seq,
            other => panic!("{other:?}"),
        })
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
}

pub(crate) async fn sending_again_stores_nothing(store: &dyn Store) {
    let (owner, other) = (member(store, "owner").await, member(store, "other").await);
    let room = room(store, owner).await;
    join(store, room, other).await;
    let content = Content::parse("hello".to_owned()).unwrap();
    let id = ClientMessageId::parse("1-2-3".to_owned()).unwrap();
    let new = NewMessage {
        room,
        sender: owner,
        content: &content,
        client_message_id: Some(&id),
        reply_to: None,
        files: &[],
        now: Timestamp::now(),
    };
    let Append::Stored(first) = append(store, new).await else { panic!("not stored") };
    assert_eq!(append(store, new).await, Append::Duplicate(first.clone()));
    let Append::Stored(of_other) = append(store, NewMessage { sender: other, ..new }).await else {
        panic!("the ids of one sender are not those of another")
    };
    assert_eq!(of_other.seq, first.seq + 1);
}

pub(crate) async fn each_message_of_a_batch_has_an_answer_of_its_own(store: &dyn Store) {
    let (owner, stranger) = (member(store, "owner").await, member(store, "stranger").await);
    let (here, there) = (room(store, owner).await, room(store, owner).await);
    let before = tell(store, here, owner, "before").await;
    let content = Content::parse("hello, 안녕".to_owned()).unwrap();
    let (id, other_id) = (client_id("a"), client_id("b"));
    let now = Timestamp::now();
    let plain = NewMessage {
        room: here,
        sender: owner,
        content: &content,
        client_message_id: None,
        reply_to: None,
        files: &[],
        now,
    };
    let named = NewMessage { client_message_id: Some(&id), ..plain };
    let batch = [
        named,
        NewMessage { room: there, ..plain },
        NewMessage { sender: stranger, ..plain },
        NewMessage { room: RoomId(999), ..plain },
        named,
        NewMessage { reply_to: Some(before.id), ..plain },
        NewMessage { room: there, reply_to: Some(before.id), ..plain },
        NewMessage { sender: stranger, client_message_id: Some(&other_id), ..plain },
        NewMessage { sender: stranger, client_message_id: Some(&other_id), ..plain },
    ];
    let answers = store.append(&batch).await.unwrap();
    let [Append::Stored(first), Append::Stored(elsewhere), Append::NotIn, Append::NoRoom, rest @ ..] =
        &answers[..]
    else {
        panic!("{answers:?}")
    };
    let [Append::Duplicate(again), Append::Stored(reply), Append::NoSuchReply, Append::NotIn, Append::NotIn] =
        rest
    else {
        panic!("{rest:?}")
    };
    assert_eq!(again, first);
    assert_eq!((first.seq, elsewhere.seq, reply.seq), (2, 1, 3), "numbers have no holes");
    assert_eq!(reply.reply_to.as_ref().unwrap().id, before.id);
    let text = SearchText::parse("안녕").unwrap();
    let search = Search { member: owner, text: &text, room: None, sender: None, before: None, limit: 10 };
    assert_eq!(store.search(search).await.unwrap().len(), 3);
}

pub(crate) async fn what_is_said_to_be_stored_is_what_is_read(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (here, there) = (room(store, kim).await, room(store, kim).await);
    join(store, there, lee).await;
    let before = tell(store, here, kim, "before").await;
    files::show_avatar(store, kim).await;
    let (plain, naming) = (content("hello, 안녕"), content("hello, @lee"));
    let id = client_id("a");
    let new = |room, content| NewMessage {
        room,
        sender: kim,
        content,
        client_message_id: None,
        reply_to: None,
        files: &[],
        now: Timestamp::now(),
    };
    let batch = [
        NewMessage { client_message_id: Some(&id), ..new(there, &plain) },
        new(here, &plain),
        new(there, &naming),
        NewMessage { reply_to: Some(before.id), ..new(here, &naming) },
        NewMessage { sender: lee, ..new(there, &plain) },
        new(here, &plain),
    ];
    let mut seqs = Vec::new();
    for answer in store.append(&batch).await.unwrap() {
        let Append::Stored(message) = answer else { panic!("{answer:?}") };
        assert_eq!(store.message(message.id, kim).await.unwrap().as_ref(), Some(&*message));
        seqs.push((message.room_id, message.seq));
    }
    // The first line of that room is that somebody joined.
    assert_eq!(seqs, [(there, 2), (here, 2), (there, 3), (here, 3), (there, 4), (here, 4)]);
    let listed = store.my_room(here, kim).await.unwrap().unwrap();
    assert_eq!(listed.last_seq, 4);
}

fn content(text: &str) -> Content {
    Content::parse(text.to_owned()).unwrap()
}

fn client_id(text: &str) -> ClientMessageId {
    ClientMessageId::parse(text.to_owned()).unwrap()
}

pub(crate) async fn only_participants_write_and_read(store: &dyn Store) {
    let (owner, visitor) = (member(store, "owner").await, member(store, "visitor").await);
    let room = room(store, owner).await;
    assert_eq!(say(store, room, visitor, "x").await, Append::NotIn);
    assert_eq!(say(store, RoomId(999), visitor, "x").await, Append::NoRoom);
    assert_eq!(store.history(room, visitor, Cursor::Newest, 10).await.unwrap(), None);
}

pub(crate) async fn history_is_ascending_in_every_direction(store: &dyn Store) {
    let owner = member(store, "owner").await;
    say(store, room(store, owner).await, owner, "elsewhere").await;
    let room = room(store, owner).await;
    for number in 1..=9 {
        say(store, room, owner, &number.to_string()).await;
    }
    let page = async |from, limit| {
        let page = store.history(room, owner, from, limit).await.unwrap().unwrap();
        assert_eq!(page.last_seq, 9);
        (page.messages.iter().map(|message| message.seq).collect::<Vec<_>>(), page.has_more)
    };
    assert_eq!(page(Cursor::Newest, 3).await, (vec![7, 8, 9], true));
    assert_eq!(page(Cursor::Newest, 9).await, ((1..=9).collect(), false));
    assert_eq!(page(Cursor::Before(3), 5).await, (vec![1, 2], false));
    assert_eq!(page(Cursor::Before(7), 2).await, (vec![5, 6], true));
    assert_eq!(page(Cursor::After(0), 2).await, (vec![1, 2], true));
    assert_eq!(page(Cursor::After(7), 2).await, (vec![8, 9], false));
    assert_eq!(page(Cursor::Around(5), 4).await, (vec![3, 4, 5, 6], true));
    assert_eq!(page(Cursor::Around(i64::MAX), 2).await, (vec![8, 9], true));
    assert_eq!(page(Cursor::Before(i64::MIN), 2).await, (vec![], false));
    let last_id = store.history(room, owner, Cursor::Newest, 1).await.unwrap().unwrap().messages[0].id;
    assert_eq!(
        page(Cursor::Around(last_id.0), 2).await,
        (vec![8, 9], true),
        "the id of message 9 is beyond 9"
    );
}

pub(crate) async fn an_answer_is_to_a_message_that_its_sender_may_read(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let (here, elsewhere) = (room(store, owner).await, room(store, owner).await);
    let (question, other) =
        (tell(store, here, owner, "why?").await, tell(store, elsewhere, owner, "x").await);
    let content = Content::parse("because".to_owned()).unwrap();
    let answer = async |reply_to: MessageId| {
        let (room, now) = (here, Timestamp::now());
        let reply_to = Some(reply_to);
        let new = NewMessage {
            room,
            sender: owner,
            content: &content,
            client_message_id: None,
            reply_to,
            files: &[],
            now,
        };
        append(store, new).await
    };
    let Append::Stored(message) = answer(question.id).await else { panic!("not stored") };
    let reply = message.reply_to.unwrap();
    assert_eq!((reply.id, reply.seq, reply.excerpt.as_str()), (question.id, 1, "why?"));
    assert_eq!(reply.sender_name.as_deref(), Some("owner"));
    assert_eq!(answer(other.id).await, Append::NoSuchReply);
    assert_eq!(answer(MessageId(999)).await, Append::NoSuchReply);
}

pub(crate) async fn who_came_later_reads_what_was_said_since_if_the_room_says_so(store: &dyn Store) {
    let (owner, late) = (member(store, "owner").await, member(store, "late").await);
    let room = room(store, owner).await;
    let before = tell(store, room, owner, "before").await;
    join(store, room, late).await;
    tell(store, room, owner, "after").await;
    let seqs = async || {
        let page = store.history(room, late, Cursor::Newest, 10).await.unwrap().unwrap();
        page.messages.iter().map(|message| message.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs().await, [1, 2, 3]);
    let change = RoomChange { history: Some(History::SinceJoin), ..RoomChange::default() };
    store.change_room(room, change).await.unwrap();
    assert_eq!(seqs().await, [2, 3]);
    assert_eq!(store.message(before.id, late).await.unwrap(), None);
    assert_eq!(store.readers(before.id, late).await.unwrap(), None);
    assert_eq!(store.readers(before.id, owner).await.unwrap(), Some(vec![late]));
}

pub(crate) async fn old_messages_go_when_the_room_says_so(store: &dyn Store) {
    let owner = member(store, "owner").await;
    let room = room(store, owner).await;
    tell(store, room, owner, "old").await;
    let much_later = Timestamp::now().after(std::time::Duration::from_secs(3 * 24 * 3_600));
    assert_eq!(store.delete_outdated(much_later).await.unwrap(), 0, "rooms keep messages unless told");
    let change = RoomChange { retention_days: Some(Some(2)), ..RoomChange::default() };
    store.change_room(room, change).await.unwrap();
    assert_eq!(store.delete_outdated(Timestamp::now()).await.unwrap(), 0);
    assert_eq!(store.delete_outdated(much_later).await.unwrap(), 1);
    assert_eq!(tell(store, room, owner, "new").await.seq, 2, "numbers go on");
}
