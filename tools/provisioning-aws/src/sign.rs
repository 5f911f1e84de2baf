//! Signs requests (SigV4). The time is an argument.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use provisioning::provider::Class;

use crate::credentials::Keys;
use crate::error::Failure;

/// What is signed.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// The whole address, already quoted.
    pub(crate) url: &'a str,
    /// Headers besides those of the signature itself; `host` is among them.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
    /// The name of the service in signatures, such as `ec2`.
    pub(crate) service: &'a str,
}

/// The headers that sign `request`.
pub(crate) fn headers(
    request: &Unsigned<'_>,
    keys: &Keys,
    now: SystemTime,
) -> Result<Vec<(String, String)>, Failure> {
    let failed = |wrong: &dyn std::fmt::Display| {
        Failure::new(Class::Permanent, format!("the request cannot be signed: {wrong}"))
    };
    let identity = Credentials::new(
        keys.id.clone(),
        keys.secret.expose().clone(),
        keys.token.as_ref().map(|token| token.expose().clone()),
        None,
        "prov",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(now)
        .settings(settings(request.service))
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )
    .map_err(|error| failed(&error))?;
    let (instructions, _signature) = sign(signable, &params)
        .map_err(|error| failed(&error))?
        .into_parts();
    let pairs = instructions.headers();
    Ok(pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// S3 signs the path as it is sent, and wants the hash of the body as a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use redacted::Redacted;

    use super::*;

    /// The keys and the time of the test suite that AWS publishes: 2015-08-30T12:36:00Z.
    fn signed(request: &Unsigned<'_>, token: Option<&str>) -> Vec<(String, String)> {
        let keys = Keys {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Redacted::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            token: token.map(|token| Redacted::new(token.to_owned())),
            expires: None,
        };
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        headers(request, &keys, now).expect("signed")
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        let found = headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    #[test]
    fn the_vectors_that_aws_publishes_come_out() {
        let mut request = Unsigned {
            method: "GET",
            url: "https://example.amazonaws.com/",
            headers: &[("host", "example.amazonaws.com")],
            body: b"",
            region: "us-east-1",
            service: "service",
        };
        assert_eq!(
            value(&signed(&request, None), "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        request.method = "POST";
        request.headers = &[
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", "example.amazonaws.com"),
        ];
        request.body = b"Param1=value1";
        let headers = signed(&request, None);
        assert!(
            value(&headers, "authorization")
                .ends_with("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
            "{headers:?}"
        );
    }

    #[test]
    fn s3_gets_the_hash_of_the_body_and_a_session_its_token() {
        let request = Unsigned {
            method: "PUT",
            url: "https://s3.us-east-1.amazonaws.com/a.b",
            headers: &[("host", "s3.us-east-1.amazonaws.com")],
            body: b"",
            region: "us-east-1",
            service: "s3",
        };
        let headers = signed(&request, Some("the-token"));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(value(&headers, "x-amz-content-sha256"), empty);
        assert_eq!(value(&headers, "x-amz-security-token"), "the-token");
    }
}
