//! The table of destination policies, as clients meet it.

use std::time::Duration;

use stomp_broker::{
    Access, Authenticator, Credentials, DestinationPolicy, Policies, Principal, QueuePolicy, Refusal, Server,
    async_trait,
    proto::{Command, Frame, FrameBuilder, header::name},
    testing::Client,
};

/// Takes the passcode for the role.
#[derive(Debug)]
struct Roles;

#[async_trait]
impl Authenticator for Roles {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let user = credentials.login().unwrap_or("guest");
        Ok(Principal::new(user).roles(credentials.passcode()))
    }
}

async fn server() -> Server {
    let rule = |pattern| DestinationPolicy::new(pattern).unwrap();
    let policies = Policies::new([
        rule("/topic/prices/*").send(Access::roles(["exchange"])).history(2, Duration::from_secs(60)),
        rule("/topic/inbox/{user}"),
        rule("/topic/**").send(Access::Nobody),
        rule("/queue/small").queue(QueuePolicy { messages: 1, ..QueuePolicy::default() }),
        rule("/queue/**").subscribe(Access::roles(["worker"])),
    ]);
    let server = Server::builder(Roles, policies.clone()).policies(policies);
    server.topics("/topic").queues("/queue").start().await.expect("a server")
}

async fn client(server: &Server, user: &str, role: &str) -> Client {
    let mut client = Client::open(server);
    client.log_in(user, role).await;
    client
}

fn subscribe(destination: &str) -> FrameBuilder {
    Frame::builder(Command::Subscribe).header(name::ID, "s").header(name::DESTINATION, destination)
}

#[tokio::test(start_paused = true)]
async fn what_the_table_does_not_grant_is_refused() {
    let server = server().await;
    let send = |destination| Frame::builder(Command::Send).header(name::DESTINATION, destination);
    for frame in [
        send("/topic/prices/x"),
        send("/topic/inbox/bob"),
        send("/topic/other"),
        subscribe("/topic/inbox/bob"),
        subscribe("/topic/inbox/*"),
        subscribe("/queue/jobs"),
    ] {
        let frame = frame.build();
        let mut alice = client(&server, "alice", "").await;
        alice.send(frame.clone()).await;
        let error = alice.expect_error().await;
        assert_eq!(error.headers().get(name::MESSAGE), Some("forbidden"), "{frame:?}");
    }
    let mut alice = client(&server, "alice", "worker").await;
    for (id, destination) in [("0", "/topic/inbox/alice"), ("1", "/queue/jobs"), ("2", "/user/queue/own")] {
        alice.subscribe(id, destination).await;
    }
    alice.publish("/topic/inbox/alice", "").await;
    alice.subscribe("3", "/topic/prices/*").await;
}

#[tokio::test(start_paused = true)]
async fn topics_and_queues_keep_what_the_table_says() {
    let server = server().await;
    let mut exchange = client(&server, "exchange", "exchange").await;
    for price in ["1", "2", "3"] {
        exchange.publish("/topic/prices/x", price).await;
    }
    exchange.confirm(subscribe("/topic/prices/x").header("x-offset", "first")).await;
    for kept in ["2", "3"] {
        assert_eq!(exchange.expect(Command::Message).await.body(), kept);
    }
    exchange.publish("/queue/small", "fits").await;
    exchange.publish("/queue/large", "").await;
    exchange.publish("/queue/large", "").await;
    exchange.send(Client::message("/queue/small", "one too many")).await;
    let error = exchange.expect_error().await;
    assert_eq!(error.headers().get(name::MESSAGE), Some("the queue /queue/small is full"));
}
