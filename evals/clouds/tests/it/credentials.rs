//! Keys that are fetched, against small servers that answer as the agents of AWS do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post, put};
use provisioning::provider::{Class, Provider};
use provisioning_aws::{Aws, Settings, Surroundings};
use redacted::Redacted;

use crate::support::around;

/// A document of keys that end at `end`.
fn document(id: &str, end: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{id}","SecretAccessKey":"hunter2-hunter2","Token":"session","Expiration":"{end}"}}"#
    )
}

/// Serves `router`, and as STS says by which key a request was signed.
async fn serve(router: Router) -> String {
    let who = |headers: HeaderMap| async move {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let signed = text("authorization");
        let id = signed
            .split("Credential=")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        assert_eq!(
            text("x-amz-security-token"),
            "session",
            "the token of the session is signed and sent"
        );
        format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{id}</Account><Arn>arn:x</Arn>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = router.route("/", post(who));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn provider(url: &str, around: &Surroundings) -> Aws {
    let mut settings = Settings::new("cloud", "eu-west-1");
    settings.endpoint = Some(url.to_owned());
    Aws::new(settings, around).expect("a provider")
}

#[tokio::test]
async fn an_instance_gives_its_keys_for_a_token() {
    let roles = |headers: HeaderMap| async move {
        match headers
            .get("x-aws-ec2-metadata-token")
            .map(|token| token == "the-token")
        {
            Some(true) => (StatusCode::OK, "web\n"),
            _ => (StatusCode::UNAUTHORIZED, ""),
        }
    };
    let token = |headers: HeaderMap| async move {
        assert!(headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds"));
        "the-token"
    };
    let router = Router::new()
        .route("/latest/api/token", put(token))
        .route("/latest/meta-data/iam/security-credentials/", get(roles))
        .route(
            "/latest/meta-data/iam/security-credentials/web",
            get(|| async { document("ASIAINSTANCE", "2099-01-01T00:00:00Z") }),
        );
    let url = serve(router).await;
    let around = around(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    let account = provider(&url, &around).account().await.expect("an account");
    assert_eq!(account.id, "ASIAINSTANCE");
}

#[tokio::test]
async fn a_container_gives_keys_and_they_are_fetched_again_before_they_end() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let keys = move |headers: HeaderMap| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(headers["authorization"], "from-the-file");
            // The first keys have ended already when they come.
            document(
                &format!("ASIA{number}"),
                if number == 0 {
                    "2020-01-01T00:00:00Z"
                } else {
                    "2099-01-01T00:00:00Z"
                },
            )
        }
    };
    let url = serve(Router::new().route("/keys", get(keys))).await;
    let mut around = around(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/keys")),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"),
    ]);
    around.files = Arc::new(|path| (path == "/token").then(|| Redacted::new("from-the-file\n".to_owned())));
    let provider = provider(&url, &around);
    for expected in ["ASIA0", "ASIA1", "ASIA1"] {
        assert_eq!(provider.account().await.expect("an account").id, expected);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_of_somebody_else_becomes_keys() {
    let sts = |body: String| async move {
        assert!(
            body.contains("WebIdentityToken=the.web.token&")
                || body.ends_with("WebIdentityToken=the.web.token")
        );
        assert!(
            body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx"),
            "{body}"
        );
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
         <AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>hunter2-hunter2</SecretAccessKey>\
         <SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
         </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    };
    let url = serve(Router::new().route("/sts", post(sts))).await;
    let mut around = around(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/x"),
        ("AWS_ENDPOINT_URL_STS", &format!("{url}/sts")),
    ]);
    around.files = Arc::new(|path| (path == "/token").then(|| Redacted::new("the.web.token\n".to_owned())));
    assert_eq!(
        provider(&url, &around).account().await.expect("an account").id,
        "ASIAWEB"
    );
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_denied_without_being_shown() {
    let wrong = || async { r#"{"SecretAccessKey":"hunter2-hunter2"}"# };
    let url = serve(Router::new().route("/keys", get(wrong))).await;
    for path in ["/keys", "/none"] {
        let around = around(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}{path}"))]);
        let error = provider(&url, &around).account().await.expect_err("denied");
        assert_eq!(error.class, Class::Denied, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
