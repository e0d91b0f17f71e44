//! TLS (RFC 8446 and RFC 5246) by rustls, with certificates that can be changed while serving.

use std::{
    fmt,
    future::Future,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
        server::{VerifierBuilderError, WebPkiClientVerifier},
    },
    server::TlsStream,
};
use tracing::debug;

use crate::Peer;

/// The server's certificate, and whom it asks for one. Cloning gives another reference to the same.
#[derive(Clone)]
pub struct Tls {
    config: Arc<RwLock<Arc<ServerConfig>>>,
    client_roots: Option<Arc<RootCertStore>>,
}

/// What is wrong with certificates or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The text is no PEM, or lacks what it should have.
    #[error("not the PEM expected: {0}")]
    Pem(#[from] pem::Error),
    /// The certificate and the key do not go together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used: {0}")]
    Certificate(#[from] tokio_rustls::rustls::Error),
    /// The roots for client certificates cannot be used.
    #[error("the roots of client certificates cannot be used: {0}")]
    ClientRoots(#[from] VerifierBuilderError),
}

impl Tls {
    /// A certificate chain, the server's own certificate first, and its private key, in PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`] says which of them is wrong.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Self::new(certificates, key, None)
    }

    /// As [`from_pem`](Self::from_pem), and only clients with a certificate that one of `client_roots` signed may
    /// connect; the `Authenticator` sees it in [`Peer::certificates`].
    ///
    /// # Errors
    ///
    /// [`TlsError`] says which of them is wrong.
    pub fn with_client_roots(certificates: &[u8], key: &[u8], client_roots: &[u8]) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(client_roots) {
            roots.add(root?)?;
        }
        Self::new(certificates, key, Some(Arc::new(roots)))
    }

    fn new(
        certificates: &[u8],
        key: &[u8],
        client_roots: Option<Arc<RootCertStore>>,
    ) -> Result<Self, TlsError> {
        let config = server_config(certificates, key, client_roots.clone())?;
        Ok(Self { config: Arc::new(RwLock::new(Arc::new(config))), client_roots })
    }

    /// Uses another certificate for the connections that come from now on; those that are open stay.
    ///
    /// # Errors
    ///
    /// [`TlsError`], and the old certificate stays in use.
    pub fn reload(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let config = Arc::new(server_config(certificates, key, self.client_roots.clone())?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The handshake with one client, which may take so long; `None` when it fails.
    pub(crate) fn accept(
        &self,
        stream: TcpStream,
        peer: Peer,
        limit: Duration,
    ) -> impl Future<Output = Option<(TlsStream<TcpStream>, Peer)>> + Send + use<> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        async move {
            let handshake = TlsAcceptor::from(config).accept(stream);
            match tokio::time::timeout(limit, handshake).await {
                Ok(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    let certificates = shown.iter().map(|shown| Bytes::copy_from_slice(shown)).collect();
                    Some((stream, Peer { transport: "tls", certificates, ..peer }))
                }
                Ok(Err(error)) => {
                    debug!(peer = ?peer.address, %error, "TLS handshake failed");
                    None
                }
                Err(_) => {
                    debug!(peer = ?peer.address, "TLS handshake took too long");
                    None
                }
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("asks_for_certificates", &self.client_roots.is_some())
            .finish_non_exhaustive()
    }
}

fn server_config(
    certificates: &[u8],
    key: &[u8],
    client_roots: Option<Arc<RootCertStore>>,
) -> Result<ServerConfig, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let builder = match client_roots {
        Some(roots) => {
            ServerConfig::builder().with_client_cert_verifier(WebPkiClientVerifier::builder(roots).build()?)
        }
        None => ServerConfig::builder().with_no_client_auth(),
    };
    Ok(builder.with_single_cert(chain, key)?)
}
