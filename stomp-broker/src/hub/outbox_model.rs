//! The outbox under every interleaving of publishers and a session, by loom. A wake-up that is lost leaves the session
//! waiting for ever, which loom reports.
//!
//! ```sh
//! RUSTFLAGS="--cfg stomp_loom" cargo test -p stomp-broker --lib --target-dir target/loom outbox_model
//! ```

use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use loom::{future::block_on, model::Builder, thread};
use stomp_proto::{AckMode, Version};

use super::{
    Budget, Control, Credit, Delivery, Lease, Outbox, OutboxLimits, Slots, Subscription, Taken, Terms,
};
use crate::{Config, Destination, Message, MessageIds, Overflow, Publish};

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    // Without a bound the number of interleavings has none that is worth waiting for.
    builder.preemption_bound = Some(2);
    builder.check(model);
}

fn subscription() -> (Arc<Subscription>, Arc<Outbox>) {
    let outbox = Arc::new(Outbox::new(OutboxLimits { frames: 10, bytes: 1 << 20 }));
    let (prefix, version, overflow) = (Bytes::new(), Version::V1_2, Overflow::Disconnect);
    let terms = Terms { prefix, version, serial: 1, mode: AckMode::Auto, overflow };
    (Arc::new(Subscription::new("user".into(), Arc::clone(&outbox), terms)), outbox)
}

fn topic() -> Destination {
    Destination::new("/topic/a").unwrap()
}

fn delivery(to: &Arc<Subscription>, body: u8) -> Delivery {
    let message = Message::new(MessageIds::new().next(), Publish::new(topic(), vec![body]));
    Delivery::new(to, &Budget::new(&Config::default()).charge(message))
}

/// The bodies of so many messages, as the session takes them.
fn take(outbox: &Outbox, messages: usize) -> Vec<u8> {
    let (mut taken, mut batch) = (Vec::new(), Slots::new());
    while taken.len() < messages {
        let found = block_on(poll_fn(|cx| outbox.poll_take(cx, Credit::UNLIMITED, &mut batch)));
        assert!(matches!(found, Taken::Batch));
        taken.extend(batch.drain(..).flatten().map(|delivery| delivery.message.body()[0]));
    }
    taken
}

#[test]
fn no_message_is_lost_and_each_publisher_s_come_in_order() {
    check(|| {
        let (subscription, outbox) = subscription();
        let publishers = [[1, 2], [11, 12]].map(|bodies| {
            let subscription = Arc::clone(&subscription);
            thread::spawn(move || {
                bodies.iter().for_each(|body| subscription.push(delivery(&subscription, *body)))
            })
        });
        let mut taken = take(&outbox, 4);
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
        taken.sort_by_key(|body| *body > 10);
        assert_eq!(taken, [1, 2, 11, 12]);
    });
}

#[test]
fn a_control_is_heard_whatever_is_published() {
    check(|| {
        let (subscription, outbox) = subscription();
        let publisher = thread::spawn(move || subscription.push(delivery(&subscription, 1)));
        let server = {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || outbox.control(Control::Shutdown))
        };
        let mut batch = Slots::new();
        while let Taken::Batch = block_on(poll_fn(|cx| outbox.poll_take(cx, Credit::UNLIMITED, &mut batch))) {
            batch.clear();
        }
        publisher.join().unwrap();
        server.join().unwrap();
        assert_eq!(outbox.waiting(), (0, 0));
    });
}

#[test]
fn a_lease_comes_back_once_whether_it_came_before_the_end_or_behind() {
    check(|| {
        let (subscription, outbox) = subscription();
        let publisher = thread::spawn(move || {
            let lease = Lease { queue: topic(), id: 1, deliveries: 1 };
            subscription.push(Delivery { lease: Some(lease), ..delivery(&subscription, 1) });
        });
        let mut leases = outbox.close();
        publisher.join().unwrap();
        leases.extend(outbox.close());
        assert_eq!(leases.len(), 1);
    });
}
