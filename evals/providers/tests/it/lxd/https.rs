//! LXD over TLS: with a certificate that it trusts, with one that it does not, and with a server that is another.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use provisioning::provider::{Class, Error, Provider};
use provisioning::resource::Kind;
use provisioning_lxd::{Endpoint, Https, LxdProvider, Trust};
use reqwest::Method;
use serde_json::json;

use super::world::{World, given, settings};

/// A certificate of our own and its key.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (
        folder.join(format!("{name}.crt")),
        folder.join(format!("{name}.key")),
    );
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=prov-test", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

/// What stands between the two lines of a PEM file.
fn base64(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a file");
    text.lines().filter(|line| !line.starts_with("-----")).collect()
}

fn provider(url: &str, ours: &(PathBuf, PathBuf), server: Trust) -> Result<LxdProvider, Error> {
    LxdProvider::new(settings(Endpoint::Https(Https {
        url: url.to_owned(),
        certificate: ours.0.clone(),
        key: ours.1.clone(),
        server,
    })))
}

#[tokio::test]
async fn certificates_decide() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let ours = certificate(folder.path(), "ours");
    let strange = certificate(folder.path(), "strange");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let listen = json!({"config": {"core.https_address": format!("127.0.0.1:{port}")}});
    world.raw.call(Method::PATCH, "/1.0", listen).await;
    let trusted = json!({"type": "client", "name": "prov-test", "certificate": base64(&ours.0)});
    world.raw.call(Method::POST, "/1.0/certificates", trusted).await;
    let url = format!("https://127.0.0.1:{port}");
    let file = given("LXD_TEST_SOCKET").with_file_name("server.crt");
    let server = world.raw.call(Method::GET, "/1.0", json!(null)).await;
    let fingerprint = server["environment"]["certificate_fingerprint"]
        .as_str()
        .expect("a fingerprint")
        .to_owned();

    for trust in [Trust::File(file.clone()), Trust::Fingerprint(fingerprint)] {
        let over_tls = provider(&url, &ours, trust).expect("a provider");
        let account = over_tls.account().await.expect("trusted");
        assert!(
            account.description.ends_with(&format!(" at {url}")),
            "{account:?}"
        );
        let order = world.order("server.tls", &[]);
        let id = over_tls.create(&order).await.expect("created").id;
        world.ready(Kind::Server, &id).await;
        over_tls.delete(Kind::Server, None, &id).await.expect("deleted");
    }

    let nobody = provider(&url, &strange, Trust::File(file.clone())).expect("a provider");
    let error = nobody.account().await.expect_err("not trusted");
    assert_eq!(error.class, Class::Denied, "{error}");
    assert!(
        error
            .hint
            .is_some_and(|hint| hint.contains("lxc config trust add"))
    );
    let error = nobody
        .create(&world.order("server.no", &[]))
        .await
        .expect_err("not trusted");
    assert_eq!(error.class, Class::Denied, "{error}");

    let another = provider(&url, &ours, Trust::File(ours.0.clone())).expect("a provider");
    let error = another.account().await.expect_err("another server");
    assert_eq!(error.class, Class::Denied, "{error}");
    let unknown = provider(&url, &ours, Trust::System).expect("a provider");
    let error = unknown.account().await.expect_err("no authority knows it");
    assert_eq!(error.class, Class::Denied, "{error}");

    for wrong in [
        provider("http://127.0.0.1:1", &ours, Trust::System),
        provider(&url, &ours, Trust::Fingerprint("ab".to_owned())),
        provider(&url, &ours, Trust::File(folder.path().join("nothing"))),
        provider(&url, &(ours.0.clone(), ours.0.clone()), Trust::File(file)),
    ] {
        assert_eq!(wrong.expect_err("unusable").class, Class::Permanent);
    }
    world
        .raw
        .call(
            Method::PATCH,
            "/1.0",
            json!({"config": {"core.https_address": ""}}),
        )
        .await;
    world.end().await;
}
