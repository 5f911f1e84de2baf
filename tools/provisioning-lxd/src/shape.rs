//! A server of ours as an instance of LXD, and back.
//!
//! What LXD has no room for is written down in keys of `user.`, so that it is read back as it was asked for: `os_family`
//! and `os_version`, `network` and `security_groups` where they are not held to. A public address is not a thing of LXD.

use provisioning::provider::{Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use serde_json::{Value as Json, json};

use crate::amount;
use crate::client::About;
use crate::marker::{self, Config, note};
use crate::settings::LxdSettings;

/// Why it could not be started.
pub(crate) const FAILURE: &str = "user.prov.failure";

const OS_FAMILY: &str = "user.prov.os_family";
const OS_VERSION: &str = "user.prov.os_version";
const SUBNET: &str = "user.prov.subnet";
const NETWORK: &str = "user.prov.network";
const GROUPS: &str = "user.prov.security_groups";
const CARD: &str = "eth0";

/// What can be done with one.
pub(crate) const SUPPORT: Support = Support {
    in_place: &["cpu", "memory_gb", "disk_gb", "security_groups", "tags"],
    unread: &["plan", "disk_encrypted", "public_ip", "role"],
    // Between the answer to the call and the operation that it has begun.
    visible_after: std::time::Duration::from_secs(2),
    twins: false,
};

/// An order as LXD takes it. `bridge` is where its network card goes.
pub(crate) fn body(
    settings: &LxdSettings,
    about: &About,
    order: &Order,
    name: &str,
    bridge: Option<&str>,
) -> Result<Json, String> {
    let (subnet, network) = places(order);
    let mut config = Config::new();
    note(
        &mut config,
        OS_FAMILY,
        text(order, "os_family").map(str::to_owned),
    );
    note(
        &mut config,
        OS_VERSION,
        text(order, "os_version").map(str::to_owned),
    );
    note(&mut config, SUBNET, subnet);
    note(&mut config, NETWORK, network);
    let mut instance = json!({
        "name": name,
        "type": if settings.virtual_machines { "virtual-machine" } else { "container" },
        "source": source(&image(settings, order), about),
        "profiles": settings.profiles,
        "description": order.marker.address,
        "config": marker::to_json(&config),
        "devices": {},
    });
    if let (Some(bridge), Some(devices)) = (bridge, devices(&mut instance)) {
        devices.insert(
            CARD.to_owned(),
            json!({ "type": "nic", "name": CARD, "network": bridge }),
        );
    }
    for (key, known) in [
        (
            "cpu",
            order
                .attributes
                .get("cpu")
                .map(|cpu| amount::processors(cpu).is_some()),
        ),
        (
            "memory_gb",
            order
                .attributes
                .get("memory_gb")
                .map(|size| amount::size(size).is_some()),
        ),
        (
            "disk_gb",
            order
                .attributes
                .get("disk_gb")
                .map(|size| amount::size(size).is_some()),
        ),
    ] {
        if known == Some(false) {
            return Err(format!("`{key}` must be a number above 0"));
        }
    }
    change(&mut instance, settings, about, order);
    Ok(instance)
}

/// Writes into an instance what of an order can change while it is there.
pub(crate) fn change(instance: &mut Json, settings: &LxdSettings, about: &About, order: &Order) {
    let mut config = marker::config(instance);
    marker::mark(&mut config, order);
    note(
        &mut config,
        "limits.cpu",
        order.attributes.get("cpu").and_then(amount::processors),
    );
    note(
        &mut config,
        "limits.memory",
        order.attributes.get("memory_gb").and_then(amount::size),
    );
    let groups = groups(order);
    note(&mut config, GROUPS, groups.clone());
    if let Some(fields) = instance.as_object_mut() {
        fields.insert("config".to_owned(), marker::to_json(&config));
    }
    let Some(devices) = devices(instance) else {
        return;
    };
    let root = devices
        .entry("root")
        .or_insert_with(|| json!({ "type": "disk", "path": "/", "pool": settings.pool }));
    set(
        root,
        "size",
        order.attributes.get("disk_gb").and_then(amount::size),
    );
    if filters(about)
        && let Some(card) = devices.get_mut(CARD)
    {
        set(card, "security.acls", groups);
    }
}

fn set(device: &mut Json, key: &str, value: Option<String>) {
    if let Some(fields) = device.as_object_mut() {
        match value {
            Some(value) => fields.insert(key.to_owned(), json!(value)),
            None => fields.remove(key),
        };
    }
}

fn devices(instance: &mut Json) -> Option<&mut serde_json::Map<String, Json>> {
    instance.get_mut("devices").and_then(Json::as_object_mut)
}

/// Whether the server holds to access lists on cards of bridges.
fn filters(about: &About) -> bool {
    about.has("network_bridge_acl_devices")
}

/// Whether access lists are held to for this instance.
fn filtered(instance: &Json, about: &About) -> bool {
    filters(about) && device(instance, CARD, "network").is_some()
}

/// The parts of an instance that a change sends back.
pub(crate) fn writable(instance: &Json) -> Json {
    let keys = [
        "architecture",
        "config",
        "devices",
        "ephemeral",
        "profiles",
        "stateful",
        "description",
    ];
    let fields = keys
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), instance.get(*key)?.clone())));
    Json::Object(fields.collect())
}

/// The ids of the subnet and the network of an order.
pub(crate) fn places(order: &Order) -> (Option<String>, Option<String>) {
    let place = |key: &str, kind: Kind| text(order, key).map(|name| order.reference(kind, name).to_owned());
    (place("subnet", Kind::Subnet), place("network", Kind::Network))
}

fn groups(order: &Order) -> Option<String> {
    let groups = order.attributes.get("security_groups").map(Value::items)?;
    let ids = groups
        .iter()
        .filter_map(Value::text)
        .map(|name| order.reference(Kind::SecurityGroup, name));
    let ids: Vec<&str> = ids.collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

fn text<'a>(order: &'a Order, key: &str) -> Option<&'a str> {
    order.attributes.get(key).and_then(Value::text)
}

/// The image of an order: what the settings say for its system, or an alias of that name.
fn image(settings: &LxdSettings, order: &Order) -> String {
    let Some(family) = text(order, "os_family") else {
        return settings.image.clone();
    };
    let exact =
        text(order, "os_version").map_or_else(|| family.to_owned(), |version| format!("{family}/{version}"));
    let known = settings
        .images
        .get(&exact)
        .or_else(|| settings.images.get(family));
    known.cloned().unwrap_or(exact)
}

fn source(image: &str, about: &About) -> Json {
    let incus = about.version.starts_with("Incus");
    let (server, alias) = match image.split_once(':') {
        Some(("images", alias)) if incus => ("https://images.linuxcontainers.org", alias),
        Some(("images", alias)) => ("https://images.lxd.canonical.com", alias),
        Some(("ubuntu", alias)) => ("https://cloud-images.ubuntu.com/releases", alias),
        _ => return json!({ "type": "image", "alias": image }),
    };
    json!({ "type": "image", "alias": alias, "server": server, "protocol": "simplestreams", "mode": "pull" })
}

/// What `key` of a device of an instance says.
pub(crate) fn device<'a>(instance: &'a Json, name: &str, key: &str) -> Option<&'a str> {
    instance.get("devices")?.get(name)?.get(key)?.as_str()
}

/// How an instance is, as far as it says so itself.
pub(crate) fn status(instance: &Json) -> Status {
    match instance.get("status").and_then(Json::as_str).unwrap_or_default() {
        "Running" | "Ready" => Status::Ready,
        "Stopped" | "Frozen" => Status::Stopped,
        "Error" => Status::Failed,
        _ => Status::Pending,
    }
}

/// What an instance is. `going` is what happens to it right now.
pub(crate) fn observed(
    instance: &Json,
    state: &Json,
    going: Option<Status>,
    about: &About,
) -> Option<Observed> {
    let name = instance.get("name").and_then(Json::as_str)?;
    let config = marker::config(instance);
    let itself = match status(instance) {
        Status::Stopped if config.contains_key(FAILURE) => Status::Failed,
        itself => itself,
    };
    Some(Observed {
        kind: Kind::Server,
        id: name.to_owned(),
        name: name.to_owned(),
        status: going.unwrap_or(itself),
        attributes: attributes(instance, &config, about),
        computed: computed(instance, &config, state, about),
        marker: marker::marker(&config),
    })
}

/// One of which nothing is known but that it is being made.
pub(crate) fn coming(name: &str) -> Observed {
    Observed {
        kind: Kind::Server,
        id: name.to_owned(),
        name: name.to_owned(),
        status: Status::Pending,
        attributes: Attributes::new(),
        computed: Attributes::new(),
        marker: None,
    }
}

fn attributes(instance: &Json, config: &Config, about: &About) -> Attributes {
    let noted = |key: &str| config.get(key).map(|text| Value::from(text.as_str()));
    let acls = device(instance, CARD, "security.acls").map(str::to_owned);
    let groups = if filtered(instance, about) {
        acls
    } else {
        config.get(GROUPS).cloned()
    };
    // Where its card really is says more than what was asked for.
    let card = device(instance, CARD, "network").map(Value::from);
    [
        (
            "cpu",
            config
                .get("limits.cpu")
                .and_then(|text| text.parse().ok())
                .map(Value::Integer),
        ),
        (
            "memory_gb",
            config
                .get("limits.memory")
                .and_then(|text| amount::gigabytes(text)),
        ),
        (
            "disk_gb",
            device(instance, "root", "size").and_then(amount::gigabytes),
        ),
        ("os_family", noted(OS_FAMILY)),
        ("os_version", noted(OS_VERSION)),
        ("subnet", card.filter(|_| config.contains_key(SUBNET))),
        ("network", noted(NETWORK)),
        (
            "security_groups",
            groups.map(|ids| Value::List(ids.split(',').map(Value::from).collect())),
        ),
        ("tags", marker::tags(config)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

fn computed(instance: &Json, config: &Config, state: &Json, about: &About) -> Attributes {
    let mut computed = Attributes::new();
    let addresses = addresses(state);
    if !addresses.is_empty() {
        computed.insert("ipv4".to_owned(), Value::List(addresses));
    }
    if let Some(failure) = config.get(FAILURE) {
        computed.insert("failure".to_owned(), Value::from(failure.as_str()));
    }
    if config.contains_key(GROUPS) && !filtered(instance, about) {
        let why = if filters(about) {
            "it is on no network"
        } else {
            "there are no access lists on bridges"
        };
        let note = format!("{}: {why}, and nothing is filtered", about.version);
        computed.insert("note_security_groups".to_owned(), Value::from(note));
    }
    computed
}

/// The IPv4 addresses that others can reach, in the order of the network cards.
fn addresses(state: &Json) -> Vec<Value> {
    let mut cards: Vec<(&String, &Json)> = state
        .get("network")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .collect();
    cards.sort_by_key(|(name, _)| *name);
    let addresses = cards
        .into_iter()
        .filter_map(|(_, card)| card.get("addresses")?.as_array())
        .flatten();
    let reachable = addresses.filter(|address| {
        let is = |key: &str, wanted: &str| address.get(key).and_then(Json::as_str) == Some(wanted);
        is("family", "inet") && is("scope", "global")
    });
    reachable
        .filter_map(|address| address.get("address")?.as_str())
        .map(Value::from)
        .collect()
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
