//! A small world that answers as UpCloud does, over HTTP.
//!
//! A new server is in `maintenance` and `started` after it was looked at twice; a new storage is `online` after three looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::shapes::*;

pub(crate) const TEMPLATE: &str = "01000000-0000-4000-8000-000030240200";
/// `user` with the password of the tests.
const BASIC: &str = "Basic dXNlcjpodW50ZXIyLWh1bnRlcjI=";
const BEARER: &str = "Bearer ucat_hunter2-hunter2";
const ZONES: [&str; 2] = ["fi-hel1", "de-fra1"];

/// A refusal: status, code, message.
type Refusal = (u16, &'static str, String);
type Answered = Result<(u16, Json), Refusal>;

/// What there is, by id. Servers hold their devices, storages the server that has them.
#[derive(Default)]
pub(crate) struct World {
    routers: BTreeMap<String, Json>,
    networks: BTreeMap<String, Json>,
    storages: BTreeMap<String, Json>,
    servers: BTreeMap<String, Json>,
    looks: BTreeMap<String, u32>,
    /// How many calls are answered with 429 before one is let through.
    pub(crate) busy: u32,
}

/// The world at a port.
#[derive(Clone)]
pub(crate) struct UpCloudApi {
    pub(crate) port: u16,
    pub(crate) world: Arc<Mutex<World>>,
}

impl UpCloudApi {
    pub(crate) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(answer).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, world }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/1.3", self.port)
    }

    pub(crate) fn storages(&self) -> usize {
        self.world.lock().expect("a lock").storages.len()
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let mut world = world.lock().expect("a lock");
    let answered = match signed {
        Some(BASIC | BEARER) if world.busy > 0 => {
            world.busy -= 1;
            let body = error("TOO_MANY_REQUESTS", "Slow down.").to_string();
            return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "3")], body).into_response();
        }
        Some(BASIC | BEARER) => world.called(&method, &uri, &body),
        _ => Err((401, "AUTHENTICATION_FAILED", "Authentication failed.".to_owned())),
    };
    let (status, body) = match answered {
        Ok((status, body)) => (status, body),
        Err((status, code, message)) => (status, error(code, &message)),
    };
    let text = if status == 204 {
        String::new()
    } else {
        body.to_string()
    };
    (StatusCode::from_u16(status).expect("a status"), text).into_response()
}

fn error(code: &str, message: &str) -> Json {
    json!({"error": {"error_code": code, "error_message": message}})
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|wrong| (400, "UNKNOWN_ATTRIBUTE", wrong.to_string()))
}

fn invalid(what: &str) -> Refusal {
    (400, "INVALID_ATTRIBUTE", format!("{what} is missing or invalid."))
}

fn zone(zone: Option<&str>) -> Result<&str, Refusal> {
    zone.filter(|zone| ZONES.contains(zone)).ok_or((
        404,
        "ZONE_NOT_FOUND",
        "The zone does not exist.".to_owned(),
    ))
}

fn checked(labels: &[Label]) -> Result<Json, Refusal> {
    let fits = |label: &Label| {
        (2..=32).contains(&label.key.len()) && !label.key.starts_with('_') && label.value.len() <= 255
    };
    if labels.iter().all(fits) {
        Ok(json!(labels))
    } else {
        Err((400, "LABEL_INVALID", "A label is invalid.".to_owned()))
    }
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl World {
    fn called(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> Answered {
        let path = uri
            .path()
            .strip_prefix("/1.3/")
            .unwrap_or_default()
            .trim_end_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        let query = uri.query().unwrap_or_default();
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["account"]) => Ok((200, json!({"account": {"username": "user", "credits": 1000.5}}))),
            ("GET", ["router"]) => Ok((
                200,
                json!({"routers": {"router": labelled(&self.routers, query)}}),
            )),
            ("POST", ["router"]) => self.make_router(body),
            ("GET", ["router", id]) => Ok((
                200,
                json!({"router": there(&self.routers, id, "ROUTER_NOT_FOUND")?}),
            )),
            ("PATCH", ["router", id]) => self.change_router(id, body),
            ("DELETE", ["router", id]) => self.delete_router(id),
            ("GET", ["network"]) => Ok((
                200,
                json!({"networks": {"network": labelled(&self.networks, query)}}),
            )),
            ("POST", ["network"]) => self.make_network(body),
            ("GET", ["network", id]) => Ok((
                200,
                json!({"network": there(&self.networks, id, "NETWORK_NOT_FOUND")?}),
            )),
            ("PUT", ["network", id]) => self.change_network(id, body),
            ("DELETE", ["network", id]) => self.delete_network(id),
            ("GET", ["storage", "template"]) => Ok((200, templates())),
            ("GET", ["storage", "private"]) => Ok((
                200,
                json!({"storages": {"storage": labelled(&self.storages, query)}}),
            )),
            ("POST", ["storage"]) => self.make_storage(body),
            ("GET", ["storage", id]) => self.storage(id),
            ("PUT", ["storage", id]) => self.change_storage(id, body),
            ("DELETE", ["storage", id]) => self.delete_storage(id, query),
            ("POST", ["storage", id, "backup"]) => self.back_up(id, body),
            ("GET", ["server"]) => Ok((200, json!({"servers": {"server": self.server_list(query)}}))),
            ("POST", ["server"]) => self.make_server(body),
            ("GET", ["server", id]) => self.server(id),
            ("PUT", ["server", id]) => self.change_server(id, body),
            ("DELETE", ["server", id]) => self.delete_server(id, query),
            ("POST", ["server", id, "stop"]) => self.stop_server(id, body),
            ("POST", ["server", id, "storage", "attach"]) => self.attach(id, body),
            ("POST", ["server", id, "storage", "detach"]) => self.detach(id, body),
            _ => Err((404, "NOT_FOUND", format!("There is no {method} {path}."))),
        }
    }

    fn make_router(&mut self, body: &[u8]) -> Answered {
        let fields = read::<RouterRequest>(body)?.router;
        let id = fresh();
        let router = json!({
            "uuid": id, "type": "normal", "attached_networks": {"network": []},
            "name": fields.name.ok_or_else(|| invalid("name"))?, "labels": checked(&fields.labels.unwrap_or_default())?,
        });
        self.routers.insert(id, router.clone());
        Ok((201, json!({"router": router})))
    }

    fn change_router(&mut self, id: &str, body: &[u8]) -> Answered {
        let fields = read::<RouterRequest>(body)?.router;
        let router = there_mut(&mut self.routers, id, "ROUTER_NOT_FOUND")?;
        if let Some(labels) = fields.labels {
            router["labels"] = checked(&labels)?;
        }
        Ok((200, json!({"router": router})))
    }

    fn delete_router(&mut self, id: &str) -> Answered {
        there(&self.routers, id, "ROUTER_NOT_FOUND")?;
        if self.networks.values().any(|network| network["router"] == id) {
            return Err((
                409,
                "ROUTER_ATTACHED",
                "The router is attached to a network.".to_owned(),
            ));
        }
        self.routers.remove(id);
        Ok((204, Json::Null))
    }

    fn make_network(&mut self, body: &[u8]) -> Answered {
        let fields = read::<NetworkRequest>(body)?.network;
        let ranges = fields.ip_networks.ok_or_else(|| invalid("ip_networks"))?;
        if ranges.ip_network.len() != 1 || !ranges.ip_network[0].address.contains('/') {
            return Err(invalid("ip_networks"));
        }
        if let Some(router) = &fields.router {
            there(&self.routers, router, "ROUTER_NOT_FOUND")?;
        }
        let id = fresh();
        let network = json!({
            "uuid": id, "type": "private", "router": fields.router, "ip_networks": ranges,
            "name": fields.name.ok_or_else(|| invalid("name"))?, "zone": zone(fields.zone.as_deref())?,
            "labels": checked(&fields.labels.unwrap_or_default())?,
        });
        self.networks.insert(id, network.clone());
        Ok((201, json!({"network": network})))
    }

    fn change_network(&mut self, id: &str, body: &[u8]) -> Answered {
        let fields = read::<NetworkRequest>(body)?.network;
        let network = there_mut(&mut self.networks, id, "NETWORK_NOT_FOUND")?;
        if let Some(labels) = fields.labels {
            network["labels"] = checked(&labels)?;
        }
        Ok((200, json!({"network": network})))
    }

    fn delete_network(&mut self, id: &str) -> Answered {
        there(&self.networks, id, "NETWORK_NOT_FOUND")?;
        if self
            .servers
            .values()
            .any(|server| server["networking"].to_string().contains(id))
        {
            return Err((409, "NETWORK_IN_USE", "The network has servers.".to_owned()));
        }
        self.networks.remove(id);
        Ok((204, Json::Null))
    }

    fn make_storage(&mut self, body: &[u8]) -> Answered {
        let fields = read::<StorageRequest>(body)?.storage;
        let size = fields
            .size
            .and_then(|size| size.parse::<i64>().ok())
            .filter(|size| (1..=4096).contains(size));
        let id = fresh();
        let storage = json!({
            "uuid": id, "type": "normal", "access": "private", "state": "maintenance",
            "size": size.ok_or_else(|| invalid("size"))?, "tier": fields.tier.unwrap_or(Tier::Maxiops),
            "title": fields.title.ok_or_else(|| invalid("title"))?, "zone": zone(fields.zone.as_deref())?,
            "encrypted": fields.encrypted.unwrap_or(Word::No), "servers": {"server": []},
            "labels": checked(&fields.labels.unwrap_or_default())?,
        });
        self.storages.insert(id, storage.clone());
        Ok((201, json!({"storage": storage})))
    }

    fn storage(&mut self, id: &str) -> Answered {
        let looks = self.looks.entry(id.to_owned()).or_default();
        *looks += 1;
        let online = *looks >= 3;
        let storage = there_mut(&mut self.storages, id, "STORAGE_NOT_FOUND")?;
        if online {
            storage["state"] = "online".into();
        }
        Ok((200, json!({"storage": storage})))
    }

    fn change_storage(&mut self, id: &str, body: &[u8]) -> Answered {
        let fields = read::<StorageRequest>(body)?.storage;
        let storage = there_mut(&mut self.storages, id, "STORAGE_NOT_FOUND")?;
        if let Some(labels) = fields.labels {
            storage["labels"] = checked(&labels)?;
        }
        Ok((202, json!({"storage": storage})))
    }

    fn delete_storage(&mut self, id: &str, query: &str) -> Answered {
        if query != "backups=keep" {
            return Err(invalid("backups"));
        }
        let storage = there(&self.storages, id, "STORAGE_NOT_FOUND")?;
        if storage["servers"]["server"]
            .as_array()
            .is_some_and(|servers| !servers.is_empty())
        {
            return Err((
                409,
                "STORAGE_STATE_ILLEGAL",
                "The storage is attached.".to_owned(),
            ));
        }
        self.storages.remove(id);
        Ok((204, Json::Null))
    }

    fn back_up(&mut self, id: &str, body: &[u8]) -> Answered {
        let title = read::<BackupRequest>(body)?.storage.title;
        let mut copy = there(&self.storages, id, "STORAGE_NOT_FOUND")?.clone();
        let new = fresh();
        copy["uuid"] = new.clone().into();
        copy["title"] = title.into();
        copy["type"] = "backup".into();
        copy["origin"] = id.into();
        copy["labels"] = json!([]);
        copy["servers"] = json!({"server": []});
        self.storages.insert(new, copy.clone());
        Ok((201, json!({"storage": copy})))
    }

    /// A list says little: neither devices nor addresses.
    fn server_list(&self, query: &str) -> Vec<Json> {
        let servers = labelled(&self.servers, query);
        let few = |server: Json| json!({"uuid": server["uuid"], "title": server["title"], "state": server["state"], "labels": server["labels"]});
        servers.into_iter().map(few).collect()
    }

    fn make_server(&mut self, body: &[u8]) -> Answered {
        let fields = read::<ServerRequest>(body)?.server;
        let custom = fields.core_number.zip(fields.memory_amount);
        let (plan, cores, memory) = match (fields.plan.as_deref(), custom) {
            (Some("2xCPU-4GB"), None) => ("2xCPU-4GB", 2, 4096),
            (None, Some((cores, memory))) => ("custom", cores, memory),
            (Some(_), None) => return Err((404, "PLAN_NOT_FOUND", "The plan does not exist.".to_owned())),
            _ => return Err(invalid("plan")),
        };
        // Templates with cloud-init need both.
        let keys = fields
            .login_user
            .map(|user| user.ssh_keys.ssh_key)
            .unwrap_or_default();
        if keys.is_empty() || fields.metadata != Word::Yes || fields.password_delivery != Delivery::None {
            return Err((
                400,
                "METADATA_DISABLED_ON_CLOUD-INIT",
                "The template needs metadata and a key.".to_owned(),
            ));
        }
        let zone = zone(Some(&fields.zone))?.to_owned();
        let id = fresh();
        let (interfaces, addresses) = self.connected(&fields.networking.interfaces.interface)?;
        let devices = self.clone_disks(&id, &zone, &fields.storage_devices.storage_device)?;
        let server = json!({
            "uuid": id, "title": fields.title, "hostname": fields.hostname, "zone": zone, "state": "maintenance",
            "plan": plan, "core_number": cores.to_string(), "memory_amount": memory.to_string(),
            "labels": {"label": checked(&fields.labels.label)?},
            "networking": {"interfaces": {"interface": interfaces}}, "ip_addresses": {"ip_address": addresses},
            "storage_devices": {"storage_device": devices},
        });
        self.servers.insert(id, server.clone());
        Ok((202, json!({"server": server})))
    }

    fn connected(&self, interfaces: &[Interface]) -> Result<(Vec<Json>, Vec<Json>), Refusal> {
        let (mut shown, mut addresses) = (Vec::new(), Vec::new());
        for (index, interface) in (1..).zip(interfaces) {
            match (interface.kind, &interface.network) {
                (InterfaceKind::Private, Some(network)) => {
                    there(&self.networks, network, "NETWORK_NOT_FOUND")?;
                }
                (InterfaceKind::Public | InterfaceKind::Utility, None) => {}
                _ => return Err(invalid("network")),
            }
            shown.push(json!({"index": index, "type": interface.kind, "network": interface.network}));
            for address in &interface.ip_addresses.ip_address {
                addresses.push(json!({"access": interface.kind, "address": format!("10.0.0.{index}"), "family": address.family}));
            }
        }
        Ok((shown, addresses))
    }

    fn clone_disks(&mut self, server: &str, zone: &str, devices: &[Device]) -> Result<Vec<Json>, Refusal> {
        let mut shown = Vec::new();
        for (index, device) in devices.iter().enumerate() {
            if device.storage != TEMPLATE {
                return Err((404, "STORAGE_NOT_FOUND", "The storage does not exist.".to_owned()));
            }
            let id = fresh();
            let storage = json!({
                "uuid": id, "type": "normal", "access": "private", "state": "online", "size": device.size,
                "tier": device.tier, "title": device.title, "zone": zone, "encrypted": device.encrypted,
                "servers": {"server": [server]}, "labels": [],
            });
            shown.push(attached(&storage, index));
            self.storages.insert(id, storage);
        }
        Ok(shown)
    }

    fn server(&mut self, id: &str) -> Answered {
        let looks = self.looks.entry(id.to_owned()).or_default();
        *looks += 1;
        let done = *looks >= 2;
        let server = there_mut(&mut self.servers, id, "SERVER_NOT_FOUND")?;
        if done && server["state"] == "maintenance" {
            let state = if server["stopping"] == true {
                "stopped"
            } else {
                "started"
            };
            server["state"] = state.into();
        }
        Ok((200, json!({"server": server})))
    }

    fn change_server(&mut self, id: &str, body: &[u8]) -> Answered {
        let fields = read::<ServerChangeRequest>(body)?.server;
        let server = there_mut(&mut self.servers, id, "SERVER_NOT_FOUND")?;
        if let Some(labels) = fields.labels {
            server["labels"] = json!({"label": checked(&labels.label)?});
        }
        Ok((202, json!({"server": server})))
    }

    fn stop_server(&mut self, id: &str, body: &[u8]) -> Answered {
        read::<StopRequest>(body)?;
        let server = in_state(&mut self.servers, id, "started")?;
        server["state"] = "maintenance".into();
        server["stopping"] = true.into();
        self.looks.remove(id);
        Ok((200, json!({"server": server})))
    }

    fn delete_server(&mut self, id: &str, query: &str) -> Answered {
        if query != "storages=1&backups=keep" {
            return Err(invalid("storages"));
        }
        in_state(&mut self.servers, id, "stopped")?;
        self.servers.remove(id);
        self.storages
            .retain(|_, storage| storage["servers"]["server"][0] != id);
        Ok((204, Json::Null))
    }

    fn attach(&mut self, id: &str, body: &[u8]) -> Answered {
        let device = read::<AttachRequest>(body)?.storage_device;
        let AttachKind::Disk = device.kind;
        if device.address != "virtio" {
            return Err(invalid("address"));
        }
        let server = there_mut(&mut self.servers, id, "SERVER_NOT_FOUND")?;
        let storage = there_mut(&mut self.storages, &device.storage, "STORAGE_NOT_FOUND")?;
        let free = storage["servers"]["server"].as_array().is_some_and(Vec::is_empty);
        if storage["state"] != "online" || !free {
            return Err((
                409,
                "STORAGE_STATE_ILLEGAL",
                "The storage is not online or attached.".to_owned(),
            ));
        }
        storage["servers"]["server"] = json!([id]);
        let devices = server["storage_devices"]["storage_device"]
            .as_array_mut()
            .expect("devices");
        devices.push(attached(storage, devices.len()));
        Ok((200, json!({"server": server})))
    }

    fn detach(&mut self, id: &str, body: &[u8]) -> Answered {
        let address = read::<DetachRequest>(body)?.storage_device.address;
        let server = there_mut(&mut self.servers, id, "SERVER_NOT_FOUND")?;
        let devices = server["storage_devices"]["storage_device"]
            .as_array_mut()
            .expect("devices");
        let at = devices
            .iter()
            .position(|device| device["address"] == address.as_str());
        let at = at.ok_or((
            404,
            "STORAGE_DEVICE_NOT_FOUND",
            "There is no such device.".to_owned(),
        ))?;
        let device = devices.remove(at);
        let storage = device["storage"].as_str().unwrap_or_default();
        there_mut(&mut self.storages, storage, "STORAGE_NOT_FOUND")?["servers"] = json!({"server": []});
        Ok((200, json!({"server": server})))
    }
}

fn attached(storage: &Json, index: usize) -> Json {
    json!({
        "address": format!("virtio:{index}"), "type": "disk", "boot_disk": "0", "storage": storage["uuid"],
        "storage_title": storage["title"], "storage_size": storage["size"], "storage_encrypted": storage["encrypted"],
    })
}

fn templates() -> Json {
    let template =
        |title: &str, id: &str| json!({"uuid": id, "title": title, "type": "template", "access": "public"});
    let other = "01000000-0000-4000-8000-000020070100";
    json!({"storages": {"storage": [
        template("Debian GNU/Linux 12 (Bookworm)", other),
        template("Ubuntu Server 24.04 LTS (Noble Numbat)", TEMPLATE),
    ]}})
}

fn there<'a>(all: &'a BTreeMap<String, Json>, id: &str, code: &'static str) -> Result<&'a Json, Refusal> {
    all.get(id)
        .ok_or_else(|| (404, code, format!("{id} does not exist.")))
}

fn there_mut<'a>(
    all: &'a mut BTreeMap<String, Json>,
    id: &str,
    code: &'static str,
) -> Result<&'a mut Json, Refusal> {
    all.get_mut(id)
        .ok_or_else(|| (404, code, format!("{id} does not exist.")))
}

fn in_state<'a>(all: &'a mut BTreeMap<String, Json>, id: &str, state: &str) -> Result<&'a mut Json, Refusal> {
    let server = there_mut(all, id, "SERVER_NOT_FOUND")?;
    if server["state"] == state {
        Ok(server)
    } else {
        let message = format!(
            "The operation is not allowed while the server {id} is in state {}.",
            server["state"]
        );
        Err((409, "SERVER_STATE_ILLEGAL", message))
    }
}

/// Those that have the label that the query names.
fn labelled(all: &BTreeMap<String, Json>, query: &str) -> Vec<Json> {
    let wanted = query
        .strip_prefix("label=")
        .and_then(|label| label.split_once("%3D"));
    let fits = |resource: &&Json| {
        let Some((key, value)) = wanted else { return true };
        let labels = resource["labels"].get("label").unwrap_or(&resource["labels"]);
        labels.as_array().is_some_and(|labels| {
            labels
                .iter()
                .any(|label| label["key"] == key && label["value"] == value)
        })
    };
    all.values().filter(fits).cloned().collect()
}
