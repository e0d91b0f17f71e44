//! STOMP over TLS: handshakes, certificates of clients, and certificates that change.
#![cfg(feature = "tls")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use stomp_broker::{
    Authenticator, Config, Credentials, Open, Principal, Refusal, Server, Tls, testing::Client,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    },
};

/// A certificate that is its own authority, for `localhost`.
struct Identity {
    pem: String,
    key_pem: String,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn identity() -> Identity {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Identity {
        pem: cert.pem(),
        key_pem: signing_key.serialize_pem(),
        der: cert.der().clone(),
        key: PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into(),
    }
}

fn tls(identity: &Identity) -> Tls {
    Tls::from_pem(identity.pem.as_bytes(), identity.key_pem.as_bytes()).unwrap()
}

async fn serve(server: &Server, tls: &Tls) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (server, tls) = (server.clone(), tls.clone());
    tokio::spawn(async move { server.serve_tls(listener, &tls).await });
    address
}

/// A client that trusts one server, and shows a certificate if it has one.
async fn open(
    address: SocketAddr,
    trusted: &Identity,
    shown: Option<&Identity>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der.clone()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match shown {
        Some(shown) => builder.with_client_auth_cert(vec![shown.der.clone()], shown.key.clone_key()).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

#[tokio::test]
async fn a_client_speaks_stomp_over_tls() {
    let identity = identity();
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    let address = serve(&server, &tls(&identity)).await;
    let mut client = Client::over(open(address, &identity, None).await.unwrap());
    client.connect().await;
    client.subscribe("s", "/topic/a").await;
    client.publish("/topic/a", "over TLS").await;
    assert_eq!(client.receive().await.unwrap().body(), "over TLS");
}

#[tokio::test]
async fn a_new_certificate_counts_for_new_connections() {
    let (old, new) = (identity(), identity());
    let server = Server::builder(Open, Open).topics("/topic").start().await.unwrap();
    let tls = tls(&old);
    let address = serve(&server, &tls).await;
    let mut before = Client::over(open(address, &old, None).await.unwrap());
    before.connect().await;
    tls.reload(new.pem.as_bytes(), new.key_pem.as_bytes()).unwrap();
    assert!(open(address, &old, None).await.is_err());
    Client::over(open(address, &new, None).await.unwrap()).connect().await;
    before.publish("/topic/a", "still there").await;

    assert!(tls.reload(b"", new.key_pem.as_bytes()).is_err());
    assert!(tls.reload(old.pem.as_bytes(), new.key_pem.as_bytes()).is_err());
    Client::over(open(address, &new, None).await.unwrap()).connect().await;
}

/// Lets in who showed a certificate.
#[derive(Debug)]
struct ByCertificate;

#[async_trait]
impl Authenticator for ByCertificate {
    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Principal, Refusal> {
        let own = credentials.peer().certificates.first().ok_or_else(|| Refusal::new("no certificate"))?;
        Ok(Principal::new(format!("certificate of {} bytes", own.len())))
    }
}

#[tokio::test]
async fn the_certificate_of_a_client_says_who_it_is() {
    let (ours, theirs, strangers) = (identity(), identity(), identity());
    let tls =
        Tls::with_client_roots(ours.pem.as_bytes(), ours.key_pem.as_bytes(), theirs.pem.as_bytes()).unwrap();
    let server = Server::builder(ByCertificate, Open).topics("/topic").start().await.unwrap();
    let address = serve(&server, &tls).await;
    let mut client = Client::over(open(address, &ours, Some(&theirs)).await.unwrap());
    let connected = client.connect().await;
    let expected = format!("certificate of {} bytes", theirs.der.len());
    assert_eq!(connected.headers().get("user-name"), Some(&*expected));

    for shown in [Some(&strangers), None] {
        // In TLS 1.3 the client learns of the refusal when it reads.
        if let Ok(mut stream) = open(address, &ours, shown).await {
            assert!(stream.read_u8().await.is_err());
        }
    }
}

#[tokio::test]
async fn a_silent_client_is_cut_off_during_the_handshake() {
    let config = Config { login_timeout: Duration::from_millis(200), ..Config::default() };
    let server = Server::builder(Open, Open).config(config).topics("/topic").start().await.unwrap();
    let address = serve(&server, &tls(&identity())).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let end = timeout(Duration::from_secs(10), silent.read(&mut [0; 16])).await;
    assert_eq!(end.expect("the server closes the connection").unwrap_or(0), 0);
}

#[tokio::test]
async fn t14_a_dribbled_hello_is_cut_off_when_the_login_is_due() {
    let config = Config { login_timeout: Duration::from_millis(300), ..Config::default() };
    let server = Server::builder(Open, Open).config(config).topics("/topic").start().await.unwrap();
    let mut dribbler = TcpStream::connect(serve(&server, &tls(&identity())).await).await.unwrap();
    dribbler.set_nodelay(true).unwrap();
    // A record of 16 KiB with a hello that it never gets to the end of.
    let hello = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3][..], &[0; 4096]].concat();
    let dribble = async {
        for octet in hello {
            if dribbler.write_u8(octet).await.is_err() {
                return;
            }
            if let Ok(end) = timeout(Duration::from_millis(20), dribbler.read_u8()).await {
                assert!(end.is_err(), "the server has nothing to say");
                return;
            }
        }
        panic!("the server listens to all of it");
    };
    timeout(Duration::from_secs(20), dribble).await.expect("the server closes the connection");
}
