//! What the application and its operators can do from outside.

use std::time::Duration;

use stomp_broker::{
    Access, App, Authenticator, Credentials, Destination, DestinationKind, DestinationPolicy, Open, Policies,
    Principal, Publish, Refusal, Ruling, Server, SessionId, async_trait,
    proto::{AckMode, Command, Frame, Version, header::name},
    testing::Client,
};

async fn server() -> Server {
    Server::builder(Open, Open).topics("/topic").queues("/queue").start().await.expect("a server")
}

#[tokio::test(start_paused = true)]
async fn sessions_subscriptions_and_destinations_are_listed() {
    let server = server().await;
    let mut alice = Client::open(&server);
    let connected = alice.log_in("alice", "").await;
    let session: SessionId = connected.headers().get(name::SESSION).unwrap().parse().unwrap();
    let queue = Frame::builder(Command::Subscribe).header(name::ID, "q");
    alice.confirm(queue.header(name::DESTINATION, "/queue/jobs").header(name::ACK, "client")).await;
    for (id, destination) in [("t", "/topic/a"), ("p", "/topic/*/b"), ("u", "/user/queue/own")] {
        alice.subscribe(id, destination).await;
    }
    let mut bob = Client::open(&server);
    bob.log_in("bob", "").await;
    bob.subscribe("t", "/topic/a").await;

    let handle = server.handle();
    let sessions = handle.sessions();
    let status = sessions.iter().find(|status| status.id == session).expect("alice's session");
    assert_eq!(sessions.len(), 2);
    assert_eq!((status.user.as_deref(), status.version), (Some("alice"), Some(Version::V1_2)));
    assert_eq!((status.subscriptions, status.queued_messages, status.transport), (4, 0, "stream"));

    let destinations = handle.destinations();
    let listed: Vec<_> =
        destinations.iter().map(|status| (&*status.destination, status.kind, status.subscribers)).collect();
    let (topic, queue, user) = (DestinationKind::Topic, DestinationKind::Queue, DestinationKind::User);
    let expected = [
        ("/queue/jobs", queue, 1),
        ("/topic/*/b", topic, 1),
        ("/topic/a", topic, 2),
        ("/user/queue/own", user, 1),
    ];
    assert_eq!(listed, expected);

    let subscriptions = handle.subscriptions();
    let job = subscriptions.iter().find(|status| status.destination == "/queue/jobs").expect("a consumer");
    assert_eq!((job.session, &*job.user, job.ack), (session, "alice", AckMode::Client));

    let json = serde_json::to_value((sessions, subscriptions, destinations)).unwrap();
    assert_eq!(json[1][0]["ack"], "client");
    assert_eq!(json[1][0]["session"], session.to_string());
    assert!(json[0][0]["connected_at"].is_u64() && json[0][0]["version"] == "1.2", "{json}");

    alice.send(Frame::builder(Command::Disconnect).build()).await;
    alice.closed().await;
    assert_eq!(handle.sessions().len(), 1);
    assert_eq!(handle.destinations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_session_can_be_ended() {
    let server = server().await;
    let [mut one, mut other] = [Client::open(&server), Client::open(&server)];
    let session = one.log_in("alice", "").await.headers().get(name::SESSION).unwrap().parse().unwrap();
    other.log_in("alice", "").await;
    assert!(server.handle().disconnect_session(session, &Refusal::new("moved away")));
    assert_eq!(one.expect_error().await.headers().get(name::MESSAGE), Some("moved away"));
    assert!(!server.handle().disconnect_session(session, &Refusal::new("moved away")));
    other.publish("/topic/a", "still here").await;
}

/// Takes the passcode for the name of the credential.
#[derive(Debug)]
struct Devices;

#[async_trait]
impl Authenticator for Devices {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let device = credentials.passcode().unwrap_or_default();
        Ok(Principal::new(credentials.login().unwrap_or_default()).credential(device))
    }
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_one_credential_can_be_ended() {
    let server = Server::builder(Devices, Open).topics("/topic").start().await.expect("a server");
    let [mut phone, mut laptop, mut of_bob] =
        [Client::open(&server), Client::open(&server), Client::open(&server)];
    phone.log_in("alice", "phone").await;
    laptop.log_in("alice", "laptop").await;
    of_bob.log_in("bob", "phone").await;
    server.handle().disconnect_credential("alice", "phone", &Refusal::new("logged out"));
    assert_eq!(phone.expect_error().await.headers().get(name::MESSAGE), Some("logged out"));
    laptop.publish("/topic/a", "still here").await;
    of_bob.publish("/topic/a", "still here").await;
}

#[tokio::test(start_paused = true)]
async fn who_listens_for_it_is_told_before_its_session_is_ended() {
    let server = server().await;
    let [mut listens, mut other] = [Client::open(&server), Client::open(&server)];
    listens.log_in("alice", "").await;
    listens.subscribe("0", "/user/queue/session").await;
    other.log_in("alice", "").await;
    let reason = Refusal::new("banned").announced(destination("/user/queue/session"), "{}");
    server.handle().disconnect("alice", &reason);
    let told = listens.expect(Command::Message).await;
    assert_eq!((told.headers().get(name::SUBSCRIPTION), &**told.body()), (Some("0"), &b"{}"[..]));
    for client in [&mut listens, &mut other] {
        assert_eq!(client.expect_error().await.headers().get(name::MESSAGE), Some("banned"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_session_of_a_user_can_be_told_something() {
    let server = server().await;
    let [mut one, mut other] = [Client::open(&server), Client::open(&server)];
    let session = one.log_in("alice", "").await.headers().get(name::SESSION).unwrap().parse().unwrap();
    other.log_in("alice", "").await;
    let handle = server.handle();
    let publish = |body: &'static str| Publish::new(destination("/user/queue/own"), body);
    other.subscribe("0", "/user/queue/own").await;
    assert!(!handle.send_to_session(session, publish("to nobody")));
    one.subscribe("0", "/user/queue/own").await;
    assert!(handle.send_to_session(session, publish("to one")));
    assert_eq!(one.expect(Command::Message).await.body(), "to one");
    handle.send_to_user("alice", publish("to both"));
    assert_eq!(other.expect(Command::Message).await.body(), "to both", "and nothing before");
}

fn destination(name: &str) -> Destination {
    Destination::new(name).expect("a destination")
}

#[tokio::test(start_paused = true)]
async fn what_would_happen_to_somebody_is_explained() {
    let policies = Policies::new([
        DestinationPolicy::new("/topic/prices/*").unwrap().send(Access::roles(["exchange"])),
        DestinationPolicy::new("/topic/**").unwrap(),
    ]);
    let server = Server::builder(Open, policies.clone()).policies(policies).topics("/topic");
    let server =
        server.app(App::new(()).send("/app/room/{id}", async || ())).start().await.expect("a server");
    let mut client = Client::open(&server);
    client.log_in("bob", "").await;
    client.subscribe("0", "/topic/prices/x").await;
    client.subscribe("1", "/topic/*/x").await;

    let (handle, alice) = (server.handle(), Principal::new("alice"));
    let price = handle.explain(&destination("/topic/prices/x"), &alice).await;
    assert_eq!((price.kind, price.rule.as_deref()), (Some(DestinationKind::Topic), Some("/topic/prices/*")));
    assert_eq!((&price.send, &price.subscribe), (&Ruling::Denied("forbidden".to_owned()), &Ruling::Allowed));
    assert_eq!((price.subscribers, &*price.patterns), (1, &["/topic/*/x".to_owned()][..]));
    let text = price.to_string();
    assert!(text.contains("send: denied: forbidden\n") && text.contains("by /topic/*/x\n"), "{text}");

    let room = handle.explain(&destination("/app/room/7"), &alice).await;
    assert_eq!(room.send, Ruling::Handler("/app/room/{id}".to_owned()));
    assert_eq!(room.subscribe, Ruling::Denied("unknown destination".to_owned()));
    assert_eq!(room.kind, None);
    let own = handle.explain(&destination("/user/queue/x"), &alice).await;
    assert_eq!(own.subscribe, Ruling::Allowed);
    assert!(matches!(own.send, Ruling::Denied(_)));
    assert_eq!(serde_json::to_value(&room).unwrap()["send"]["handler"], "/app/room/{id}");
}

#[tokio::test(start_paused = true)]
async fn statistics_are_topics_that_no_client_sends_to() {
    let server = Server::builder(Open, Open).topics("/topic").statistics(Duration::from_secs(10));
    let server = server.start().await.expect("a server");
    let mut client = Client::open(&server);
    client.log_in("alice", "").await;
    for (id, topic) in [("0", "/$SYS/sessions"), ("1", "/$SYS/messages/*")] {
        client.subscribe(id, topic).await;
    }
    let mut told = Vec::new();
    for _ in 0..4 {
        let message = client.expect(Command::Message).await;
        let topic = message.headers().get(name::DESTINATION).unwrap_or_default().to_owned();
        told.push((topic, String::from_utf8_lossy(message.body()).parse::<u64>().expect("a number")));
    }
    assert_eq!(told[0], ("/$SYS/sessions".to_owned(), 1));
    assert_eq!(told[1].0, "/$SYS/messages/received");
    assert_eq!(server.handle().statistics().connections, 1);
    client.send(Client::message("/$SYS/sessions", "1000")).await;
    let error = client.expect_error().await;
    assert_eq!(error.headers().get(name::MESSAGE), Some("clients may not send to system destinations"));
    let without = Server::builder(Open, Open).topics("/topic").start().await.expect("a server");
    let mut client = Client::open(&without);
    client.connect().await;
    let subscribe = Frame::builder(Command::Subscribe).header(name::ID, "s");
    client.send(subscribe.header(name::DESTINATION, "/$SYS/sessions").build()).await;
    client.expect_error().await;
}
