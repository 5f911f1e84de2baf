//! TLS with our certificate, and with a server that is known by its own certificate.
//!
//! LXD's certificate is signed by itself, so that no authority can say that it is the one: its fingerprint can. The
//! signatures of the handshake are checked as always; without that a certificate proves nothing, because it is public.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::names::hex;
use crate::settings::{Https, Trust};

/// The certificate of the server that must be the one.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

/// A configuration for a server that is known by its certificate; nothing if an authority is to say who it is.
pub(crate) fn pinned(https: &Https) -> Result<Option<ClientConfig>, String> {
    let fingerprint = match &https.server {
        Trust::System => return Ok(None),
        Trust::File(path) => hex(&Sha256::digest(certificate(path)?)),
        Trust::Fingerprint(text) => fingerprint(text)?,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let pinned = Pinned {
        fingerprint,
        provider: Arc::clone(&provider),
    };
    let key = PrivateKeyDer::from_pem_slice(&read(&https.key)?)
        .map_err(|_| format!("`{}` holds no private key in PEM", https.key.display()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(pinned))
                .with_client_auth_cert(
                    vec![certificate(&https.certificate).map_err(Error::General)?],
                    key,
                )
        });
    config
        .map(Some)
        .map_err(|error| format!("our certificate cannot be used: {error}"))
}

/// Our certificate and key, one after the other, as they are given to the system's own verification.
pub(crate) fn identity(https: &Https) -> Result<Vec<u8>, String> {
    let mut both = read(&https.certificate)?;
    both.push(b'\n');
    both.extend(read(&https.key)?);
    Ok(both)
}

fn certificate(path: &Path) -> Result<CertificateDer<'static>, String> {
    CertificateDer::from_pem_slice(&read(path)?)
        .map_err(|_| format!("`{}` holds no certificate in PEM", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
}

fn fingerprint(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|letter| *letter != ':').collect();
    if digits.len() != 64 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(
            "the fingerprint of the server must be the 64 hexadecimal digits of a SHA-256".to_owned(),
        );
    }
    Ok(digits.to_ascii_lowercase())
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if hex(&Sha256::digest(end_entity)) == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(
            CertificateError::ApplicationVerificationFailure,
        ))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_people_write_it() {
        let plain = "ab".repeat(32);
        assert_eq!(fingerprint(&plain), Ok(plain.clone()));
        assert_eq!(fingerprint(&["AB"; 32].join(":")), Ok(plain));
        assert!(fingerprint("ab").is_err() && fingerprint(&"xy".repeat(32)).is_err());
    }
}
