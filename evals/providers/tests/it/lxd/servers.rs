//! Servers: made, found, changed, looked into, deleted.

use std::time::Instant;

use provisioning::provider::{Class, Provider, Status};
use provisioning::resource::{Kind, Value};
use reqwest::Method;
use serde_json::json;

use super::world::{World, given, record};

#[tokio::test]
async fn a_server_lives_and_dies() {
    let world = World::new();
    let tags = record(&[("team", "shop")]);
    let asked = [
        ("cpu", Value::Integer(1)),
        ("memory_gb", Value::Real(0.0625)),
        ("disk_gb", Value::Integer(2)),
        ("os_family", Value::from("busybox")),
        ("tags", tags),
        ("public_ip", Value::Bool(true)),
    ];
    let order = world.order("server.web", &asked);
    let began = Instant::now();
    let created = world.provider.create(&order).await.expect("created");
    let created_in = began.elapsed();
    let ready = world.ready(Kind::Server, &created.id).await;
    println!("server: create {created_in:?}, ready after {:?}", began.elapsed());
    assert_eq!(ready.marker.as_ref(), Some(&order.marker));
    for (key, value) in asked.iter().filter(|(key, _)| *key != "public_ip") {
        assert_eq!(ready.attributes.get(*key), Some(value), "{key}");
    }
    let note = ready
        .computed
        .get("note_disk")
        .and_then(Value::text)
        .expect("a note");
    assert!(note.contains("directory"), "{note}");

    let again = world.provider.create(&order).await.expect("the same order");
    assert_eq!(again, created);
    let found = world
        .provider
        .find(Kind::Server, None, &order.marker.id)
        .await
        .expect("found");
    assert_eq!(
        found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        [created.id.as_str()]
    );
    assert_eq!(
        world
            .provider
            .find(Kind::Server, None, "another")
            .await
            .expect("found"),
        []
    );

    let began = Instant::now();
    world
        .provider
        .delete(Kind::Server, None, &created.id)
        .await
        .expect("deleted");
    println!("server: delete {:?}", began.elapsed());
    world
        .provider
        .delete(Kind::Server, None, &created.id)
        .await
        .expect("deleted twice");
    assert_eq!(world.read(Kind::Server, &created.id).await, None);
    world.end().await;
}

#[tokio::test]
async fn a_server_that_was_not_started_is_started_by_the_same_order() {
    let world = World::new();
    let order = world.order("server.half", &[]);
    let body = json!({"name": order.name, "source": {"type": "image", "alias": "bb"}, "config": {
        "user.prov.id": order.marker.id,
        "user.prov.workspace": order.marker.workspace,
        "user.prov.address": order.marker.address,
    }});
    world.raw.call(Method::POST, "/1.0/instances", body).await;
    let stopped = world.read(Kind::Server, &order.name).await.expect("there");
    assert_eq!(stopped.status, Status::Stopped);
    assert_eq!(world.make(&order).await, order.name);
    world.end().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_started_says_why() {
    let world = World::new();
    let order = world.order("server.broken", &[]);
    let body = json!({"name": order.name, "source": {"type": "image", "alias": "bb"}, "config": {
        "user.prov.id": order.marker.id,
        "user.prov.workspace": order.marker.workspace,
        "user.prov.address": order.marker.address,
        "raw.lxc": "lxc.init.cmd = /no/such/init",
    }});
    world.raw.call(Method::POST, "/1.0/instances", body).await;
    world.provider.create(&order).await.expect("it is there");
    let failed = world.read(Kind::Server, &order.name).await.expect("there");
    assert_eq!(failed.status, Status::Failed, "{failed:?}");
    assert!(failed.computed.contains_key("failure"), "{failed:?}");
    world.end().await;
}

#[tokio::test]
async fn limits_hold_and_change() {
    let world = World::new();
    let asked = [("cpu", Value::Integer(1)), ("memory_gb", Value::Real(0.0625))];
    let mut order = world.order("server.small", &asked);
    let id = world.make(&order).await;
    assert_eq!(memory_limit(&world, &id).await, 64 << 20);
    assert_eq!(world.run(&id, "nproc").await, (0, "1\n".to_owned()));
    // Everything is kept in memory until the end, which does not come.
    let (code, _) = world
        .run(&id, "head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null")
        .await;
    assert_ne!(code, 0, "200 MB fit into 64 MiB");

    order
        .attributes
        .insert("memory_gb".to_owned(), Value::Real(0.125));
    order.attributes.insert("cpu".to_owned(), Value::Integer(2));
    order
        .attributes
        .insert("tags".to_owned(), record(&[("team", "shop")]));
    let changed = ["memory_gb", "cpu", "tags"].map(str::to_owned);
    world
        .provider
        .update(&id, &order, &changed)
        .await
        .expect("changed");
    assert_eq!(memory_limit(&world, &id).await, 128 << 20);
    let now = world.read(Kind::Server, &id).await.expect("there");
    assert_eq!(now.status, Status::Ready);
    for key in changed {
        assert_eq!(now.attributes.get(&key), order.attributes.get(&key), "{key}");
    }
    world.end().await;
}

/// What the kernel holds the first process of a server to.
async fn memory_limit(world: &World, id: &str) -> u64 {
    let state = world
        .raw
        .call(Method::GET, &format!("/1.0/instances/{id}/state"), json!(null))
        .await;
    let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", state["pid"])).expect("its groups");
    let file = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        // Processes of a container live one below what limits them.
        let path = path.trim_end_matches("/init.scope");
        let first = format!("/sys/fs/cgroup/memory{path}/memory.limit_in_bytes");
        let second = format!("/sys/fs/cgroup{path}/memory.max");
        match controllers {
            "memory" => Some(first),
            "" if std::path::Path::new(&second).exists() => Some(second),
            _ => None,
        }
    });
    let file = file.unwrap_or_else(|| panic!("no group for memory in {groups}"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    text.trim()
        .parse()
        .unwrap_or_else(|error| panic!("{file}: {text}: {error}"))
}

#[tokio::test]
async fn what_is_inside_can_be_reached() {
    let world = World::new();
    let id = world.make(&world.order("server.in", &[])).await;
    let (code, output) = world.run(&id, "echo out; echo err >&2; exit 7").await;
    assert_eq!((code, output.as_str()), (7, "out\nerr\n"));
    let absent = world
        .provider
        .exec(None, &id, &["no-such-program".to_owned()])
        .await;
    let error = absent.expect_err("no such program");
    assert_eq!(
        (error.class, error.message.as_str()),
        (Class::Permanent, "Command not found")
    );
    let (_, long) = world.run(&id, "yes | head -c 1000000; echo; echo end").await;
    assert!(
        long.len() <= 512 << 10 && long.ends_with("end\n"),
        "{} bytes",
        long.len()
    );

    let content = b"a\0b\xff".to_vec();
    world
        .provider
        .file_push(None, &id, "/tmp/a file", content.clone())
        .await
        .expect("pushed");
    assert_eq!(
        world
            .provider
            .file_pull(None, &id, "/tmp/a file")
            .await
            .expect("pulled"),
        content
    );
    assert!(world.provider.file_pull(None, &id, "/tmp/nothing").await.is_err());

    let snapshot = world
        .provider
        .snapshot(Kind::Server, None, &id, "before")
        .await
        .expect("a picture");
    assert_eq!(snapshot, format!("{id}/before"));
    let console = world.provider.console(None, &id).await.expect("a console");
    assert!(console.contains("the console speaks"), "{console}");
    let logs = world
        .raw
        .call(Method::GET, &format!("/1.0/instances/{id}/logs"), json!(null))
        .await;
    assert!(!logs.to_string().contains("exec_"), "{logs}");
    world.end().await;
}

#[tokio::test]
async fn images_and_profiles_are_there() {
    let world = World::new();
    let file = given("LXD_TEST_IMAGE_FILE");
    let name = format!("copy-{}", world.suffix);
    let known = world.provider.image(None, "bb").await.expect("looked");
    let imported = world
        .provider
        .image_import(None, &file, &name)
        .await
        .expect("imported");
    assert_eq!(Some(&imported), known.as_ref());
    assert_eq!(
        world
            .provider
            .image_import(None, &file, &name)
            .await
            .expect("again"),
        imported
    );
    let all = world.provider.images(None).await.expect("listed");
    assert!(
        all.iter()
            .any(|image| image.fingerprint == imported && image.aliases.contains(&name)),
        "{all:?}"
    );
    assert_eq!(
        world.provider.image(None, "no-such-image").await.expect("looked"),
        None
    );
    assert_eq!(world.provider.profiles(None).await.expect("listed"), ["default"]);
    world
        .raw
        .call(
            Method::DELETE,
            &format!("/1.0/images/aliases/{name}"),
            json!(null),
        )
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_region_is_a_project() {
    let world = World::new();
    let project = format!("p-{}", world.suffix);
    let body = json!({"name": project, "config": {"features.images": "false", "features.profiles": "false"}});
    world.raw.call(Method::POST, "/1.0/projects", body).await;
    let mut order = world.order("server.there", &[]);
    order.region = Some(project.clone());
    let id = world.provider.create(&order).await.expect("created").id;
    assert_eq!(world.read(Kind::Server, &id).await, None);
    let there = world
        .provider
        .read(Kind::Server, Some(&project), &id)
        .await
        .expect("read");
    assert_eq!(there.map(|one| one.status), Some(Status::Ready));
    world
        .provider
        .delete(Kind::Server, Some(&project), &id)
        .await
        .expect("deleted");
    world
        .raw
        .call(Method::DELETE, &format!("/1.0/projects/{project}"), json!(null))
        .await;
    world.end().await;
}
