//! What the server allocates for a large message that it takes in, counted by the allocator.

use benches::counting::{self, Counting};
use stomp_broker::{Open, Server, testing::Client};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MESSAGES: usize = 50;

/// The octets allocated for each octet of a body of that size.
async fn octets_for_each_of(body: usize) -> f64 {
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    let mut client = Client::open(&server);
    client.connect().await;
    let head = format!("SEND\ndestination:/topic/a\ncontent-length:{body}\nreceipt:r\n\n");
    let send = [head.as_bytes(), &vec![b'x'; body], b"\0"].concat();
    let mut publish = async || {
        client.send_octets(&send).await;
        client.receive().await.unwrap();
    };
    publish().await;
    let before = counting::octets();
    for _ in 0..MESSAGES {
        publish().await;
    }
    (counting::octets() - before) as f64 / (MESSAGES * body) as f64
}

#[tokio::test]
async fn a_large_body_stays_where_it_was_read_to() {
    // A copy of the body would be 1.0 more; the buffer of the larger one grows once.
    for (size, limit) in [(16 * 1024, 1.5), (64 * 1024, 2.0)] {
        let octets = octets_for_each_of(size).await;
        assert!(octets < limit, "{octets:.2} octets for each of {size}");
    }
}
