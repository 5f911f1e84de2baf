//! Which network and subnet servers are in.

use super::build::Builder;
use super::{Intent, Network};

/// The name that a network has without one: the schema's default.
const NAME: &str = "main";

impl Network {
    /// Its name.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(NAME)
    }

    /// Names of its subnets, public ones first.
    pub(crate) fn subnet_names(&self) -> Vec<String> {
        let names = |kind: &'static str, count: Option<u64>| {
            (1..=count.unwrap_or(0).min(64)).map(move |at| format!("{kind}-{at}"))
        };
        let public = names("public", self.public_subnets);
        public.chain(names("private", self.private_subnets)).collect()
    }

    /// Whether it is asked for by itself, and not only for what stands before servers, such as an open port.
    fn asked(&self) -> bool {
        self.name.is_some()
            || self.cidr.is_some()
            || self.public_subnets.is_some()
            || self.private_subnets.is_some()
            || *self == Self::default()
    }
}

/// Puts servers into the subnets that they are to be in, and all of them into the network that is asked for.
pub(super) fn place(intent: &mut Intent, builder: &mut Builder<'_>) {
    let wanted: Vec<(usize, String)> = intent
        .servers
        .iter()
        .enumerate()
        .filter_map(|(at, server)| Some((at, server.subnet.clone()?)))
        .collect();
    for (at, kind) in wanted {
        let network = intent.network.get_or_insert_default();
        let subnets = if kind == "public" {
            &mut network.public_subnets
        } else {
            &mut network.private_subnets
        };
        if subnets.is_none_or(|count| count == 0) {
            *subnets = Some(1);
            let why = format!("servers are to be in a {kind} subnet, and none is asked for by itself");
            builder.assume(&format!("network.{kind}_subnets"), "1", &why);
        }
        let many = subnets.is_some_and(|count| count > 1);
        let name = format!("{kind}-1");
        if many {
            let why = format!("of the {kind} subnets the first is taken");
            builder.assume(&format!("servers.{at}.subnet"), &name, &why);
        }
        if let Some(server) = intent.servers.get_mut(at) {
            server.subnet = Some(name);
        }
    }
    let Some(network) = intent.network.as_ref().filter(|network| network.asked()) else {
        return;
    };
    for (at, server) in intent.servers.iter_mut().enumerate() {
        server.vpc = Some(network.called().to_owned());
        let why = "the servers are put into the network that is asked for";
        builder.assume(&format!("servers.{at}.vpc"), network.called(), why);
    }
}
