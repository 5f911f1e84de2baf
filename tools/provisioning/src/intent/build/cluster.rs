//! The cluster of a description.

use std::collections::BTreeMap;

use super::{Builder, Reading};
use crate::intent::frame::{Frame, Value};
use crate::intent::{Cluster, Refusal, Scaling};

impl Builder<'_> {
    /// The cluster of `frame`.
    pub(in crate::intent) fn cluster(&mut self, frame: &Frame, at: usize) -> Result<Cluster, Refusal> {
        let reading = Reading::new(frame, format!("clusters.{at}"));
        self.plural(frame, &reading);
        let version = self.text(&reading, "version", "version");
        let version = version.or_else(|| self.newest(&reading, "kubernetes"));
        let mut cluster = Cluster {
            name: self.name(&reading, "main"),
            version,
            control_planes: self.number(&reading, "control_planes", "control_planes"),
            control_plane_size: self.text(&reading, "control_plane_size", "control_plane_size"),
            high_availability: self.flag(&reading, "high_availability", "high_availability"),
            workers: self.number(&reading, "workers", "workers"),
            worker_size: self.text(&reading, "size", "worker_size"),
            scaling: None,
            cni: self.text(&reading, "cni", "cni"),
            addons: BTreeMap::new(),
            vpc_cidr: self.text(&reading, "cidr", "vpc_cidr"),
        };
        for (slot, heard) in reading.slots {
            if let (Some(addon), Some(Value::Flag(wanted))) = (
                slot.strip_prefix("addon_"),
                heard.first().map(|heard| &heard.value),
            ) {
                cluster.addons.insert(addon.to_owned(), *wanted);
                self.flag(&reading, slot, &format!("addons.{addon}"));
            }
        }
        self.nodes(&reading, &mut cluster)?;
        self.scaling(&reading, &mut cluster);
        Ok(cluster)
    }

    /// What a number of nodes means, and what follows from it for high availability.
    fn nodes(&mut self, reading: &Reading<'_>, cluster: &mut Cluster) -> Result<(), Refusal> {
        let nodes = self.number(reading, "nodes", "workers");
        match (nodes, cluster.workers, cluster.control_planes) {
            (Some(1), None, None) => {
                cluster.workers = Some(1);
                cluster.control_planes = Some(1);
                let why =
                    "the schema wants a worker beside the control plane, so that one node is one of each";
                self.assume(&reading.at("control_planes"), "1", why);
            }
            (Some(nodes), None, None) => {
                cluster.workers = Some(nodes);
                let why = "nodes are read as workers; the control plane has nodes of its own, 3 by the schema's default";
                self.assume(&reading.at("workers"), &nodes.to_string(), why);
            }
            (Some(nodes), None, Some(planes)) if nodes > planes => {
                cluster.workers = Some(nodes - planes);
                let why = format!("{nodes} nodes less {planes} of the control plane");
                self.assume(&reading.at("workers"), &(nodes - planes).to_string(), &why);
            }
            (Some(nodes), Some(workers), planes)
                if nodes == workers || Some(nodes) == planes.map(|planes| planes + workers) => {}
            (Some(nodes), workers, planes) => {
                let part = workers.map_or_else(
                    || format!("{} control-plane nodes", planes.unwrap_or(0)),
                    |workers| format!("{workers} workers"),
                );
                return Err(Refusal::Contradiction {
                    what: "number of nodes".to_owned(),
                    first: format!("{nodes} nodes"),
                    second: part,
                    place: None,
                });
            }
            (None, ..) => {}
        }
        match (cluster.control_planes, cluster.high_availability) {
            (Some(1), None) => {
                cluster.high_availability = Some(false);
                let why = "one control-plane node does not survive its own loss";
                self.assume(&reading.at("high_availability"), "false", why);
            }
            (None, Some(false)) => {
                cluster.control_planes = Some(1);
                let why = "without high availability one control-plane node is enough";
                self.assume(&reading.at("control_planes"), "1", why);
            }
            _ => {}
        }
        Ok(())
    }

    fn scaling(&mut self, reading: &Reading<'_>, cluster: &mut Cluster) {
        let min = self.number(reading, "scaling_min", "scaling");
        let max = self.number(reading, "scaling_max", "scaling");
        let wanted = self.flag(reading, "autoscaling", "scaling").unwrap_or(false);
        if min.is_none() && max.is_none() && !wanted {
            return;
        }
        let least = min.or(cluster.workers).unwrap_or(3);
        // The schema's own default is 10.
        let most = max.unwrap_or_else(|| least.max(10));
        if min.is_none() {
            self.assume(
                &reading.at("scaling"),
                &format!("min {least}"),
                "no fewest number of workers is named",
            );
        }
        if max.is_none() {
            self.assume(
                &reading.at("scaling"),
                &format!("max {most}"),
                "no greatest number of workers is named",
            );
        }
        if cluster.workers.is_none() {
            cluster.workers = Some(least);
            self.assume(
                &reading.at("workers"),
                &least.to_string(),
                "scaling starts at the fewest",
            );
        }
        cluster.scaling = Some(Scaling {
            min: least,
            max: most,
        });
    }
}
