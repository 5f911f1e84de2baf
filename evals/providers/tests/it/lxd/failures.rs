//! What goes wrong has the class that it should have.

use std::path::Path;

use provisioning::provider::{Class, Provider, Status};
use provisioning::resource::{Kind, Value};
use provisioning_lxd::{Endpoint, LxdProvider};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};

use super::world::{World, given, settings};

#[tokio::test]
async fn what_is_not_ours_is_taken_and_stays_as_it_is() {
    let world = World::new();
    let order = world.order("server.theirs", &[]);
    world.raw.foreign(&order.name).await;
    let path = format!("/1.0/instances/{}", order.name);
    let before = world.raw.call(Method::GET, &path, json!(null)).await;
    let calls = [
        world.provider.create(&order).await.map(|_| ()),
        world
            .provider
            .update(&order.name, &order, &["cpu".to_owned()])
            .await,
        world.provider.delete(Kind::Server, None, &order.name).await,
    ];
    for refused in calls {
        let error = refused.expect_err("refused");
        assert_eq!(error.class, Class::Taken, "{error}");
    }
    assert_eq!(world.raw.call(Method::GET, &path, json!(null)).await, before);
    let seen = world.read(Kind::Server, &order.name).await.expect("there");
    assert_eq!((seen.marker, seen.status), (None, Status::Stopped));
    let all = world
        .provider
        .list(Kind::Server, None, None)
        .await
        .expect("listed");
    assert!(all.iter().any(|one| one.id == order.name));
    world.raw.call(Method::DELETE, &path, json!(null)).await;
    world.end().await;
}

#[tokio::test]
async fn another_order_of_the_same_name_is_taken() {
    let world = World::new();
    for (address, attributes) in [
        ("server.same", vec![]),
        ("volume.same", vec![("size_gb", Value::Integer(1))]),
        ("security_group.same", vec![]),
        ("network.same", vec![("cidr", Value::from(world.cidr(5)))]),
    ] {
        let order = world.order(address, &attributes);
        world.make(&order).await;
        let mut other = order.clone();
        other.marker.id = "another".to_owned();
        let error = world.provider.create(&other).await.expect_err("taken");
        assert_eq!(error.class, Class::Taken, "{error}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_lost_reply_is_unknown_and_what_was_made_is_found() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let cutting = tokio::spawn(cut(listener, given("LXD_TEST_SOCKET")));
    let through = LxdProvider::new(settings(Endpoint::Socket(socket))).expect("a provider");
    let order = world.order("server.lost", &[]);
    let error = through.create(&order).await.expect_err("no reply");
    assert_eq!(error.class, Class::Unknown, "{error}");
    let found = through
        .find(Kind::Server, None, &order.marker.id)
        .await
        .expect("found");
    assert_eq!(found.len(), 1, "{found:?}");
    // Whoever knows that it is there asks again, and gets it started.
    assert_eq!(world.make(&order).await, order.name);
    cutting.abort();
    world.end().await;
}

/// Forwards every connection, but takes the reply away from whoever makes an instance.
async fn cut(listener: UnixListener, server: impl AsRef<Path>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let Ok(mut upstream) = UnixStream::connect(&server).await else {
            return;
        };
        tokio::spawn(async move {
            let mut request = vec![0; 64 << 10];
            let mut length = 0;
            while !whole(&request[..length]) {
                match client.read(&mut request[length..]).await {
                    Ok(read) if read > 0 => length += read,
                    _ => return,
                }
            }
            upstream.write_all(&request[..length]).await.expect("forwarded");
            if request.starts_with(b"POST /1.0/instances?") {
                // The server has answered, so that it has done what it was asked.
                let _ = upstream.read(&mut request).await;
                return;
            }
            let _ = copy_bidirectional(&mut client, &mut upstream).await;
        });
    }
}

/// Whether a request has come with its body.
fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let world = World::new();
    let mut order = world.order("server.odd", &[("os_family", "no-such-system".into())]);
    let error = world.provider.create(&order).await.expect_err("no image");
    assert_eq!(error.class, Class::Permanent, "{error}");
    assert!(error.hint.is_some_and(|hint| hint.contains("lxc image list")));
    order.attributes.clear();
    order.attributes.insert("cpu".to_owned(), Value::Integer(-1));
    let error = world.provider.create(&order).await.expect_err("no number");
    assert_eq!(error.class, Class::Permanent, "{error}");
    order.attributes.clear();
    order.region = Some("no-such-project".to_owned());
    let error = world.provider.create(&order).await.expect_err("no project");
    assert_eq!(error.class, Class::Permanent, "{error}");
    order.region = None;
    order
        .attributes
        .insert("network".to_owned(), Value::from("nowhere"));
    let error = world.provider.create(&order).await.expect_err("no network");
    assert_eq!(error.class, Class::Permanent, "{error}");
    for kind in [Kind::Bucket, Kind::Database] {
        assert_eq!(world.provider.support(kind), None);
        let error = world
            .provider
            .create(&world.order(&format!("{kind}.x"), &[]))
            .await
            .expect_err("none");
        assert_eq!(error.class, Class::Unsupported, "{error}");
    }
    let gone = world
        .provider
        .update("nothing", &world.order("server.nothing", &[]), &[])
        .await;
    assert_eq!(gone.expect_err("absent").class, Class::Absent);
    world.end().await;
}

#[tokio::test]
async fn a_quota_is_a_quota() {
    let world = World::new();
    let project = format!("q-{}", world.suffix);
    let config = json!({"features.images": "false", "features.profiles": "false", "limits.instances": "0"});
    world
        .raw
        .call(
            Method::POST,
            "/1.0/projects",
            json!({"name": project, "config": config}),
        )
        .await;
    let mut order = world.order("server.many", &[]);
    order.region = Some(project.clone());
    let error = world.provider.create(&order).await.expect_err("too many");
    assert_eq!(error.class, Class::Quota, "{error}");
    world
        .raw
        .call(Method::DELETE, &format!("/1.0/projects/{project}"), json!(null))
        .await;
    world.end().await;
}

#[tokio::test]
async fn no_server_says_how_to_start_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = Endpoint::Socket(folder.path().join("nothing"));
    let provider = LxdProvider::new(settings(nothing)).expect("a provider");
    let error = provider.account().await.expect_err("nobody there");
    assert_eq!(error.class, Class::Transient, "{error}");
    assert!(
        error
            .hint
            .is_some_and(|hint| hint.contains("systemctl start lxd"))
    );
    let world = World::new();
    let error = provider
        .create(&world.order("server.x", &[]))
        .await
        .expect_err("nobody there");
    assert_eq!(error.class, Class::Transient, "{error}");
}
