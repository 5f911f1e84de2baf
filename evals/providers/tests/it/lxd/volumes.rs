//! Volumes: made, attached, moved, deleted.

use provisioning::provider::{Provider, Status};
use provisioning::resource::{Kind, Value};
use reqwest::Method;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_volume_goes_where_it_is_wanted() {
    let world = World::new();
    let (first, second) = (world.order("server.one", &[]), world.order("server.two", &[]));
    let (one, two) = (world.make(&first).await, world.make(&second).await);
    let asked = [("size_gb", Value::Integer(1)), ("server", Value::from("one"))];
    let mut order = world.order("volume.data", &asked);
    order.references.insert(first.address.clone(), one.clone());
    order.references.insert(second.address.clone(), two.clone());
    let id = world.make(&order).await;
    let read = world.read(Kind::Volume, &id).await.expect("there");
    assert_eq!(read.attributes.get("server"), Some(&Value::from(one.as_str())));
    assert_eq!(read.attributes.get("size_gb"), Some(&Value::Integer(1)));
    let (code, output) = world.run(&one, &format!("echo kept >/mnt/{id}/file")).await;
    assert_eq!((code, output.as_str()), (0, ""));
    let snapshot = world
        .provider
        .snapshot(Kind::Volume, None, &id, "before")
        .await
        .expect("a picture");
    assert_eq!(snapshot, format!("{id}/before"));

    order.attributes.insert("server".to_owned(), Value::from("two"));
    world
        .provider
        .update(&id, &order, &["server".to_owned()])
        .await
        .expect("moved");
    assert_eq!(
        world.run(&two, &format!("cat /mnt/{id}/file")).await,
        (0, "kept\n".to_owned())
    );
    assert_ne!(world.run(&one, &format!("cat /mnt/{id}/file")).await.0, 0);

    // Another change of its server leaves the volume where it is.
    world
        .provider
        .update(&two, &second, &["tags".to_owned()])
        .await
        .expect("changed");
    assert_eq!(
        world.run(&two, &format!("cat /mnt/{id}/file")).await,
        (0, "kept\n".to_owned())
    );
    world
        .provider
        .delete(Kind::Volume, None, &id)
        .await
        .expect("deleted");
    world
        .provider
        .delete(Kind::Volume, None, &id)
        .await
        .expect("deleted twice");
    world.end().await;
}

#[tokio::test]
async fn one_that_was_not_attached_is_attached_by_the_same_order() {
    let world = World::new();
    let server = world.order("server.one", &[]);
    let id = world.make(&server).await;
    let mut order = world.order("volume.half", &[("server", Value::from("one"))]);
    order.references.insert(server.address, id.clone());
    let config = json!({
        "user.prov.id": order.marker.id,
        "user.prov.workspace": order.marker.workspace,
        "user.prov.address": order.marker.address,
        "user.prov.server": id,
    });
    let path = "/1.0/storage-pools/default/volumes/custom";
    world
        .raw
        .call(Method::POST, path, json!({"name": order.name, "config": config}))
        .await;
    let half = world.read(Kind::Volume, &order.name).await.expect("there");
    assert_eq!(half.status, Status::Stopped);
    assert_eq!(world.make(&order).await, order.name);
    world.end().await;
}
