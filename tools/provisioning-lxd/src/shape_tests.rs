//! Servers as instances, with what LXD 5.0.2 answers.

use super::*;
use crate::settings::Endpoint;
use crate::testing::order;

fn about(extensions: &[&str]) -> About {
    About::of("host", "LXD 5.0.2", extensions)
}

fn settings() -> LxdSettings {
    let mut settings = LxdSettings::new(Endpoint::Socket("/x".into()));
    settings
        .images
        .insert("debian".to_owned(), "images:debian/12".to_owned());
    settings.images.insert("debian/11".to_owned(), "old".to_owned());
    settings
}

fn ordered() -> Order {
    let mut order = order("server.web");
    for (key, value) in [
        ("cpu", Value::Integer(2)),
        ("memory_gb", Value::Real(0.5)),
        ("disk_gb", Value::Integer(10)),
        ("os_family", Value::from("debian")),
        ("os_version", Value::from("12")),
        ("network", Value::from("main")),
        ("subnet", Value::from("private")),
        (
            "security_groups",
            Value::List(vec![Value::from("web"), Value::from("ssh")]),
        ),
        (
            "tags",
            Value::Record(Attributes::from([("team".to_owned(), Value::from("shop"))])),
        ),
    ] {
        order.attributes.insert(key.to_owned(), value);
    }
    order
}

#[test]
fn an_order_comes_back_as_it_went() {
    for extensions in [&[][..], &["network_bridge_acl_devices"]] {
        let (about, order) = (about(extensions), ordered());
        let mut instance = body(&settings(), &about, &order, "web", Some("private")).expect("a body");
        instance["status"] = json!("Running");
        let read = observed(&instance, &Json::Null, None, &about).expect("a server");
        assert_eq!((read.attributes, read.status), (order.attributes, Status::Ready));
        assert_eq!(read.marker, Some(order.marker));
        assert_eq!(
            read.computed.contains_key("note_security_groups"),
            extensions.is_empty()
        );
    }
}

#[test]
fn images_are_found_by_system() {
    let mut order = ordered();
    assert_eq!(image(&settings(), &order), "images:debian/12");
    order
        .attributes
        .insert("os_version".to_owned(), Value::from("11"));
    assert_eq!(image(&settings(), &order), "old");
    order
        .attributes
        .insert("os_family".to_owned(), Value::from("alpine"));
    assert_eq!(image(&settings(), &order), "alpine/11");
    order.attributes.clear();
    assert_eq!(image(&settings(), &order), "debian/12");
    let remote = source("ubuntu:24.04", &about(&[]));
    assert_eq!(
        (remote["alias"].as_str(), remote["protocol"].as_str()),
        (Some("24.04"), Some("simplestreams"))
    );
}

#[test]
fn what_is_not_ours_stays_when_something_changes() {
    let (about, order) = (about(&[]), ordered());
    let mut instance = json!({
        "config": {"volatile.uuid": "x", "limits.cpu": "1", "user.tag.old": "x"},
        "devices": {"root": {"type": "disk", "path": "/", "pool": "fast"}, "volume-data": {"type": "disk"}},
    });
    change(&mut instance, &settings(), &about, &order);
    assert_eq!(instance["config"]["volatile.uuid"], "x");
    assert_eq!(instance["config"]["limits.cpu"], "2");
    assert_eq!(instance["config"].get("user.tag.old"), None);
    assert_eq!(
        instance["devices"]["root"],
        json!({"type": "disk", "path": "/", "pool": "fast", "size": "10GiB"})
    );
    assert_eq!(instance["devices"]["volume-data"], json!({"type": "disk"}));
}

#[test]
fn addresses_are_those_that_others_reach() {
    let state = json!({"network": {
        "lo": {"addresses": [{"family": "inet", "address": "127.0.0.1", "netmask": "8", "scope": "local"}]},
        "eth0": {"addresses": [
            {"family": "inet", "address": "10.88.77.57", "netmask": "24", "scope": "global"},
            {"family": "inet6", "address": "fe80::1", "netmask": "64", "scope": "link"},
        ]},
    }});
    assert_eq!(addresses(&state), [Value::from("10.88.77.57")]);
    assert_eq!(addresses(&Json::Null), []);
}

#[test]
fn one_that_could_not_be_started_says_why() {
    let stopped = json!({"name": "web", "status": "Stopped", "config": {FAILURE: "no init"}});
    let read = observed(&stopped, &Json::Null, None, &about(&[])).expect("a server");
    assert_eq!(
        (read.status, read.computed.get("failure")),
        (Status::Failed, Some(&Value::from("no init")))
    );
    let read = observed(&stopped, &Json::Null, Some(Status::Pending), &about(&[]));
    assert_eq!(read.map(|read| read.status), Some(Status::Pending));
}
