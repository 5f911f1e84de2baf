//! `network`: a bridge. LXD has no private network with subnets in it, so that this is what stands for one:
//!
//! - A network is a bridge whose address is the first host of its block; its servers get addresses by DHCP.
//! - A subnet is a bridge too. A network that has subnets gives its address up, because two bridges cannot have one
//!   address; a server that names only the network is put into its first subnet. With the last subnet gone the network
//!   takes its address again. The block stays written down all the time, so that this is no drift.
//! - Servers reach the outside through the machine (NAT), whatever a subnet's `public` says; nothing outside reaches
//!   them but the machine itself. The machine also leads from bridge to bridge: networks are not kept apart.
//! - There is no IPv6.

use provisioning::provider::{Class, Created, Error, Observed, Order, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::bridge::{self, ADDRESS, Bridge, CIDR};
use crate::cidr::gateway;
use crate::client::Client;
use crate::error::Attempt;
use crate::marker::{self, Config};

/// What can be done with one.
pub(crate) const SUPPORT: Support = Support {
    in_place: &["tags"],
    unread: &[],
    visible_after: std::time::Duration::ZERO,
    twins: false,
};

/// Makes one.
pub(crate) async fn create(client: &Client, order: &Order) -> Result<Created, Error> {
    bridge::create(client, order, config(order)?).await
}

/// The configuration of the bridge of a network or subnet.
pub(crate) fn config(order: &Order) -> Result<Config, Error> {
    let mut config = Config::new();
    for (key, value) in [
        (ADDRESS, "none"),
        ("ipv4.nat", "true"),
        ("ipv4.dhcp", "true"),
        ("ipv6.address", "none"),
    ] {
        config.insert(key.to_owned(), value.to_owned());
    }
    if let Some(cidr) = order.attributes.get("cidr").and_then(Value::text) {
        let attempt = Attempt::change(format!("make {} `{}`", order.address.kind, order.name));
        let address = gateway(cidr).map_err(|why| attempt.failed(Class::Permanent, &why))?;
        config.insert(ADDRESS.to_owned(), address);
        config.insert(CIDR.to_owned(), cidr.to_owned());
    }
    Ok(config)
}

/// What a bridge is as a network.
pub(crate) fn observed(bridge: &Bridge) -> Observed {
    bridge.observed(Kind::Network, Attributes::new())
}

/// What one is now.
pub(crate) async fn read(client: &Client, project: &str, id: &str) -> Result<Option<Observed>, Error> {
    Ok(bridge::get(client, project, id).await?.as_ref().map(observed))
}

/// All of them.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Observed>, Error> {
    let bridges = bridge::all(client, project).await?;
    let networks = bridges.iter().filter(|bridge| bridge.kind() == Kind::Network);
    Ok(networks.map(observed).collect())
}

/// Changes its tags.
pub(crate) async fn update(client: &Client, project: &str, id: &str, order: &Order) -> Result<(), Error> {
    let attempt = Attempt::change(format!("change {} `{id}`", order.address.kind));
    let Some(bridge) = bridge::get(client, project, id).await? else {
        return Err(attempt.failed(Class::Absent, "it is not there"));
    };
    if marker::marker(&bridge.config).is_none_or(|marker| marker.id != order.marker.id) {
        return Err(attempt.taken("a network of that name"));
    }
    let mut config = bridge.config.clone();
    marker::mark(&mut config, order);
    marker::note(&mut config, "user.prov.public", crate::subnet::public(order));
    bridge::set(client, project, &bridge, &config, &attempt).await
}

/// Deletes one.
pub(crate) async fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    bridge::delete(client, Kind::Network, project, id)
        .await
        .map(|_| ())
}
