//! Over TLS.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use stomp_broker::{Open, Server, proto::Command, redis::RedisRelay, testing::Client};
use tempfile::TempDir;

use crate::redis_server::{RedisServer, free_port, settings};

/// A server with a certificate, which serves TLS beside plain TCP.
struct Encrypted {
    _server: RedisServer,
    port: u16,
    directory: TempDir,
}

impl Encrypted {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        certify(directory.path());
        authority(&directory.path().join("other.pem"));
        let file = |name| directory.path().join(name).to_str().unwrap().to_owned();
        let port = free_port();
        let tls = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no"];
        let files = ["--tls-cert-file", &file("cert.pem"), "--tls-key-file", &file("key.pem")];
        let trusted = ["--tls-ca-cert-file", &file("ca.pem")];
        let server = RedisServer::start_with(&[&tls[..], &files, &trusted].concat());
        Self { _server: server, port, directory }
    }

    fn url(&self, trusted: &str) -> String {
        let ca = self.directory.path().join(trusted);
        format!("rediss://127.0.0.1:{}?ca={}", self.port, ca.display())
    }
}

/// An authority, whose certificate is written to a file.
fn authority(file: &Path) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(file, authority.pem()).unwrap();
    authority
}

fn certify(directory: &Path) {
    let authority = authority(&directory.join("ca.pem"));
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    fs::write(directory.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn nodes_meet_over_tls() {
    let redis = Encrypted::start();
    let node = || async {
        let relay = RedisRelay::new(settings(redis.url("ca.pem"))).unwrap();
        Server::builder(Open, Open).broker(relay).topics("/topic").start().await.unwrap()
    };
    let (one, two) = (node().await, node().await);
    let (mut reader, mut writer) = (Client::open(&one), Client::open(&two));
    reader.connect().await;
    writer.connect().await;
    reader.subscribe("s", "/topic/a").await;
    writer.publish("/topic/a", "secret").await;
    assert_eq!(&**reader.expect(Command::Message).await.body(), b"secret");
}

#[tokio::test]
async fn a_server_that_the_authority_has_not_certified_is_not_trusted() {
    let redis = Encrypted::start();
    let relay = RedisRelay::new(settings(redis.url("other.pem"))).unwrap();
    let server = Server::builder(Open, Open).broker(relay).start().await.unwrap();
    assert!(!server.handle().is_ready());
}
