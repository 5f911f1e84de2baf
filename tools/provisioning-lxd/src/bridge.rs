//! Bridges: what a network and a subnet are made of.
//!
//! A bridge is also a network interface of the machine. One that is there and that LXD does not manage is somebody
//! else's, and LXD would make it its own without a word: so it is looked for before every creation.

use provisioning::provider::{Class, Created, Error, Observed, Order, Status};
use provisioning::resource::{Attributes, Kind, Value};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value as Json, json};

use crate::ask::Ask;
use crate::client::Client;
use crate::error::Attempt;
use crate::marker::{self, Config};
use crate::names::{self, segment};

/// The address that the bridge has, or `none`.
pub(crate) const ADDRESS: &str = "ipv4.address";
/// The block that was asked for, which says more than the address does.
pub(crate) const CIDR: &str = "user.prov.cidr";

/// A bridge that there is.
#[derive(Debug)]
pub(crate) struct Bridge {
    pub(crate) name: String,
    pub(crate) config: Config,
    managed: bool,
    status: String,
    etag: Option<HeaderValue>,
}

impl Bridge {
    fn of(json: &Json, etag: Option<HeaderValue>) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Json::as_str);
        Some(Self {
            name: text("name")?.to_owned(),
            config: marker::config(json),
            managed: json.get("managed").and_then(Json::as_bool).unwrap_or(false),
            status: text("status").unwrap_or_default().to_owned(),
            etag,
        })
    }

    /// What it stands for: what its marker says; one that is not ours is a network.
    pub(crate) fn kind(&self) -> Kind {
        let marker = marker::marker(&self.config);
        let subnet = marker.is_some_and(|marker| marker.address.starts_with("subnet."));
        if subnet { Kind::Subnet } else { Kind::Network }
    }

    pub(crate) fn observed(&self, kind: Kind, attributes: Attributes) -> Observed {
        let mut attributes = attributes;
        let cidr = self
            .config
            .get(CIDR)
            .or_else(|| self.config.get(ADDRESS).filter(|address| *address != "none"));
        if let Some(cidr) = cidr {
            attributes.insert("cidr".to_owned(), Value::from(cidr.as_str()));
        }
        if let Some(tags) = marker::tags(&self.config) {
            attributes.insert("tags".to_owned(), tags);
        }
        let address = self
            .config
            .get(ADDRESS)
            .map(|address| ("gateway".to_owned(), Value::from(address.as_str())));
        Observed {
            kind,
            id: self.name.clone(),
            name: self.name.clone(),
            status: match self.status.as_str() {
                "Created" => Status::Ready,
                "Pending" => Status::Pending,
                _ => Status::Failed,
            },
            attributes,
            computed: address.into_iter().collect(),
            marker: marker::marker(&self.config),
        }
    }
}

/// Makes a bridge as `config` says, or finds that the order was carried out before.
pub(crate) async fn create(client: &Client, order: &Order, mut config: Config) -> Result<Created, Error> {
    let name = names::bridge(&order.name);
    let attempt = Attempt::change(format!("make {} `{name}`", order.address.kind));
    let project = client.project(order.region.as_deref());
    if let Some(there) = get(client, project, &name).await? {
        return settled(&there, order, &attempt);
    }
    marker::mark(&mut config, order);
    let body = json!({
        "name": name,
        "type": "bridge",
        "description": order.marker.address,
        "config": marker::to_json(&config),
    });
    let ask = Ask::new(Method::POST, "/1.0/networks")
        .query("project", project)
        .json(&body);
    match client.done(ask, &attempt).await {
        Ok(_) => Ok(Created { id: name }),
        // Somebody was faster; that may have been us.
        Err(error) if error.class == Class::Taken => match get(client, project, &name).await? {
            Some(there) => settled(&there, order, &attempt),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn settled(there: &Bridge, order: &Order, attempt: &Attempt) -> Result<Created, Error> {
    let ours = marker::marker(&there.config).is_some_and(|marker| marker.id == order.marker.id);
    match (ours, there.managed) {
        (true, _) => Ok(Created {
            id: there.name.clone(),
        }),
        (false, true) => Err(attempt.taken("a network of that name")),
        (false, false) => Err(attempt.taken("a network interface of that name")),
    }
}

/// The bridge, or whatever other network interface has that name.
pub(crate) async fn get(client: &Client, project: &str, name: &str) -> Result<Option<Bridge>, Error> {
    let attempt = Attempt::look(format!("read network `{name}`"));
    let ask = Ask::get(format!("/1.0/networks/{}", segment(name))).query("project", project);
    let found = client.found(ask, &attempt).await?;
    Ok(found.and_then(|(json, etag)| Bridge::of(&json, etag)))
}

/// Every managed bridge.
pub(crate) async fn all(client: &Client, project: &str) -> Result<Vec<Bridge>, Error> {
    let attempt = Attempt::look("list the networks");
    let ask = Ask::get("/1.0/networks")
        .query("recursion", "1")
        .query("project", project);
    let json = client.done(ask, &attempt).await?;
    let bridges = json.as_array().into_iter().flatten();
    Ok(bridges
        .filter_map(|bridge| Bridge::of(bridge, None))
        .filter(|bridge| bridge.managed)
        .collect())
}

/// Changes the configuration of a bridge, unless it is changed meanwhile.
pub(crate) async fn set(
    client: &Client,
    project: &str,
    bridge: &Bridge,
    config: &Config,
    attempt: &Attempt,
) -> Result<(), Error> {
    let description = config.get("user.prov.address").cloned().unwrap_or_default();
    let body = json!({ "config": marker::to_json(config), "description": description });
    let ask = Ask::new(Method::PUT, format!("/1.0/networks/{}", segment(&bridge.name)))
        .query("project", project)
        .unless_changed(bridge.etag.clone())
        .json(&body);
    client.done(ask, attempt).await.map(|_| ())
}

/// Deletes a bridge of ours; what it was, if it was there.
pub(crate) async fn delete(
    client: &Client,
    kind: Kind,
    project: &str,
    name: &str,
) -> Result<Option<Bridge>, Error> {
    let attempt = Attempt::change(format!("delete {kind} `{name}`"));
    let Some(bridge) = get(client, project, name).await? else {
        return Ok(None);
    };
    if marker::marker(&bridge.config).is_none() {
        return Err(attempt.taken("a network of that name"));
    }
    let ask = Ask::new(Method::DELETE, format!("/1.0/networks/{}", segment(name))).query("project", project);
    match client.done(ask, &attempt).await {
        Ok(_) => Ok(Some(bridge)),
        Err(error) if error.class == Class::Absent => Ok(Some(bridge)),
        Err(error) if error.message.contains("in use") => Err(error.hint(format!(
            "`lxc network show {name}` says what uses it; delete that first"
        ))),
        Err(error) => Err(error),
    }
}
