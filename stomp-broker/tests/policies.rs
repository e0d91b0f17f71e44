//! The table of destination policies, as clients meet it.

use std::time::Duration;

use stomp_broker::{
    Access, App, Authenticator, Credentials, Destination, DestinationPolicy, Policies, Principal,
    QueuePolicy, Refusal, Ruling, Server, async_trait,
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

/// A rule for the destination of a handler holds, and explanations say so; without a rule the handler decides alone.
#[tokio::test(start_paused = true)]
async fn a_handler_is_called_by_those_whom_its_rule_grants_it() {
    async fn answer() -> &'static str {
        "done"
    }
    let rule = |pattern| DestinationPolicy::new(pattern).unwrap();
    let policies = Policies::new([
        rule("/app/admin/**").send(Access::roles(["admin"])).subscribe(Access::Nobody),
        rule("/app/of/{user}"),
    ]);
    let app = App::new(()).send("/app/admin/{what}", answer).subscribe("/app/admin/{what}", answer);
    let app = app.subscribe("/app/of/{who}", answer).subscribe("/app/open", answer);
    let server = Server::builder(Roles, policies.clone()).policies(policies).app(app);
    let server = server.topics("/topic").start().await.expect("a server");
    let send = Frame::builder(Command::Send).header(name::DESTINATION, "/app/admin/stop");
    for (role, frame, is_granted) in [
        ("", send.clone(), false),
        ("admin", send, true),
        ("admin", subscribe("/app/admin/stop"), false),
        ("", subscribe("/app/of/bob"), false),
        ("", subscribe("/app/of/alice"), true),
        ("", subscribe("/app/open"), true),
    ] {
        let mut alice = client(&server, "alice", role).await;
        let frame = frame.header(name::RECEIPT, "r").build();
        alice.send(frame.clone()).await;
        let mut answer = alice.receive().await.expect("an answer");
        if answer.command() == &Command::Message {
            answer = alice.receive().await.expect("a receipt behind it");
        }
        assert_eq!(answer.command() == &Command::Receipt, is_granted, "{role} {frame:?}: {answer:?}");
        assert!(is_granted || answer.headers().get("message") == Some("forbidden"), "{answer:?}");
    }
    let admin = Destination::new("/app/admin/stop").unwrap();
    let explained = server.handle().explain(&admin, &Principal::new("bob").roles(["admin"])).await;
    assert_eq!(explained.send, Ruling::Handler("/app/admin/{what}".to_owned()));
    assert_eq!(explained.subscribe, Ruling::Denied("forbidden".to_owned()));
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
