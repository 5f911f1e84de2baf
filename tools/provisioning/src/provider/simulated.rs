//! A provider in memory, with faults to order: what the port means, without a cloud. Simulations and tests use it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{Account, Call, Class, Created, Error, Marker, Observed, Order, Provider, Ran, Status, Support};
use crate::desired::references;
use crate::resource::{Attributes, Kind, Value};
use crate::run::Clock;

/// What there is, shared by everything that looks at it. It outlives the processes of a test.
#[derive(Debug, Default)]
pub struct World {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    things: BTreeMap<String, Thing>,
    faults: Vec<Fault>,
    effects: Vec<String>,
    down_until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Thing {
    kind: Kind,
    name: String,
    region: Option<String>,
    attributes: Attributes,
    marker: Option<Marker>,
    status: Status,
    /// How many looks it takes until it is ready, or gone.
    looks: u32,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The call: `create`, `read`, `find`, `update`, `delete`.
    pub call: &'static str,
    /// Only for this address or id.
    pub about: Option<String>,
    /// How many calls go well before.
    pub after: u32,
    /// How many calls it hits then.
    pub times: u32,
    /// What happens.
    pub trouble: Trouble,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The effect happens, and the reply is lost.
    Lost,
    /// Nothing happens, and the provider says so.
    Refused(Class),
    /// The effect happens, and no reply ever comes.
    Hangs,
    /// The resource is made and fails, or its deletion does not end.
    Broken,
    /// Nobody is reached for so long.
    Down(Duration),
}

impl World {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Orders a fault.
    pub fn order(&self, fault: Fault) {
        self.kept().faults.push(fault);
    }

    /// Ends every fault.
    pub fn mend(&self) {
        let mut kept = self.kept();
        kept.faults.clear();
        kept.down_until = None;
    }

    /// Puts something there that is not ours.
    pub fn put_foreign(&self, kind: Kind, name: &str) {
        let mut kept = self.kept();
        let id = kept.id(kind);
        kept.things.insert(
            id,
            Thing {
                kind,
                name: name.to_owned(),
                region: None,
                attributes: Attributes::new(),
                marker: None,
                status: Status::Ready,
                looks: 0,
            },
        );
    }

    /// Puts there what `observed` says, as if it had always been.
    pub fn put(&self, region: Option<String>, observed: Observed) {
        self.kept().things.insert(
            observed.id,
            Thing {
                kind: observed.kind,
                name: observed.name,
                region,
                attributes: observed.attributes,
                marker: observed.marker,
                status: observed.status,
                looks: 0,
            },
        );
    }

    /// Changes a resource behind everybody's back.
    pub fn tamper(&self, id: &str, change: impl FnOnce(&mut Attributes)) {
        if let Some(thing) = self.kept().things.get_mut(id) {
            change(&mut thing.attributes);
        }
    }

    /// Takes a resource away behind everybody's back.
    pub fn remove(&self, id: &str) {
        self.kept().things.remove(id);
    }

    /// What there is: marker (or `foreign`), kind and name, in order.
    #[must_use]
    pub fn contents(&self) -> Vec<(String, Kind, String)> {
        let kept = self.kept();
        let shown = |thing: &Thing| {
            let marker = thing
                .marker
                .as_ref()
                .map_or("foreign", |marker| marker.id.as_str());
            (marker.to_owned(), thing.kind, thing.name.clone())
        };
        kept.things.values().map(shown).collect()
    }

    /// Every effect there was, such as `create server.web`, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<String> {
        self.kept().effects.clone()
    }
}

impl Kept {
    fn id(&mut self, kind: Kind) -> String {
        self.next = self.next.saturating_add(1);
        format!("sim-{kind}-{}", self.next)
    }

    /// The trouble that hits this call, if one does.
    fn trouble(&mut self, call: &str, about: &str) -> Option<Trouble> {
        let hit = |fault: &&mut Fault| {
            fault.call == call && fault.about.as_deref().is_none_or(|wanted| wanted == about)
        };
        for fault in self.faults.iter_mut().filter(hit) {
            if fault.after > 0 {
                fault.after = fault.after.saturating_sub(1);
            } else if fault.times > 0 {
                fault.times = fault.times.saturating_sub(1);
                return Some(fault.trouble.clone());
            }
        }
        None
    }
}

/// One provider of the simulated world.
pub struct Simulated {
    name: String,
    world: Arc<World>,
    clock: Arc<dyn Clock>,
}

impl Simulated {
    /// The provider `name` of `world`.
    #[must_use]
    pub fn new(name: &str, world: Arc<World>, clock: Arc<dyn Clock>) -> Self {
        Self {
            name: name.to_owned(),
            world,
            clock,
        }
    }

    /// Makes the call: `effect` happens if no trouble keeps it from happening.
    async fn call<T>(
        &self,
        call: &'static str,
        about: &str,
        effect: impl FnOnce(&mut Kept, Option<&Trouble>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.clock.sleep(Duration::from_millis(5)).await;
        let attempted = format!("{call} {about} (simulated)");
        let (result, trouble) = {
            let mut kept = self.world.kept();
            let trouble = kept.trouble(call, about);
            if let Some(Trouble::Down(so_long)) = &trouble {
                kept.down_until = Some(self.clock.now() + *so_long);
            }
            if kept.down_until.is_some_and(|until| self.clock.now() < until) {
                return Err(Error::new(Class::Transient, attempted, "nobody answers"));
            }
            if let Some(Trouble::Refused(class)) = &trouble {
                return Err(Error::new(*class, attempted, "the provider refused"));
            }
            (effect(&mut kept, trouble.as_ref()), trouble)
        };
        match trouble {
            Some(Trouble::Lost) => Err(Error::new(Class::Unknown, attempted, "the reply was lost")),
            Some(Trouble::Hangs) => std::future::pending().await,
            _ => result,
        }
    }
}

/// Attributes of which each kind can change in place.
const IN_PLACE: &[&str] = &[
    "tags",
    "cpu",
    "memory_gb",
    "plan",
    "security_groups",
    "rules",
    "size_gb",
    "versioning",
    "public",
    "server",
    "role",
];

impl Provider for Simulated {
    fn name(&self) -> &str {
        &self.name
    }

    fn support(&self, _kind: Kind) -> Option<Support> {
        Some(Support {
            in_place: IN_PLACE,
            unread: &[],
            visible_after: Duration::from_secs(1),
            twins: false,
        })
    }

    fn account(&self) -> Call<'_, Account> {
        Box::pin(async move {
            self.call("account", "", |_, _| Ok(())).await?;
            Ok(Account {
                id: format!("simulated-{}", self.name),
                description: format!("a simulation of `{}` in memory", self.name),
            })
        })
    }

    fn create<'a>(&'a self, order: &'a Order) -> Call<'a, Created> {
        let about = order.address.to_string();
        Box::pin(async move {
            self.call("create", &about, |kept, trouble| make(kept, order, trouble))
                .await
        })
    }

    fn find<'a>(&'a self, kind: Kind, _region: Option<&'a str>, marker: &'a str) -> Call<'a, Vec<Observed>> {
        Box::pin(async move {
            self.call("find", marker, |kept, _| {
                let ours = |thing: &Thing| {
                    thing.kind == kind
                        && thing.status != Status::Deleting
                        && thing.marker.as_ref().is_some_and(|known| known.id == marker)
                };
                let found = kept.things.iter().filter(|(_, thing)| ours(thing));
                Ok(found.map(|(id, thing)| observed(id, thing)).collect())
            })
            .await
        })
    }

    fn read<'a>(&'a self, _kind: Kind, _region: Option<&'a str>, id: &'a str) -> Call<'a, Option<Observed>> {
        Box::pin(async move {
            self.call("read", id, |kept, _| {
                let Some(thing) = kept.things.get_mut(id) else {
                    return Ok(None);
                };
                if thing.looks > 0 {
                    thing.looks = thing.looks.saturating_sub(1);
                } else if thing.status == Status::Pending {
                    thing.status = Status::Ready;
                } else if thing.status == Status::Deleting {
                    kept.things.remove(id);
                    return Ok(None);
                }
                Ok(kept.things.get(id).map(|thing| observed(id, thing)))
            })
            .await
        })
    }

    fn update<'a>(&'a self, id: &'a str, order: &'a Order, _changed: &'a [String]) -> Call<'a, ()> {
        let about = order.address.to_string();
        Box::pin(async move {
            self.call("update", &about, |kept, _| {
                let thing = kept.things.get_mut(id).ok_or_else(|| {
                    Error::new(
                        Class::Absent,
                        format!("update {id} (simulated)"),
                        "there is no such resource",
                    )
                })?;
                thing.attributes = resolved(order);
                thing.status = Status::Pending;
                kept.effects.push(format!("update {}", order.address));
                Ok(())
            })
            .await
        })
    }

    fn delete<'a>(&'a self, _kind: Kind, _region: Option<&'a str>, id: &'a str) -> Call<'a, ()> {
        Box::pin(async move {
            self.call("delete", id, |kept, trouble| {
                if let Some(thing) = kept.things.get_mut(id) {
                    thing.status = Status::Deleting;
                    thing.looks = if trouble == Some(&Trouble::Broken) {
                        u32::MAX
                    } else {
                        1
                    };
                    let address = thing
                        .marker
                        .as_ref()
                        .map_or("foreign", |marker| marker.address.as_str());
                    let effect = format!("delete {address}");
                    kept.effects.push(effect);
                }
                Ok(())
            })
            .await
        })
    }

    fn list<'a>(
        &'a self,
        kind: Kind,
        _region: Option<&'a str>,
        workspace: Option<&'a str>,
    ) -> Call<'a, Vec<Observed>> {
        Box::pin(async move {
            self.call("list", kind.name(), |kept, _| {
                let ours = |thing: &Thing| {
                    let of = |wanted| {
                        thing
                            .marker
                            .as_ref()
                            .is_some_and(|marker| marker.workspace == wanted)
                    };
                    thing.kind == kind && workspace.is_none_or(of)
                };
                let found = kept.things.iter().filter(|(_, thing)| ours(thing));
                Ok(found.map(|(id, thing)| observed(id, thing)).collect())
            })
            .await
        })
    }

    fn snapshot<'a>(
        &'a self,
        _kind: Kind,
        _region: Option<&'a str>,
        id: &'a str,
        name: &'a str,
    ) -> Call<'a, String> {
        Box::pin(async move {
            self.call("snapshot", id, |kept, _| {
                kept.effects.push(format!("snapshot {id} {name}"));
                Ok(format!("{id}/{name}"))
            })
            .await
        })
    }

    fn exec<'a>(&'a self, _region: Option<&'a str>, id: &'a str, command: &'a [String]) -> Call<'a, Ran> {
        Box::pin(async move {
            self.call("exec", id, |kept, trouble| {
                kept.effects.push(format!("exec {id} {}", command.join(" ")));
                Ok(Ran {
                    code: i64::from(trouble == Some(&Trouble::Broken)),
                    output: "simulated".to_owned(),
                })
            })
            .await
        })
    }
}

fn make(kept: &mut Kept, order: &Order, trouble: Option<&Trouble>) -> Result<Created, Error> {
    let same = |thing: &Thing| {
        thing.kind == order.address.kind && thing.name == order.name && thing.region == order.region
    };
    if let Some((id, thing)) = kept
        .things
        .iter()
        .find(|(_, thing)| same(thing) && thing.status != Status::Deleting)
    {
        return match &thing.marker {
            Some(marker) if marker.id == order.marker.id => Ok(Created { id: id.clone() }),
            _ => Err(Error::new(
                Class::Taken,
                format!("make {} (simulated)", order.address),
                format!("`{}` is there already and is not ours ({id})", order.name),
            )),
        };
    }
    let id = kept.id(order.address.kind);
    let broken = trouble == Some(&Trouble::Broken);
    kept.things.insert(
        id.clone(),
        Thing {
            kind: order.address.kind,
            name: order.name.clone(),
            region: order.region.clone(),
            attributes: resolved(order),
            marker: Some(order.marker.clone()),
            status: if broken { Status::Failed } else { Status::Pending },
            looks: 1,
        },
    );
    kept.effects.push(format!("create {}", order.address));
    Ok(Created { id })
}

/// The attributes with ids where they refer to something of ours.
fn resolved(order: &Order) -> Attributes {
    let mut attributes = order.attributes.clone();
    for (kind, name) in references(&order.attributes) {
        let id = Value::from(order.reference(kind, name));
        match kind {
            Kind::Network => attributes.insert("network".to_owned(), id),
            Kind::Subnet => attributes.insert("subnet".to_owned(), id),
            Kind::Server => attributes.insert("server".to_owned(), id),
            _ => None,
        };
    }
    let groups = order
        .attributes
        .get("security_groups")
        .map(Value::items)
        .unwrap_or_default();
    if !groups.is_empty() {
        let ids = groups
            .iter()
            .filter_map(Value::text)
            .map(|name| order.reference(Kind::SecurityGroup, name).into());
        attributes.insert("security_groups".to_owned(), Value::List(ids.collect()));
    }
    attributes
}

fn observed(id: &str, thing: &Thing) -> Observed {
    Observed {
        kind: thing.kind,
        id: id.to_owned(),
        name: thing.name.clone(),
        status: thing.status,
        attributes: thing.attributes.clone(),
        computed: Attributes::from([("simulated".to_owned(), Value::Bool(true))]),
        marker: thing.marker.clone(),
    }
}
