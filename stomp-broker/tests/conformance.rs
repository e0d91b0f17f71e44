//! The back-ends of this crate keep to what is asked of any.

use stomp_broker::{
    SimpleBroker,
    testing::{Faulty, conformance},
};

fn simple() -> SimpleBroker {
    SimpleBroker::with(conformance::queue_policy(), conformance::history())
}

#[tokio::test]
async fn the_simple_broker_conforms() {
    conformance::suite(simple).await;
}

#[tokio::test]
async fn a_faulty_broker_without_faults_conforms() {
    conformance::suite(|| Faulty::new(simple())).await;
}

/// The suite itself can fail.
#[tokio::test]
#[should_panic(expected = "assertion")]
async fn a_broker_that_doubles_messages_does_not_conform() {
    conformance::suite(|| {
        let broker = Faulty::new(simple());
        broker.faults().script([stomp_broker::testing::Fault::Duplicate; 3]);
        broker
    })
    .await;
}
