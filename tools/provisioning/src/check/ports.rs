//! That no two listen on the same port of the same host.

use std::collections::HashMap;

use super::names::Names;
use super::tree::{Found, all};
use crate::{Diagnostic, Node};

/// A port as the system tells them apart: TCP and UDP have their own.
type Port = (i64, bool);

/// Reports ports that are taken already.
pub(super) fn unique<'a>(configuration: &'a Node, names: &Names<'a>, findings: &mut Vec<Diagnostic>) {
    for balancer in all(configuration, "load_balancers[]") {
        let mut taken: HashMap<Port, String> = HashMap::new();
        for listener in balancer.all("listeners[]") {
            take(&listener, "the load balancer", &mut taken, findings);
        }
    }
    let mut hosts: HashMap<&str, HashMap<Port, String>> = HashMap::new();
    for service in all(configuration, "services[]") {
        let ports = service.all("ports[]");
        let servers = service.all("servers[]");
        let servers = servers.iter().filter_map(|server| server.node.text());
        let mut own: HashMap<Port, String> = HashMap::new();
        let known = findings.len();
        for port in &ports {
            take(port, "the service", &mut own, findings);
        }
        // Its own mistake would be found again on every host.
        if findings.len() > known {
            continue;
        }
        for server in servers {
            let host = names.server(server).unwrap_or(server);
            let taken = hosts.entry(host).or_default();
            for port in &ports {
                take(port, &format!("server `{host}`"), taken, findings);
            }
        }
    }
}

fn take(listener: &Found<'_>, host: &str, taken: &mut HashMap<Port, String>, findings: &mut Vec<Diagnostic>) {
    let Some(port) = listener.field("port") else {
        return;
    };
    let Some(number) = port.node.integer() else { return };
    let key = (number, listener.text("protocol") == Some("udp"));
    match taken.get(&key) {
        // A service that is put on one server twice does not stand in its own way.
        Some(first) if *first == port.path => {}
        Some(first) => findings.push(port.finding(
            "duplicate_port",
            &format!("is {number}, which `{first}` has already on {host}"),
            "a port of a host has one listener",
            "choose another port, or put one of the two elsewhere".to_owned(),
        )),
        None => {
            taken.insert(key, port.path);
        }
    }
}
