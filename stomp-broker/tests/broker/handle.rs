//! What the application and its operators can do from outside.

use stomp_broker::{
    Authenticator, Credentials, DestinationKind, Open, Principal, Refusal, Server, SessionId, async_trait,
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
