//! The tokio-util codec over a pipe.

use futures_util::{SinkExt, StreamExt};
use stomp_proto::{
    Command, Frame, Item, Version,
    codec::{CodecError, StompCodec},
};
use tokio::io::AsyncWriteExt;
use tokio_util::codec::Framed;

#[tokio::test]
async fn frames_and_heart_beats_cross_a_small_pipe() {
    let (client, server) = tokio::io::duplex(16);
    let frame = Frame::builder(Command::Send).header("destination", "/a:b").body("hello").build();
    let sent = [Item::HeartBeat, Item::Frame(frame), Item::HeartBeat];
    let items = sent.clone();
    let writer = tokio::spawn(async move {
        let mut client = Framed::new(client, StompCodec::default());
        for item in items {
            client.send(item).await?;
        }
        SinkExt::<Item>::close(&mut client).await
    });
    let server = Framed::new(server, StompCodec::default());
    let received: Vec<Item> = server.map(|item| item.expect("well-formed frames")).collect().await;
    writer.await.expect("no panic").expect("the pipe is open");
    let Item::Frame(frame) = &received[1] else { panic!("a frame") };
    assert_eq!(frame.headers().get("destination"), Some("/a:b"));
    assert_eq!(frame.headers().get("content-length"), Some("5"));
    assert_eq!(frame.body(), "hello");
    assert_eq!((&received[0], &received[2], received.len()), (&sent[0], &sent[2], 3));
}

#[tokio::test]
async fn the_version_holds_for_both_directions() {
    let (mut peer, pipe) = tokio::io::duplex(256);
    let mut framed = Framed::new(pipe, StompCodec::default());
    framed.codec_mut().set_version(Version::V1_0);
    assert_eq!(framed.codec().version(), Version::V1_0);
    peer.write_all(b"MESSAGE\nfoo:a\\nb\n\n\0").await.expect("the pipe is open");
    let Some(Ok(Item::Frame(frame))) = framed.next().await else { panic!("a frame") };
    assert_eq!(frame.headers().get("foo"), Some("a\\nb"));
    let refused = framed.send(Frame::builder(Command::Send).header("a", "b\nc").build()).await;
    assert!(matches!(refused, Err(CodecError::Encode(_))));
}

#[tokio::test]
async fn a_stream_that_ends_in_a_frame_is_an_error() {
    let (mut peer, pipe) = tokio::io::duplex(256);
    peer.write_all(b"SEND\nfoo").await.expect("the pipe is open");
    drop(peer);
    let mut framed = Framed::new(pipe, StompCodec::default());
    assert!(matches!(framed.next().await, Some(Err(CodecError::Io(_)))));
}
