//! Certificates for servers on this machine, and what makes Redis use them.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority, a certificate of it, and another authority.
#[derive(Debug)]
pub(crate) struct Certificates {
    directory: TempDir,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name| directory.path().join(name);
        let authority = authority(&file("ca.pem"));
        self::authority(&file("other.pem"));
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        fs::write(file("cert.pem"), certificate.pem()).unwrap();
        fs::write(file("key.pem"), key.serialize_pem()).unwrap();
        Self { directory }
    }

    /// Has a server speak TLS at a port of its own, also to other servers, and plain TCP at its usual one.
    pub(crate) fn arguments(&self, port: u16) -> Vec<String> {
        let words = [
            ("tls-port", port.to_string()),
            ("tls-auth-clients", "no".to_owned()),
            ("tls-replication", "yes".to_owned()),
            ("tls-cert-file", self.file("cert.pem")),
            ("tls-key-file", self.file("key.pem")),
            ("tls-ca-cert-file", self.file("ca.pem")),
        ];
        words.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }

    /// What a URL says to trust the authority.
    pub(crate) fn trust(&self) -> String {
        format!("?ca={}", self.file("ca.pem"))
    }

    /// What it says to trust another one instead.
    #[cfg(feature = "tls")]
    pub(crate) fn trust_others(&self) -> String {
        format!("?ca={}", self.file("other.pem"))
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }
}

/// A new authority, whose certificate is written to a file.
fn authority(file: &Path) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate whose issuer has its own name for one that nobody else has signed.
    params.distinguished_name.push(DnType::CommonName, "authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(file, authority.pem()).unwrap();
    authority
}
