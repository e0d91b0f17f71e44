//! Files.

use std::time::Duration;

use chat_app::{
    domain::{Content, File, FileId, FileName, MemberId, RoomId, Tag, Timestamp},
    store::{Append, NewFile, NewMessage, Store},
};

use super::{append, join, member, room, tell};

fn new<'a>(token: &'a str, name: &'a FileName, owner: MemberId, room: Option<RoomId>) -> NewFile<'a> {
    NewFile {
        token,
        owner,
        room,
        name,
        content_type: "image/png",
        size: 1_000,
        sha256: &[7; 32],
        dimensions: Some((20, 10)),
        thumb_size: Some(100),
        now: Timestamp::now(),
    }
}

async fn bring(store: &dyn Store, token: &str, owner: MemberId, room: RoomId) -> File {
    let name = FileName::new("a.png");
    store
        .add_file(new(token, &name, owner, Some(room)), i64::MAX)
        .await
        .unwrap()
        .expect("there is room for it")
}

async fn send(store: &dyn Store, room: RoomId, sender: MemberId, files: &[FileId]) -> Append {
    let new = NewMessage {
        room,
        sender,
        content: &Content::none(),
        client_message_id: None,
        reply_to: None,
        files,
        now: Timestamp::now(),
    };
    append(store, new).await
}

/// The tokens whose content is to be deleted.
async fn stray(store: &dyn Store) -> Vec<String> {
    let mut tokens = store.stray_blobs(Timestamp::now().after(Duration::from_secs(5))).await.unwrap();
    tokens.sort();
    tokens
}

pub(crate) async fn a_file_is_carried_by_one_message_of_its_owner_in_its_room(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (here, there) = (room(store, kim).await, room(store, kim).await);
    join(store, here, lee).await;
    let (one, two) = (bring(store, "one", kim, here).await, bring(store, "two", kim, here).await);
    assert_eq!((one.url.as_str(), one.thumb_url.as_deref()), ("/file/one", Some("/file/one/thumb")));
    assert_eq!((one.width, one.height, one.size), (Some(20), Some(10), 1_000));
    assert_eq!(store.file_octets(kim).await.unwrap(), 2_200);

    assert_eq!(send(store, here, lee, &[one.id]).await, Append::NoSuchFile);
    assert_eq!(send(store, there, kim, &[one.id]).await, Append::NoSuchFile);
    assert_eq!(send(store, here, kim, &[one.id, FileId(0)]).await, Append::NoSuchFile);
    let Append::Stored(message) = send(store, here, kim, &[two.id, one.id]).await else { panic!("refused") };
    assert_eq!(message.files, [two, one.clone()]);
    assert_eq!(message.seq, 2, "what was refused took no number");
    assert_eq!(send(store, here, kim, &[one.id]).await, Append::NoSuchFile);

    let three = bring(store, "three", kim, here).await;
    let new = NewMessage {
        room: here,
        sender: kim,
        content: &Content::none(),
        client_message_id: None,
        reply_to: None,
        files: &[three.id],
        now: Timestamp::now(),
    };
    let outcomes = store.append(&[new, new]).await.unwrap();
    assert!(matches!(&*outcomes, [Append::Stored(message), Append::NoSuchFile] if message.files == [three]));
}

pub(crate) async fn a_file_is_read_by_who_may_read_its_message(store: &dyn Store) {
    let (kim, lee, park) =
        (member(store, "kim").await, member(store, "lee").await, member(store, "park").await);
    let room = room(store, kim).await;
    join(store, room, lee).await;
    let file = bring(store, "token", kim, room).await;
    let may_read = async |reader| store.file("token", reader).await.unwrap().unwrap().may_read;
    assert_eq!((may_read(kim).await, may_read(lee).await, may_read(park).await), (true, false, false));
    send(store, room, kim, &[file.id]).await;
    assert_eq!((may_read(kim).await, may_read(lee).await, may_read(park).await), (true, true, false));
    assert_eq!(store.file("other", kim).await.unwrap(), None);
}

pub(crate) async fn what_ends_a_file_leaves_its_content_to_be_deleted(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (first, second) = (room(store, kim).await, room(store, kim).await);
    join(store, first, lee).await;
    let deleted = bring(store, "deleted", kim, first).await;
    let Append::Stored(message) = send(store, first, kim, &[deleted.id]).await else { panic!("refused") };
    store.delete_message(message.id, kim, Timestamp::now()).await.unwrap();
    assert_eq!(stray(store).await, ["deleted"]);
    store.forget_blob("deleted").await.unwrap();

    let of_room = bring(store, "of-room", kim, second).await;
    send(store, second, kim, &[of_room.id]).await;
    store.delete_room(second).await.unwrap();
    assert_eq!(stray(store).await, ["of-room"]);

    bring(store, "unsent", kim, first).await;
    let sent = bring(store, "sent", lee, first).await;
    send(store, first, lee, &[sent.id]).await;
    store.delete_unsent_files(Timestamp::now().before(Duration::from_secs(60))).await.unwrap();
    assert_eq!(stray(store).await, ["of-room"]);
    store.delete_unsent_files(Timestamp::now().after(Duration::from_secs(60))).await.unwrap();
    assert_eq!(stray(store).await, ["of-room", "unsent"]);

    store.erase_member(lee, &Tag::random(), Timestamp::now()).await.unwrap();
    assert_eq!(stray(store).await, ["of-room", "sent", "unsent"]);
    tell(store, first, kim, "still here").await;
}

pub(crate) async fn content_that_is_awaited_is_stray_when_it_is_due(store: &dyn Store) {
    let kim = member(store, "kim").await;
    let room = room(store, kim).await;
    let due = Timestamp::now().before(Duration::from_secs(1));
    store.expect_blob("lost", due).await.unwrap();
    store.expect_blob("kept", due).await.unwrap();
    store.expect_blob("coming", Timestamp::now().after(Duration::from_secs(60))).await.unwrap();
    bring(store, "kept", kim, room).await;
    assert_eq!(stray(store).await, ["lost"]);
}

/// Gives a member a picture.
pub(crate) async fn show_avatar(store: &dyn Store, member: MemberId) {
    let name = FileName::new("avatar.png");
    assert!(store.set_avatar(new("avatar", &name, member, None), i64::MAX).await.unwrap());
}

pub(crate) async fn a_member_has_one_picture(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let name = FileName::new("avatar.png");
    let url = async || store.me(kim).await.unwrap().unwrap().member.avatar_url;
    assert!(store.set_avatar(new("one", &name, kim, None), 1_100).await.unwrap());
    assert_eq!(url().await.as_deref(), Some("/file/one"));
    assert!(store.file("one", lee).await.unwrap().unwrap().may_read);
    assert!(!store.set_avatar(new("too-large", &name, kim, None), 1_099).await.unwrap());
    assert_eq!(url().await.as_deref(), Some("/file/one"));
    // The one before makes room for the next one.
    assert!(store.set_avatar(new("two", &name, kim, None), 1_100).await.unwrap());
    assert_eq!(url().await.as_deref(), Some("/file/two"));
    store.remove_avatar(kim).await.unwrap();
    assert_eq!(url().await, None);
    store.remove_avatar(kim).await.unwrap();
    assert_eq!(stray(store).await, ["one", "two"]);
}

pub(crate) async fn files_at_once_do_not_take_more_than_there_is(store: &dyn Store) {
    let (kim, lee) = (member(store, "kim").await, member(store, "lee").await);
    let (room, name) = (room(store, kim).await, FileName::new("a.png"));
    let bring = async |token: &str, owner| {
        store.add_file(new(token, &name, owner, Some(room)), 2_200).await.unwrap().is_some()
    };
    let (a, b, c, d, other) =
        tokio::join!(bring("a", kim), bring("b", kim), bring("c", kim), bring("d", kim), bring("e", lee));
    assert_eq!([a, b, c, d].into_iter().filter(|is_kept| *is_kept).count(), 2);
    assert!(other, "each member has its own");
    assert_eq!(store.file_octets(kim).await.unwrap(), 2_200);
}
