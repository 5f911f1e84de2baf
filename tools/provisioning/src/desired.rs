//! What a configuration that holds asks for, as single resources with an address each.
//!
//! Only what a provider can make becomes a resource. The rest of a configuration (services, alerts, people) is listed as
//! not managed, by path: nothing is left out without a word.

mod machines;
mod networks;
mod priced;
mod stores;

use std::collections::{BTreeMap, BTreeSet};

use crate::cost::PriceBook;
use crate::node::{self, Number};
use crate::resource::{Address, Attributes, Kind, Value};
use crate::{Node, node::Span};

pub use priced::{Priced, configuration};

/// A resource that is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// What it is called.
    pub address: Address,
    /// The provider's name.
    pub provider: String,
    /// Where.
    pub region: Option<String>,
    /// What it is to be like.
    pub attributes: Attributes,
    /// What has to be there before it.
    pub depends_on: Vec<Address>,
    /// Whether the configuration forbids its deletion.
    pub protected: bool,
    /// Where the configuration says it, such as `servers[0]`.
    pub path: String,
    /// The line of that.
    pub origin: Option<Span>,
}

/// Something of a configuration that no provider is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotManaged {
    /// Where it stands, such as `services[0]`.
    pub path: String,
    /// Why nothing is done about it.
    pub reason: String,
}

/// Everything that a configuration asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// The resources, in the order of their addresses.
    pub resources: Vec<Desired>,
    /// What is left to others.
    pub not_managed: Vec<NotManaged>,
}

/// Why a configuration cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing says which provider makes it.
    #[error("`{path}` has no provider: set `provider` there or at the top")]
    NoProvider {
        /// The resource.
        path: String,
    },
    /// Two resources would have one address.
    #[error("`{first}` and `{second}` are both `{address}`: give one of them another name")]
    Twice {
        /// The address.
        address: Address,
        /// Where it stands first.
        first: String,
        /// Where it stands again.
        second: String,
    },
    /// More resources than a plan may have.
    #[error("`{path}` makes more than {most} resources of one configuration")]
    TooMany {
        /// Where it became too much.
        path: String,
        /// How many may be.
        most: usize,
    },
}

/// How many resources a configuration may ask for.
pub const MOST: usize = 200_000;

/// Groups that describe something else than what a provider makes, and why nothing is made of them.
const OTHERS: &[(&str, &str)] = &[
    ("load_balancers", "no provider makes load balancers yet"),
    ("dns", "no provider makes DNS zones yet"),
    ("certificates", "certificates are issued by the vault"),
    ("caches", "no provider makes caches yet"),
    ("services", "services are installed by workflows"),
    ("backups", "backups are taken by workflows"),
    ("monitoring", "monitoring is installed by workflows"),
    ("alerts", "alerts belong to the monitoring"),
    ("users", "people are managed where they sign in"),
    ("secrets", "secrets stay in the vault"),
];

/// Takes `configuration`, which must hold, apart. `book` knows what the words for sizes mean at each provider.
pub fn wanted(configuration: &Node, book: &PriceBook) -> Result<Wanted, Error> {
    let mut list = List {
        provider: text(configuration, "provider"),
        region: text(configuration, "region"),
        common: tags(configuration),
        environment: text(configuration, "environment"),
        book,
        resources: BTreeMap::new(),
    };
    networks::networking(&mut list, configuration)?;
    machines::servers(&mut list, configuration)?;
    machines::clusters(&mut list, configuration)?;
    machines::server_clusters(&mut list, configuration)?;
    stores::volumes(&mut list, configuration)?;
    stores::buckets(&mut list, configuration)?;
    stores::databases(&mut list, configuration)?;
    let mut resources: Vec<Desired> = list.resources.into_values().collect();
    resolve(&mut resources);
    Ok(Wanted {
        resources,
        not_managed: not_managed(configuration),
    })
}

fn not_managed(configuration: &Node) -> Vec<NotManaged> {
    let one = |path: String, reason: &str| NotManaged {
        path,
        reason: reason.to_owned(),
    };
    let group = |(name, reason): &(&str, &str)| -> Vec<NotManaged> {
        match configuration.get(name) {
            None => Vec::new(),
            Some(found) if matches!(found.value, node::Value::List(_)) => (0..found.items().len())
                .map(|index| one(format!("{name}[{index}]"), reason))
                .collect(),
            Some(_) => vec![one((*name).to_owned(), reason)],
        }
    };
    OTHERS.iter().flat_map(group).collect()
}

/// What is gathered, and what holds for everything.
struct List<'a> {
    provider: Option<String>,
    region: Option<String>,
    common: Attributes,
    environment: Option<String>,
    book: &'a PriceBook,
    resources: BTreeMap<Address, Desired>,
}

/// A part of the configuration, and where it stands.
struct Part<'a> {
    node: &'a Node,
    path: String,
}

impl<'a> Part<'a> {
    /// The parts of the list `name`.
    fn all(configuration: &'a Node, name: &str) -> Vec<Part<'a>> {
        let items = configuration.get(name).map(Node::items).unwrap_or_default();
        let part = |(index, node)| Part {
            node,
            path: format!("{name}[{index}]"),
        };
        items.iter().enumerate().map(part).collect()
    }
}

impl List<'_> {
    fn place(&self, part: &Part<'_>) -> Result<(String, Option<String>), Error> {
        let provider = text(part.node, "provider").or_else(|| self.provider.clone());
        let provider = provider.ok_or_else(|| Error::NoProvider {
            path: part.path.clone(),
        })?;
        // The region at the top belongs to the provider at the top.
        let inherited = (self.provider.as_deref() == Some(provider.as_str())).then(|| self.region.clone());
        let region = text(part.node, "region").or_else(|| inherited.flatten());
        Ok((provider, region))
    }

    /// Adds `count` resources of one kind that are alike; without a count, one with a plain address.
    fn add(
        &mut self,
        part: &Part<'_>,
        kind: Kind,
        name: &str,
        count: Option<u32>,
        attributes: Attributes,
    ) -> Result<(), Error> {
        let (provider, region) = self.place(part)?;
        let attributes = self.tagged(part, attributes);
        let protected = ["deletion_protection", "prevent_destroy"]
            .into_iter()
            .any(|field| part.node.get(field).and_then(Node::bool) == Some(true));
        let asked = usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX);
        if self.resources.len().saturating_add(asked) > MOST {
            return Err(Error::TooMany {
                path: part.path.clone(),
                most: MOST,
            });
        }
        let indexes: Vec<Option<u32>> = match count {
            None => vec![None],
            Some(count) => (0..count).map(Some).collect(),
        };
        for index in indexes {
            let address = Address {
                kind,
                name: name.to_owned(),
                index,
            };
            let resource = Desired {
                address: address.clone(),
                provider: provider.clone(),
                region: region.clone(),
                attributes: attributes.clone(),
                depends_on: Vec::new(),
                protected,
                path: part.path.clone(),
                origin: part.node.span.clone(),
            };
            if let Some(first) = self.resources.insert(address.clone(), resource) {
                return Err(Error::Twice {
                    address,
                    first: first.path,
                    second: part.path.clone(),
                });
            }
        }
        Ok(())
    }

    /// With the tags of everything, those of its own above them.
    fn tagged(&self, part: &Part<'_>, mut attributes: Attributes) -> Attributes {
        let mut all = self.common.clone();
        if let Some(environment) = &self.environment {
            all.entry("environment".to_owned())
                .or_insert_with(|| environment.clone().into());
        }
        all.extend(tags(part.node));
        attributes.insert("tags".to_owned(), Value::Record(all));
        attributes
    }
}

/// Finds what each resource refers to: a name is one of ours if a resource of the kind has it.
fn resolve(resources: &mut [Desired]) {
    let mut by_name: BTreeMap<(Kind, String), Vec<Address>> = BTreeMap::new();
    for resource in resources.iter() {
        let address = &resource.address;
        let names = BTreeSet::from([address.name.clone(), address.label()]);
        for name in names {
            by_name
                .entry((address.kind, name))
                .or_default()
                .push(address.clone());
        }
    }
    for resource in resources {
        let names = references(&resource.attributes);
        let found = names
            .into_iter()
            .filter_map(|(kind, name)| by_name.get(&(kind, name.to_owned()))?.first());
        let needs: BTreeSet<Address> = found
            .filter(|address| **address != resource.address)
            .cloned()
            .collect();
        resource.depends_on = needs.into_iter().collect();
    }
}

/// What `attributes` refer to by name.
#[must_use]
pub fn references(attributes: &Attributes) -> Vec<(Kind, &str)> {
    let one = |field: &str, kind| {
        attributes
            .get(field)
            .and_then(Value::text)
            .map(|name| (kind, name))
    };
    let groups = attributes
        .get("security_groups")
        .map(Value::items)
        .unwrap_or_default();
    let single = [
        one("network", Kind::Network),
        one("subnet", Kind::Subnet),
        one("server", Kind::Server),
    ];
    let several = groups
        .iter()
        .filter_map(Value::text)
        .map(|name| (Kind::SecurityGroup, name));
    single.into_iter().flatten().chain(several).collect()
}

fn text(node: &Node, path: &str) -> Option<String> {
    node.at(path).and_then(Node::text).map(str::to_owned)
}

fn tags(node: &Node) -> Attributes {
    match node.get("tags").map(value) {
        Some(Value::Record(tags)) => tags,
        _ => Attributes::new(),
    }
}

/// The value of a node.
fn value(node: &Node) -> Value {
    match &node.value {
        node::Value::Null => Value::Null,
        node::Value::Bool(given) => Value::Bool(*given),
        node::Value::Number(Number::Integer(number)) => Value::Integer(*number),
        node::Value::Number(Number::Real(number)) => Value::Real(*number),
        node::Value::Text(text) => Value::Text(text.clone()),
        node::Value::List(items) => Value::List(items.iter().map(value).collect()),
        node::Value::Record(fields) => Value::Record(
            fields
                .iter()
                .map(|(name, node)| (name.clone(), value(node)))
                .collect(),
        ),
    }
}

/// Attributes from fields: the name of each, and the path where it stands. What is not there is left out.
fn picked(node: &Node, fields: &[(&str, &str)]) -> Attributes {
    let one = |(name, path): &(&str, &str)| Some(((*name).to_owned(), value(node.at(path)?)));
    fields.iter().filter_map(one).collect()
}

/// A count that fits an address.
fn count(node: &Node, path: &str) -> u32 {
    let asked = node.at(path).and_then(Node::integer).unwrap_or(1);
    u32::try_from(asked).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::PriceBook;
    use crate::{Embedded, node};

    fn record(fields: &[(&str, Node)]) -> Node {
        let fields = fields
            .iter()
            .map(|(name, node)| ((*name).to_owned(), node.clone()));
        Node::new(node::Value::Record(fields.collect()))
    }

    fn words(text: &str) -> Node {
        Node::new(node::Value::Text(text.to_owned()))
    }

    fn number(number: i64) -> Node {
        Node::new(node::Value::Number(Number::Integer(number)))
    }

    fn list(items: &[Node]) -> Node {
        Node::new(node::Value::List(items.to_vec()))
    }

    fn fleet() -> Node {
        let networking = record(&[
            ("vpc", words("main")),
            ("subnet", words("private")),
            ("security_groups", list(&[words("web"), words("sg-theirs")])),
        ]);
        let server = record(&[
            ("name", words("web")),
            ("count", number(2)),
            ("spec", record(&[("cpu", number(1))])),
            ("networking", networking),
            ("tags", record(&[("team", words("shop"))])),
        ]);
        let subnet = record(&[("name", words("private")), ("cidr", words("10.0.1.0/24"))]);
        let group = record(&[("name", words("web"))]);
        let network = record(&[
            ("vpc", words("main")),
            ("vpc_cidr", words("10.0.0.0/16")),
            ("subnets", list(&[subnet])),
            ("security_groups", list(&[group])),
        ]);
        record(&[
            ("provider", words("local")),
            ("tags", record(&[("team", words("all")), ("cost", words("7"))])),
            ("servers", list(&[server])),
            ("networking", network),
            ("services", list(&[record(&[("name", words("nginx"))])])),
        ])
    }

    #[test]
    fn a_configuration_becomes_resources_that_know_what_they_need() {
        let book = PriceBook::load(&Embedded).expect("the shipped book");
        let wanted = wanted(&fleet(), &book).expect("it can be taken apart");
        let shown: Vec<String> = wanted
            .resources
            .iter()
            .map(|one| {
                let needs: Vec<String> = one.depends_on.iter().map(ToString::to_string).collect();
                format!("{} <- {}", one.address, needs.join(" "))
            })
            .collect();
        let all = [
            "network.main <- ",
            "subnet.private <- network.main",
            "security_group.web <- network.main",
            "server.web[0] <- network.main subnet.private security_group.web",
            "server.web[1] <- network.main subnet.private security_group.web",
        ];
        assert_eq!(shown, all);
        let server = wanted.resources.last().expect("a server");
        let tags = server
            .attributes
            .get("tags")
            .and_then(Value::record)
            .expect("tags");
        assert_eq!(tags.get("team"), Some(&Value::from("shop")));
        assert_eq!(tags.get("cost"), Some(&Value::from("7")));
        assert_eq!(wanted.not_managed[0].path, "services[0]");
    }

    #[test]
    fn one_address_is_one_resource() {
        let book = PriceBook::load(&Embedded).expect("the shipped book");
        let server = record(&[("name", words("web"))]);
        let twice = record(&[
            ("provider", words("local")),
            ("servers", list(&[server.clone(), server.clone()])),
        ]);
        let error = wanted(&twice, &book).expect_err("two of one name");
        assert!(
            error.to_string().contains("`servers[0]` and `servers[1]`"),
            "{error}"
        );
        let many = record(&[("name", words("web")), ("count", number(5_000_000_000))]);
        let many = record(&[("provider", words("local")), ("servers", list(&[many]))]);
        assert!(matches!(wanted(&many, &book), Err(Error::TooMany { .. })));
        let nobody = record(&[("servers", list(&[server]))]);
        assert!(matches!(wanted(&nobody, &book), Err(Error::NoProvider { .. })));
    }
}
