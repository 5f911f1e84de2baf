//! Networks: bridges whose servers reach each other.

use std::time::Duration;

use provisioning::provider::{Class, Order, Provider};
use provisioning::resource::{Kind, Value};

use super::world::{World, record};

/// Its first address, once it has one.
async fn address(world: &World, id: &str) -> String {
    let ready = world
        .until(Kind::Server, id, |one| one.computed.contains_key("ipv4"))
        .await;
    let addresses = ready.computed.get("ipv4").map(Value::items).expect("addresses");
    addresses[0].text().expect("a text").to_owned()
}

async fn pings(world: &World, id: &str, address: &str) -> bool {
    for _ in 0..5 {
        if world
            .run(id, &format!("ping -c 1 -W 1 {address} >/dev/null 2>&1"))
            .await
            .0
            == 0
        {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

fn on(mut server: Order, place: &Order, id: &str) -> Order {
    server.attributes.insert(
        place.address.kind.name().to_owned(),
        Value::from(place.address.name.as_str()),
    );
    server.references.insert(place.address.clone(), id.to_owned());
    server
}

#[tokio::test]
async fn servers_of_a_network_reach_each_other() {
    let world = World::new();
    let mut servers = Vec::new();
    for number in [1, 2] {
        let network = world.order(
            &format!("network.n{number}"),
            &[("cidr", Value::from(world.cidr(number)))],
        );
        let id = world.make(&network).await;
        let again = world.provider.create(&network).await.expect("the same order");
        assert_eq!(again.id, id);
        for name in ["a", "b"] {
            let server = on(world.order(&format!("server.{name}{number}"), &[]), &network, &id);
            servers.push((number, world.make(&server).await));
        }
    }
    let mut addresses = Vec::new();
    for (number, id) in &servers {
        let address = address(&world, id).await;
        let block = world.cidr(*number);
        assert!(
            address.starts_with(block.trim_end_matches("0/24")),
            "{address} is not in {block}"
        );
        addresses.push(address);
    }
    assert!(pings(&world, &servers[0].1, &addresses[1]).await, "{addresses:?}");
    assert!(pings(&world, &servers[3].1, &addresses[2]).await, "{addresses:?}");
    let network = world
        .provider
        .find(Kind::Network, None, &format!("{}-network.n1", world.suffix))
        .await;
    let network = network.expect("found").remove(0);
    assert_eq!(network.attributes.get("cidr"), Some(&Value::from(world.cidr(1))));
    let used = world
        .provider
        .delete(Kind::Network, None, &network.id)
        .await
        .expect_err("in use");
    assert_eq!(used.class, Class::Permanent, "{used}");
    assert!(used.hint.is_some());
    world.end().await;
}

#[tokio::test]
async fn a_subnet_takes_the_place_of_its_network() {
    let world = World::new();
    // A block for both, so that only one of them can have its first address.
    let cidr = world.cidr(3);
    let network = world.order("network.main", &[("cidr", Value::from(cidr.as_str()))]);
    let main = world.make(&network).await;
    let asked = [
        ("cidr", cidr.as_str().into()),
        ("network", "main".into()),
        ("public", false.into()),
    ];
    let mut subnet = world.order("subnet.private-with-a-long-name", &asked);
    subnet.references.insert(network.address.clone(), main.clone());
    let private = world.make(&subnet).await;
    assert!(private.len() <= 15, "{private}");
    let read = world.read(Kind::Subnet, &private).await.expect("there");
    assert_eq!(read.attributes.get("network"), Some(&Value::from(main.as_str())));
    assert_eq!(read.attributes.get("public"), Some(&Value::Bool(false)));
    let read = world.read(Kind::Network, &main).await.expect("there");
    assert_eq!(read.attributes.get("cidr"), Some(&Value::from(cidr.as_str())));
    assert_eq!(read.computed.get("gateway"), Some(&Value::from("none")));
    let all = world
        .provider
        .list(Kind::Network, None, Some(&world.workspace()))
        .await
        .expect("listed");
    assert_eq!(all.len(), 1, "{all:?}");

    let (a, b) = (world.order("server.a", &[]), world.order("server.b", &[]));
    let a = world.make(&on(on(a, &network, &main), &subnet, &private)).await;
    let b = world.make(&on(b, &network, &main)).await;
    let read = world.read(Kind::Server, &a).await.expect("there");
    assert_eq!(
        read.attributes.get("subnet"),
        Some(&Value::from(private.as_str()))
    );
    let to = address(&world, &b).await;
    address(&world, &a).await;
    assert!(pings(&world, &a, &to).await, "{to}");

    subnet
        .attributes
        .insert("tags".to_owned(), record(&[("tier", "web")]));
    world
        .provider
        .update(&private, &subnet, &["tags".to_owned()])
        .await
        .expect("changed");
    let read = world.read(Kind::Subnet, &private).await.expect("there");
    assert_eq!(read.attributes.get("tags"), subnet.attributes.get("tags"));
    for id in [a, b] {
        world
            .provider
            .delete(Kind::Server, None, &id)
            .await
            .expect("deleted");
    }
    world
        .provider
        .delete(Kind::Subnet, None, &private)
        .await
        .expect("deleted");
    let read = world.read(Kind::Network, &main).await.expect("there");
    assert_ne!(read.computed.get("gateway"), Some(&Value::from("none")));
    world.end().await;
}

#[tokio::test]
async fn security_groups_filter_or_say_that_they_do_not() {
    let world = World::new();
    let rule = Value::Record(
        [
            ("direction", Value::from("ingress")),
            ("protocol", Value::from("tcp")),
            ("from_port", Value::Integer(80)),
            ("to_port", Value::Integer(80)),
            ("sources", Value::List(vec![Value::from("10.0.0.0/8")])),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    );
    let mut group = world.order("security_group.web", &[("rules", Value::List(vec![rule]))]);
    let id = world.make(&group).await;
    let read = world.read(Kind::SecurityGroup, &id).await.expect("there");
    assert_eq!(read.attributes.get("rules"), group.attributes.get("rules"));
    assert_eq!(
        world.provider.create(&group).await.expect("the same order").id,
        id
    );

    let mut server = world.order(
        "server.web",
        &[("security_groups", Value::List(vec![Value::from("web")]))],
    );
    server.references.insert(group.address.clone(), id.clone());
    let network = world.order("network.walled", &[("cidr", Value::from(world.cidr(6)))]);
    let place = world.make(&network).await;
    let web = world.make(&on(server, &network, &place)).await;
    let read = world.read(Kind::Server, &web).await.expect("there");
    assert_eq!(
        read.attributes.get("security_groups"),
        Some(&Value::List(vec![Value::from(id.as_str())]))
    );
    // LXD filters on no bridge, Incus does.
    let lxd = world
        .provider
        .account()
        .await
        .expect("reached")
        .description
        .starts_with("LXD");
    assert_eq!(
        read.computed.contains_key("note_security_groups"),
        lxd,
        "{read:?}"
    );
    let to = address(&world, &web).await;
    let near = on(world.order("server.near", &[]), &network, &place);
    let near = world.make(&near).await;
    address(&world, &near).await;
    assert_eq!(pings(&world, &near, &to).await, lxd, "only TCP may come in");

    group
        .attributes
        .insert("rules".to_owned(), Value::List(Vec::new()));
    world
        .provider
        .update(&id, &group, &["rules".to_owned()])
        .await
        .expect("changed");
    let read = world.read(Kind::SecurityGroup, &id).await.expect("there");
    assert_eq!(read.attributes.get("rules"), Some(&Value::List(Vec::new())));
    world.end().await;
}

#[tokio::test]
async fn what_the_machine_has_is_not_taken() {
    let world = World::new();
    let mut order = world.order("network.lo", &[("cidr", Value::from(world.cidr(4)))]);
    order.name = "lo".to_owned();
    let error = world.provider.create(&order).await.expect_err("taken");
    assert_eq!(error.class, Class::Taken, "{error}");
    order.name = format!("bad-{}", world.suffix);
    order
        .attributes
        .insert("cidr".to_owned(), Value::from("10.0.0.0/31"));
    let error = world.provider.create(&order).await.expect_err("refused");
    assert_eq!(error.class, Class::Permanent, "{error}");
    world.end().await;
}
