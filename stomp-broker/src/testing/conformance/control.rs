//! What nodes tell each other.

use bytes::Bytes;

use super::node::{Node, fresh};

pub(super) async fn all(one: &mut Node, two: &mut Node) {
    let send = |from: &Node, to, text: &'static str| {
        from.broker().send_control(to, Bytes::from_static(text.as_bytes())).expect("it is sent");
    };
    send(one, None, "to all");
    let (first, data) = two.control().await;
    assert_eq!(&*data, b"to all");
    send(two, Some(first), "to one");
    let (second, data) = one.control().await;
    assert_eq!(&*data, b"to one", "a node does not hear itself");
    assert_ne!(first, second);
    send(one, Some(first), "to itself");
    send(one, Some(second), "last");
    assert_eq!(&*two.control().await.1, b"last", "what is for one node goes to no other");
    one.nothing(&fresh("/topic")).await;
}
