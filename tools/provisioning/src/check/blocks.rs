//! That address blocks lie where they must and do not overlap.

use super::tree::{Found, all};
use crate::{Diagnostic, Node};

/// An IPv4 block: first address and the one behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    start: u64,
    end: u64,
}

impl Block {
    /// Reads `10.0.0.0/16`; the contract has seen to it that it is one.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: std::net::Ipv4Addr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        let size = 1_u64 << 32_u32.saturating_sub(prefix);
        let start = u64::from(u32::from(address));
        let start = start.saturating_sub(start % size);
        Some(Self {
            start,
            end: start.saturating_add(size),
        })
    }

    fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A block and the field that says it.
struct Said<'a> {
    found: Found<'a>,
    text: &'a str,
    block: Block,
}

fn said<'a>(found: Found<'a>) -> Option<Said<'a>> {
    let text = found.node.text()?;
    let block = Block::parse(text)?;
    Some(Said { found, text, block })
}

/// Reports subnets outside their network and blocks that overlap.
pub(super) fn fit(configuration: &Node, findings: &mut Vec<Diagnostic>) {
    let network = all(configuration, "networking").into_iter().next();
    let vpc = network
        .as_ref()
        .and_then(|network| network.field("vpc_cidr"))
        .and_then(said);
    if let (Some(network), Some(vpc)) = (&network, &vpc) {
        subnets(network, vpc, findings);
    }
    if let Some(network) = &network {
        apart(
            &blocks(network, &["vpc_cidr", "pod_cidr", "service_cidr"]),
            findings,
        );
    }
    for group in ["kubernetes.networking", "clusters[].networking"] {
        for cluster in all(configuration, group) {
            apart(
                &blocks(&cluster, &["vpc_cidr", "pod_cidr", "service_cidr"]),
                findings,
            );
            // Its nodes are in the shared network, so its own blocks must not be.
            if let Some(vpc) = &vpc {
                for inner in blocks(&cluster, &["pod_cidr", "service_cidr"]) {
                    if inner.block.overlaps(vpc.block) {
                        findings.push(overlap(&inner, vpc));
                    }
                }
            }
        }
    }
}

fn blocks<'a>(holder: &Found<'a>, fields: &[&str]) -> Vec<Said<'a>> {
    let fields = fields.iter().filter_map(|name| holder.field(name));
    fields.filter_map(said).collect()
}

fn subnets(network: &Found<'_>, vpc: &Said<'_>, findings: &mut Vec<Diagnostic>) {
    let mut subnets: Vec<_> = network
        .all("subnets[].cidr")
        .into_iter()
        .filter_map(said)
        .collect();
    for subnet in subnets.iter().filter(|subnet| !vpc.block.contains(subnet.block)) {
        findings.push(subnet.found.finding(
            "cidr_outside",
            &format!(
                "is `{}`, outside `networking.vpc_cidr`, which is `{}`",
                subnet.text, vpc.text
            ),
            "a subnet is a part of its network",
            format!("choose a block inside `{}`", vpc.text),
        ));
    }
    // By start, each against the one before it that reaches farthest: one finding for each subnet that is in the way.
    subnets.sort_by_key(|subnet| (subnet.block.start, subnet.block.end));
    let mut farthest: Option<&Said<'_>> = None;
    for subnet in &subnets {
        if let Some(before) = farthest
            && subnet.block.overlaps(before.block)
        {
            findings.push(overlap(subnet, before));
        }
        if farthest.is_none_or(|before| before.block.end < subnet.block.end) {
            farthest = Some(subnet);
        }
    }
}

/// Reports each pair that overlaps, at the later one.
fn apart(blocks: &[Said<'_>], findings: &mut Vec<Diagnostic>) {
    for (index, later) in blocks.iter().enumerate() {
        for earlier in blocks.iter().take(index) {
            if later.block.overlaps(earlier.block) {
                findings.push(overlap(later, earlier));
            }
        }
    }
}

fn overlap(one: &Said<'_>, other: &Said<'_>) -> Diagnostic {
    one.found.finding(
        "cidr_overlap",
        &format!(
            "is `{}`, which overlaps `{}`, which is `{}`",
            one.text, other.found.path, other.text
        ),
        "an address must belong to one block only",
        "move one of the two to addresses that are free".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn blocks_touch_without_overlapping() {
        let block = |text| Block::parse(text).unwrap();
        assert!(!block("10.0.0.0/24").overlaps(block("10.0.1.0/24")));
        assert!(block("10.0.0.0/16").overlaps(block("10.0.255.255/32")));
        assert!(block("0.0.0.0/0").contains(block("255.255.255.255/32")));
        assert!(!block("10.0.0.0/24").contains(block("10.0.0.0/23")));
        assert_eq!(Block::parse("10.0.0.0/33"), None);
    }
}
