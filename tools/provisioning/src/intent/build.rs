//! From what was said of each resource to the typed intent, with the origin of every value and every assumption.

mod cluster;
mod database;
mod store;

use std::collections::BTreeMap;

use super::frame::{Frame, Slots, Value};
use super::{Assumption, Budget, Catalogue, Network, Origin, Os, Problem, Refusal, Resource, Server};
use crate::cost::Provider;

/// Builds resources.
pub(super) struct Builder<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) provider: &'a Provider,
    pub(super) origins: BTreeMap<String, Origin>,
    pub(super) assumptions: Vec<Assumption>,
    /// Names in use, because servers and databases are told apart by them.
    pub(super) names: Vec<String>,
}

/// The slots of one resource, and the path that its values have in the intent.
struct Reading<'s> {
    slots: &'s Slots,
    path: String,
}

impl Builder<'_> {
    /// The servers of `frame`.
    pub(super) fn server(&mut self, frame: &Frame, at: usize) -> Result<Server, Refusal> {
        let reading = Reading::new(frame, format!("servers.{at}"));
        let role = self.text(&reading, "role", "role");
        let name = self.name(&reading, role.as_deref().unwrap_or("server"));
        self.plural(frame, &reading);
        let count = self
            .number(&reading, "count", "count")
            .filter(|count| *count != 1);
        let mut server = Server {
            name,
            role,
            count,
            plan: self.plan(&reading),
            cpu: self.number(&reading, "cpu", "cpu"),
            memory_gb: self.number(&reading, "memory_gb", "memory_gb"),
            disk_gb: self.number(&reading, "disk_gb", "disk_gb"),
            os: self.os(&reading),
            public_ip: self.public(&reading)?,
            vpc: None,
            subnet: self.text(&reading, "subnet", "subnet"),
            security_groups: Vec::new(),
        };
        (server.cpu, server.memory_gb) = self.sized(&reading, server.cpu, server.memory_gb);
        self.some_gb(&reading, &mut server)?;
        Ok(server)
    }

    /// The network of `frame`.
    pub(super) fn network(&mut self, frame: &Frame) -> Network {
        let reading = Reading::new(frame, "network".to_owned());
        let ports = reading.slots.get("open_port").into_iter().flatten();
        let open_ports = ports
            .filter_map(|heard| match heard.value {
                Value::Number(port) => Some(port),
                Value::Text(_) | Value::Flag(_) => None,
            })
            .collect();
        self.number(&reading, "open_port", "open_ports");
        Network {
            name: self.text(&reading, "name", "name"),
            cidr: self.text(&reading, "cidr", "cidr"),
            public_subnets: self.number(&reading, "public_subnets", "public_subnets"),
            private_subnets: self.number(&reading, "private_subnets", "private_subnets"),
            nat_gateways: self.number(&reading, "nat_gateways", "nat_gateways"),
            load_balancers: self.number(&reading, "load_balancers", "load_balancers"),
            open_ports,
        }
    }

    /// What it may cost, from what was said of the whole.
    pub(super) fn budget(&mut self, global: &Slots) -> Option<Budget> {
        let reading = Reading {
            slots: global,
            path: String::new(),
        };
        let amount = self.number(&reading, "budget", "budget")?;
        let currency = self.text(&reading, "currency", "budget");
        if currency.is_none() {
            let why = "no currency is named; this is the provider's";
            self.assume("budget", self.provider.currency.code(), why);
        }
        Some(Budget { amount, currency })
    }

    /// The environment, from what was said of the whole.
    pub(super) fn environment(&mut self, global: &Slots) -> Option<String> {
        let reading = Reading {
            slots: global,
            path: String::new(),
        };
        self.text(&reading, "environment", "environment")
    }

    /// Tags, from what was said of the whole.
    pub(super) fn tags(&mut self, global: &Slots) -> Result<BTreeMap<String, String>, Refusal> {
        let mut tags: BTreeMap<String, String> = BTreeMap::new();
        for heard in global.get("tag").into_iter().flatten() {
            let Value::Text(text) = &heard.value else { continue };
            let Some((name, value)) = text.split_once('=') else {
                continue;
            };
            // What is named like a secret is refused by the rules, and not quoted before that.
            let differs = |first: &&String| *first != value && !super::names_secret(name);
            if let Some(first) = tags.get(name).filter(differs) {
                return Err(Refusal::Contradiction {
                    what: format!("tag `{name}`"),
                    first: first.clone(),
                    second: value.to_owned(),
                    place: Some(heard.place),
                });
            }
            tags.insert(name.to_owned(), value.to_owned());
            let origin = Origin::Said {
                place: heard.place,
                text: heard.text.clone(),
            };
            self.origins.insert(format!("tags.{name}"), origin);
        }
        Ok(tags)
    }

    /// Gigabytes that are said of a server without what they are of: memory, if they can be nothing else.
    fn some_gb(&mut self, reading: &Reading<'_>, server: &mut Server) -> Result<(), Refusal> {
        let Some(heard) = reading.slots.get("some_gb").and_then(|said| said.first()) else {
            return Ok(());
        };
        let text = heard.text.clone();
        let amount = self.number(reading, "some_gb", "memory_gb").unwrap_or(0);
        let plain = server.memory_gb.is_none() && server.plan.is_none();
        if !plain || amount >= SMALLEST_DISK_GB && !amount.is_power_of_two() || amount > LARGEST_MEMORY_GB {
            return Err(part_of(&text));
        }
        let why = format!("`{text}` does not say of what; it is read as memory");
        self.assume(&reading.at("memory_gb"), &amount.to_string(), &why);
        server.memory_gb = Some(amount);
        Ok(())
    }

    /// Whether servers have a public address: `public` says it too, and both must say the same.
    fn public(&mut self, reading: &Reading<'_>) -> Result<Option<bool>, Refusal> {
        let address = self.flag(reading, "public_ip", "public_ip");
        let word = self.flag(reading, "public", "public_ip");
        match (address, word) {
            (Some(address), Some(word)) if address != word => Err(Refusal::Contradiction {
                what: "public address".to_owned(),
                first: format!("public address: {address}"),
                second: format!("public: {word}"),
                place: None,
            }),
            (address, word) => Ok(address.or(word)),
        }
    }

    fn plan(&mut self, reading: &Reading<'_>) -> Option<String> {
        let plan = self.text(reading, "plan", "plan")?;
        if Catalogue::any_plan(self.provider) {
            let why = format!(
                "plan `{plan}` is not checked: no list of {} plans",
                self.provider.name
            );
            self.assumptions.push(Assumption {
                path: reading.at("plan"),
                value: plan.clone(),
                why,
            });
        }
        Some(plan)
    }

    /// The release of `what` that is taken where none is named.
    fn newest(&mut self, reading: &Reading<'_>, what: &str) -> Option<String> {
        let release = self.catalogue.releases(what)?;
        let why = format!(
            "no release is named; this one gets updates as of {}",
            release.as_of
        );
        self.assume(&reading.at("version"), &release.version, &why);
        Some(release.version.clone())
    }

    /// Says that one is taken where a word for more than one has no number.
    fn plural(&mut self, frame: &Frame, reading: &Reading<'_>) {
        if let Some(word) = frame
            .plural
            .as_ref()
            .filter(|_| !frame.slots.contains_key("count"))
        {
            let why = format!("`{word}` does not say how many");
            self.assume(&reading.at("count"), "1", &why);
        }
    }

    fn os(&mut self, reading: &Reading<'_>) -> Option<Os> {
        let family = self.text(reading, "os", "os")?;
        let version = self.text(reading, "os_version", "os").unwrap_or_else(|| {
            let release = self.catalogue.release(&family).unwrap_or_default().to_owned();
            self.assume(&reading.at("os"), &release, "no release is named");
            release
        });
        Some(Os { family, version })
    }

    /// Processors and memory that a size word means at the provider, where they are not said themselves.
    fn sized(
        &mut self,
        reading: &Reading<'_>,
        cpu: Option<u64>,
        memory_gb: Option<u64>,
    ) -> (Option<u64>, Option<u64>) {
        let Some(word) = self.text(reading, "size", "cpu") else {
            return (cpu, memory_gb);
        };
        let Some(needs) = self.provider.cluster_plans.get(&word) else {
            return (cpu, memory_gb);
        };
        let memory = needs.memory_mib.div_ceil(1024);
        let why = format!("this is what `{word}` is at {}", self.provider.name);
        let value = format!("{} vCPU and {memory} GB", needs.vcpu);
        self.assume(&reading.at("size"), &value, &why);
        self.text(reading, "size", "memory_gb");
        (cpu.or(Some(needs.vcpu)), memory_gb.or(Some(memory)))
    }

    /// The name that was said, or `otherwise`; with a number behind it if it is taken.
    fn name(&mut self, reading: &Reading<'_>, otherwise: &str) -> String {
        if let Some(name) = self.text(reading, "name", "name") {
            self.names.push(name.clone());
            return name;
        }
        let mut name = otherwise.to_owned();
        let mut number = 2;
        while self.names.contains(&name) {
            name = format!("{otherwise}-{number}");
            number += 1;
        }
        self.names.push(name.clone());
        self.assume(&reading.at("name"), &name, "no name is given");
        name
    }

    pub(super) fn assume(&mut self, path: &str, value: &str, why: &str) {
        self.origins.entry(path.to_owned()).or_insert(Origin::Assumed);
        self.assumptions.push(Assumption {
            path: path.to_owned(),
            value: value.to_owned(),
            why: why.to_owned(),
        });
    }

    fn said(&mut self, reading: &Reading<'_>, slot: &str, field: &str) -> Option<Value> {
        let heard = reading.slots.get(slot)?.first()?;
        let origin = Origin::Said {
            place: heard.place,
            text: heard.text.clone(),
        };
        self.origins.entry(reading.at(field)).or_insert(origin);
        Some(heard.value.clone())
    }

    fn number(&mut self, reading: &Reading<'_>, slot: &str, field: &str) -> Option<u64> {
        let vague = reading.slots.get(slot)?.first().filter(|heard| heard.vague);
        if let (Some(heard), Some(Value::Number(number))) = (vague, vague.map(|heard| &heard.value)) {
            let why = format!("`{}` does not say how many", heard.text);
            self.assume(&reading.at(field), &number.to_string(), &why);
            return Some(*number);
        }
        match self.said(reading, slot, field)? {
            Value::Number(number) => Some(number),
            // A release such as `16` is a text that is a number.
            Value::Text(text) => text.parse().ok(),
            Value::Flag(_) => None,
        }
    }

    fn text(&mut self, reading: &Reading<'_>, slot: &str, field: &str) -> Option<String> {
        match self.said(reading, slot, field)? {
            Value::Text(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Flag(_) => None,
        }
    }

    fn flag(&mut self, reading: &Reading<'_>, slot: &str, field: &str) -> Option<bool> {
        match self.said(reading, slot, field)? {
            Value::Flag(flag) => Some(flag),
            Value::Number(_) | Value::Text(_) => None,
        }
    }
}

impl<'s> Reading<'s> {
    fn new(frame: &'s Frame, path: String) -> Self {
        Self {
            slots: &frame.slots,
            path,
        }
    }

    /// The path of `field`.
    fn at(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.path)
        }
    }
}

/// From here on gigabytes may be a disk's, unless memory comes in that size.
const SMALLEST_DISK_GB: u64 = 20;
const LARGEST_MEMORY_GB: u64 = 64;

fn part_of(text: &str) -> Refusal {
    Refusal::Missing {
        what: format!("part `{text}` is of"),
        valid: vec!["memory".to_owned(), "disk".to_owned()],
    }
}

/// How many of the resource of `frame` there are to be, each with an entry of its own.
pub(super) fn copies(frame: &Frame) -> Result<usize, Refusal> {
    let count = match frame
        .slots
        .get("count")
        .and_then(|heard| heard.first())
        .map(|heard| &heard.value)
    {
        Some(Value::Number(count)) => *count,
        _ => 1,
    };
    let most = match frame.resource {
        // Servers of one kind are one entry with a count.
        Resource::Server => return Ok(1),
        Resource::Network | Resource::Monitoring => 1,
        Resource::Cluster | Resource::Database | Resource::Cache | Resource::Bucket | Resource::Volume => 20,
    };
    usize::try_from(count)
        .ok()
        .filter(|copies| (1..=most).contains(copies))
        .ok_or_else(|| Refusal::Invalid {
            problems: vec![Problem {
                path: format!("{}.count", frame.resource.name()),
                value: count.to_string(),
                rule: format!("must be from 1 to {most} in one configuration"),
                valid: Vec::new(),
            }],
        })
}
