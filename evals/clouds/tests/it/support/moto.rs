//! A server that speaks as AWS does: moto, with its checks of signatures and policies.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

/// Who signs.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A running server, which ends with the test.
pub(crate) struct Moto {
    child: Child,
    port: u16,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

impl Moto {
    /// A server that lets everybody do everything, until [`Self::lock`].
    pub(crate) async fn start() -> Self {
        let port = free_port();
        let child = Command::new(program())
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto starts");
        let moto = Self { child, port };
        let began = Instant::now();
        let client = reqwest::Client::new();
        while client
            .post(format!("{}/moto-api/reset", moto.url()))
            .send()
            .await
            .is_err()
        {
            assert!(began.elapsed() < Duration::from_secs(60), "moto does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        moto
    }

    /// A server that checks, and the keys of somebody who may do everything.
    pub(crate) async fn locked() -> (Self, Keys) {
        let moto = Self::start().await;
        let keys = moto
            .user(
                "admin",
                &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            )
            .await;
        moto.lock().await;
        (moto, keys)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From here on signatures and policies are checked.
    pub(crate) async fn lock(&self) {
        let sent = reqwest::Client::new()
            .post(format!("{}/moto-api/reset-auth", self.url()))
            .header("content-type", "text/plain")
            .body("0");
        let answer = sent.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// A new user, who may do what `statement` says.
    pub(crate) async fn user(&self, name: &str, statement: &serde_json::Value) -> Keys {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        self.iam(&[("Action", "CreateUser"), ("UserName", name)]).await;
        self.iam(&[
            ("Action", "PutUserPolicy"),
            ("UserName", name),
            ("PolicyName", "all"),
            ("PolicyDocument", &policy),
        ])
        .await;
        let answer = self
            .iam(&[("Action", "CreateAccessKey"), ("UserName", name)])
            .await;
        let field = |tag: &str| {
            let (_, rest) = answer.split_once(&format!("<{tag}>")).expect(tag);
            rest.split_once('<').expect(tag).0.to_owned()
        };
        Keys {
            id: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
        }
    }

    async fn iam(&self, fields: &[(&str, &str)]) -> String {
        let quoted = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        let form = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", quoted(value)));
        let body = form.collect::<Vec<_>>().join("&") + "&Version=2010-05-08";
        self.raw("iam", "POST", "/", &body, None).await
    }

    /// A call past every adapter, without a signature that holds; as another account if one is named.
    pub(crate) async fn raw(
        &self,
        service: &str,
        method: &str,
        path: &str,
        body: &str,
        account: Option<&str>,
    ) -> String {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        );
        let content_type = match service {
            "s3" => "application/octet-stream",
            _ => "application/x-www-form-urlencoded",
        };
        let mut sent = reqwest::Client::new()
            .request(method.parse().expect("a method"), format!("{}{path}", self.url()))
            .header("authorization", signed)
            .header("content-type", content_type)
            .body(body.to_owned());
        if let Some(account) = account {
            sent = sent.header("x-moto-account-id", account);
        }
        let answer = sent.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a text");
        assert!(status.is_success(), "{status}: {text}");
        text
    }
}

fn program() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server is named by the environment, not by an executable's settings"
    )]
    let path = std::env::var_os("CLOUDS_MOTO").map(PathBuf::from);
    let path = path.expect("`CLOUDS_MOTO` is set: run `./dev test`, which installs the server");
    assert!(
        path.is_file(),
        "`{}` is not there: run `./dev setup`",
        path.display()
    );
    path
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
