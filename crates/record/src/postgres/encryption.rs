//! TLS to the database: rustls under the driver. The driver is told the hash of the server's certificate: the password's proof holds on this
//! connection only (`channel_binding`), also where nobody checks who signed the certificate.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, DigitallySignedStruct, InconsistentKeys, SignatureScheme};
use tokio_rustls::{TlsConnector, client};

use super::address::{Authorities, Identity, Trust};
use super::binding;

/// Makes encrypted connections; whom they trust is settled.
#[derive(Clone)]
pub(super) struct Encryption(TlsConnector);

impl Encryption {
    pub(super) fn new(trust: Trust, identity: Option<Identity>) -> Result<Self, rustls::Error> {
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let shown = identity.map(|identity| certified(&provider, identity)).transpose()?;
        let algorithms = provider.signature_verification_algorithms;
        let unnamed = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { trust, algorithms }));
        let mut config = match shown {
            Some(certified) => unnamed.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified))),
            None => unnamed.with_no_client_auth(),
        };
        // Asked for by servers that speak TLS from the first byte (`sslnegotiation=direct`).
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Encryption(TlsConnector::from(Arc::new(config))))
    }
}

/// Our certificate with its key. Certificates of the first version, as `openssl x509 -req` makes them, cannot be looked into here: whether they
/// fit their key is for the server to say.
fn certified(provider: &CryptoProvider, Identity { chain, key }: Identity) -> Result<CertifiedKey, rustls::Error> {
    let certified = CertifiedKey::new(chain, provider.key_provider.load_private_key(key)?);
    match certified.keys_match() {
        Err(unfit @ rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(unfit),
        _ => Ok(certified),
    }
}

impl MakeTlsConnect<Socket> for Encryption {
    type Stream = Encrypted;
    type TlsConnect = Handshake;
    type Error = String;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, String> {
        Ok(Handshake { connector: self.0.clone(), host: host.to_owned() })
    }
}

/// One handshake to come.
pub(super) struct Handshake {
    connector: TlsConnector,
    host: String,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Encrypted;
    type Error = String;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted, String>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let name =
                ServerName::try_from(self.host).map_err(|_| "the `host` of the address is neither a name nor a number".to_owned())?;
            let stream = self.connector.connect(name, socket).await.map_err(|error| reason(&error))?;
            Ok(Encrypted(stream))
        })
    }
}

/// Why there was no handshake, in words for whoever wrote the address.
fn reason(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            "the server's certificate is not signed by an authority that `sslrootcert` names".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented })) => {
            format!("the server's certificate is not for `{}`, but for {}", expected.to_str(), presented.join(", "))
        }
        _ => error.to_string(),
    }
}

/// An encrypted connection.
pub(super) struct Encrypted(client::TlsStream<Socket>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, connection) = self.0.get_ref();
        let shown = connection.peer_certificates().and_then(|certificates| certificates.first());
        shown.and_then(|shown| binding::end_point(shown)).map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Says whether a server is the right one.
struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Verifier")
    }
}

impl Verifier {
    fn signed(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        by: &Authorities,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let parsed = ParsedCertificate::try_from(shown)?;
        match verify_server_cert_signed_by_trust_anchor(&parsed, &by.anchors, between, now, self.algorithms.all) {
            // What `openssl req -x509` makes, as PostgreSQL's manual has it: a server's certificate that is its own authority.
            // Its time was checked before.
            Err(error) if is_an_authority(&error) => match by.certificates.iter().any(|known| known == shown) {
                true => Ok(()),
                false => Err(CertificateError::UnknownIssuer.into()),
            },
            outcome => outcome,
        }
    }
}

fn is_an_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    let inner: &(dyn Error + 'static) = other.0.as_ref();
    matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Anybody => {}
            Trust::Signed(by) => self.signed(shown, between, by, now)?,
            Trust::SignedForName(by) => {
                self.signed(shown, between, by, now)?;
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.trust {
            // Whose key it is was not asked, so that a proof of having it says nothing; and old certificates cannot give one.
            Trust::Anybody => Ok(HandshakeSignatureValid::assertion()),
            Trust::Signed(_) | Trust::SignedForName(_) => verify_tls12_signature(message, shown, signed, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.trust {
            Trust::Anybody => Ok(HandshakeSignatureValid::assertion()),
            Trust::Signed(_) | Trust::SignedForName(_) => verify_tls13_signature(message, shown, signed, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
