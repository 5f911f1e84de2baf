//! `subnet`: a bridge of its own, which takes the place of its network's. How the two go together is said in `network`.

use provisioning::provider::{Class, Created, Error, Observed, Order, Support};
use provisioning::resource::{Attributes, Kind, Value};

use crate::bridge::{self, ADDRESS, Bridge, CIDR};
use crate::cidr::gateway;
use crate::client::Client;
use crate::error::Attempt;
use crate::{marker, network};

/// The network that a subnet is in.
const NETWORK: &str = "user.prov.network";
/// Whether it was called public, which means nothing here.
const PUBLIC: &str = "user.prov.public";

/// What can be done with one.
pub(crate) const SUPPORT: Support = Support {
    in_place: &["tags", "public"],
    unread: &["zone"],
    visible_after: std::time::Duration::ZERO,
    twins: false,
};

/// Makes one. Its network gives up its address before, so that this one may have it.
pub(crate) async fn create(client: &Client, order: &Order) -> Result<Created, Error> {
    let mut config = network::config(order)?;
    let project = client.project(order.region.as_deref());
    if let Some(name) = order.attributes.get("network").and_then(Value::text) {
        let id = order.reference(Kind::Network, name);
        config.insert(NETWORK.to_owned(), id.to_owned());
        address(client, project, id, None).await?;
    }
    marker::note(&mut config, PUBLIC, public(order));
    bridge::create(client, order, config).await
}

/// The `public` of an order, as it is written down.
pub(crate) fn public(order: &Order) -> Option<String> {
    order
        .attributes
        .get("public")
        .and_then(Value::bool)
        .map(|public| public.to_string())
}

/// Gives the network `id` an address, or takes it away. One that is not ours stays as it is.
async fn address(client: &Client, project: &str, id: &str, cidr: Option<&str>) -> Result<(), Error> {
    let attempt = Attempt::change(format!("change the address of network `{id}`"));
    // Two subnets that are made at once both do this.
    for _ in 0..4 {
        let Some(network) = bridge::get(client, project, id).await? else {
            return Ok(());
        };
        let wanted = match cidr {
            Some(cidr) => gateway(cidr).map_err(|why| attempt.failed(Class::Permanent, &why))?,
            None => "none".to_owned(),
        };
        let there = network.config.get(ADDRESS);
        if marker::marker(&network.config).is_none() || there == Some(&wanted) {
            return Ok(());
        }
        let mut config = network.config.clone();
        config.insert(ADDRESS.to_owned(), wanted);
        match bridge::set(client, project, &network, &config, &attempt).await {
            Err(error) if error.code.as_deref() == Some("412") => {}
            other => return other,
        }
    }
    Err(attempt.failed(Class::Transient, "somebody else changes it all the time"))
}

fn observed(bridge: &Bridge) -> Observed {
    let mut attributes = Attributes::new();
    if let Some(network) = bridge.config.get(NETWORK) {
        attributes.insert("network".to_owned(), Value::from(network.as_str()));
    }
    if let Some(public) = bridge.config.get(PUBLIC) {
        attributes.insert("public".to_owned(), Value::Bool(public == "true"));
    }
    bridge.observed(Kind::Subnet, attributes)
}

/// What one is now.
pub(crate) async fn read(client: &Client, project: &str, id: &str) -> Result<Option<Observed>, Error> {
    Ok(bridge::get(client, project, id).await?.as_ref().map(observed))
}

/// All of them.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Observed>, Error> {
    let bridges = bridge::all(client, project).await?;
    let subnets = bridges.iter().filter(|bridge| bridge.kind() == Kind::Subnet);
    Ok(subnets.map(observed).collect())
}

/// Deletes one. The last one of a network gives it its address back.
pub(crate) async fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    let Some(gone) = bridge::delete(client, Kind::Subnet, project, id).await? else {
        return Ok(());
    };
    let Some(of) = gone.config.get(NETWORK) else {
        return Ok(());
    };
    if first_of(client, project, of).await?.is_some() {
        return Ok(());
    }
    let network = bridge::get(client, project, of).await?;
    match network.as_ref().and_then(|network| network.config.get(CIDR)) {
        Some(cidr) => address(client, project, of, Some(cidr)).await,
        None => Ok(()),
    }
}

/// The first subnet of the network `id`, by name.
pub(crate) async fn first_of(client: &Client, project: &str, id: &str) -> Result<Option<String>, Error> {
    let bridges = bridge::all(client, project).await?;
    let subnets = bridges.into_iter().filter(|bridge| bridge.kind() == Kind::Subnet);
    let of = subnets.filter(|bridge| bridge.config.get(NETWORK).is_some_and(|network| network == id));
    Ok(of.map(|bridge| bridge.name).min())
}
