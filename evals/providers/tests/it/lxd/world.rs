//! A workspace of its own in the server that all tests share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use provisioning::provider::{Marker, Observed, Order, Provider, Status};
use provisioning::resource::{Address, Attributes, Kind, Value};
use provisioning_lxd::{Endpoint, LxdProvider, LxdSettings};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// What `./dev` has put into `variable`.
pub(crate) fn given(variable: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "servers are named by the environment, not by an executable's settings"
    )]
    let value = std::env::var_os(variable);
    let path = value.map(PathBuf::from).unwrap_or_else(|| {
        panic!("`{variable}` is not set: run `./dev test`, or `./dev lxd cargo test -p providers`")
    });
    assert!(
        path.exists(),
        "`{variable}` names `{}`, which is not there",
        path.display()
    );
    path
}

/// Settings for the server at `socket`, with the small image.
pub(crate) fn settings(endpoint: Endpoint) -> LxdSettings {
    let mut settings = LxdSettings::new(endpoint);
    settings.image = "bb".to_owned();
    settings.images.insert("busybox".to_owned(), "bb".to_owned());
    settings
}

/// A workspace, and a provider for it.
pub(crate) struct World {
    pub(crate) provider: LxdProvider,
    pub(crate) raw: Raw,
    /// Random, and what every name ends with.
    pub(crate) suffix: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let socket = given("LXD_TEST_SOCKET");
        let suffix = uuid::Uuid::new_v4().simple().to_string()[..6].to_owned();
        Self {
            provider: LxdProvider::new(settings(Endpoint::Socket(socket))).expect("a provider"),
            raw: Raw::new(),
            suffix,
        }
    }

    /// An order for `kind.name` of this workspace.
    pub(crate) fn order(&self, address: &str, attributes: &[(&str, Value)]) -> Order {
        let address: Address = address.parse().expect("an address");
        let marker = Marker {
            id: format!("{}-{address}", self.suffix),
            workspace: self.workspace(),
            address: address.to_string(),
        };
        let attributes = attributes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        Order {
            name: format!("{}-{}", address.label(), self.suffix),
            region: None,
            attributes: attributes.collect::<Attributes>(),
            marker,
            references: BTreeMap::new(),
            address,
        }
    }

    pub(crate) fn workspace(&self) -> String {
        format!("test-{}", self.suffix)
    }

    /// A block that no other test has.
    pub(crate) fn cidr(&self, number: u8) -> String {
        let number_of = |text: &str| u8::from_str_radix(text, 16).expect("digits");
        format!(
            "10.{}.{}.0/24",
            64 + number_of(&self.suffix[..2]) % 128,
            (number_of(&self.suffix[2..4]) & 0xf8) | number
        )
    }

    /// Makes it and waits until it is ready; its id.
    pub(crate) async fn make(&self, order: &Order) -> String {
        let created = self.provider.create(order).await.expect("created");
        self.ready(order.address.kind, &created.id).await;
        created.id
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self, kind: Kind, id: &str) -> Observed {
        self.until(kind, id, |one| one.status == Status::Ready).await
    }

    /// Waits until it is as `fits` says.
    pub(crate) async fn until(&self, kind: Kind, id: &str, fits: impl Fn(&Observed) -> bool) -> Observed {
        let started = Instant::now();
        loop {
            let now = self.provider.read(kind, None, id).await.expect("read");
            match now {
                Some(one) if fits(&one) => return one,
                other => assert!(
                    started.elapsed() < Duration::from_secs(60),
                    "{kind} `{id}`: {other:?}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What it is now.
    pub(crate) async fn read(&self, kind: Kind, id: &str) -> Option<Observed> {
        self.provider.read(kind, None, id).await.expect("read")
    }

    /// Runs a command in a server; its code and output.
    pub(crate) async fn run(&self, id: &str, script: &str) -> (i64, String) {
        let command = ["sh", "-c", script].map(str::to_owned);
        let ran = self.provider.exec(None, id, &command).await.expect("ran");
        (ran.code, ran.output)
    }

    /// Deletes everything of this workspace in the order in which that works, and sees that it is gone.
    pub(crate) async fn end(self) {
        for kind in Kind::ALL.into_iter().rev() {
            let workspace = self.workspace();
            let all = self
                .provider
                .list(kind, None, Some(&workspace))
                .await
                .expect("listed");
            for one in all {
                self.provider.delete(kind, None, &one.id).await.expect("deleted");
                assert_eq!(self.read(kind, &one.id).await, None, "{kind} `{}`", one.id);
            }
            let left = self
                .provider
                .list(kind, None, Some(&workspace))
                .await
                .expect("listed");
            assert_eq!(left, [], "{kind}");
        }
    }
}

/// Calls to LXD around the provider.
pub(crate) struct Raw {
    http: reqwest::Client,
}

impl Raw {
    fn new() -> Self {
        let socket = given("LXD_TEST_SOCKET");
        let builder = reqwest::Client::builder().unix_socket(socket).no_proxy();
        Self {
            http: builder.build().expect("a client"),
        }
    }

    /// A call that must succeed, and has come to its end when this returns.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Json) -> Json {
        let answer = self.send(method, path, body).await;
        let Some(operation) = answer["operation"].as_str().filter(|path| !path.is_empty()) else {
            assert_eq!(answer["type"], "sync", "{path}: {answer}");
            return answer["metadata"].clone();
        };
        let ended = self
            .send(Method::GET, &format!("{operation}/wait?timeout=30"), Json::Null)
            .await;
        assert_eq!(ended["metadata"]["status_code"], 200, "{path}: {ended}");
        ended["metadata"].clone()
    }

    async fn send(&self, method: Method, path: &str, body: Json) -> Json {
        let request = self.http.request(method, format!("http://lxd{path}"));
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let response = request.send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    /// An instance that is not ours.
    pub(crate) async fn foreign(&self, name: &str) {
        let body =
            json!({"name": name, "source": {"type": "image", "alias": "bb"}, "config": {"user.mine": "yes"}});
        self.call(Method::POST, "/1.0/instances", body).await;
    }
}

/// Values of a record.
pub(crate) fn record(fields: &[(&str, &str)]) -> Value {
    Value::Record(
        fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Value::from(*value)))
            .collect(),
    )
}
