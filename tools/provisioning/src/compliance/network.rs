//! Address blocks and ports, as conditions ask about them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks that the internet does not route: RFC 1918, 6598, 3927, loopback, ULA and link-local.
const PRIVATE: [(IpAddr, u32); 9] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
];

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    address: IpAddr,
    prefix: u32,
}

impl Block {
    /// The block that `text` writes: an address with or without a prefix length.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse().ok()?)),
            None => (text.trim().parse().ok()?, None),
        };
        let bits = bits(address);
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { address, prefix })
    }

    /// Whether it is the whole internet, or one of the two halves by which `/0` is written around a check.
    pub(super) fn is_internet(self) -> bool {
        self.prefix <= 1
    }

    /// Whether every address in it is private.
    pub(super) fn is_private(self) -> bool {
        PRIVATE
            .iter()
            .any(|(address, prefix)| self.prefix >= *prefix && same(self.address, *address, *prefix))
    }

    /// The prefix length.
    pub(super) fn prefix(self) -> u32 {
        self.prefix
    }
}

fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Whether two addresses agree in their first `prefix` bits.
fn same(left: IpAddr, right: IpAddr, prefix: u32) -> bool {
    match (left, right) {
        (IpAddr::V4(left), IpAddr::V4(right)) => (left.to_bits() ^ right.to_bits())
            .checked_shr(32_u32.saturating_sub(prefix))
            .is_none_or(|rest| rest == 0),
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits() ^ right.to_bits())
            .checked_shr(128_u32.saturating_sub(prefix))
            .is_none_or(|rest| rest == 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_whether_they_are_private_or_everything() {
        for (text, private, internet) in [
            ("0.0.0.0/0", false, true),
            ("128.0.0.0/1", false, true),
            ("::/0", false, true),
            ("10.0.0.0/8", true, false),
            ("10.0.0.0/7", false, false),
            ("192.168.1.7", true, false),
            ("172.32.0.0/12", false, false),
            ("203.0.113.0/24", false, false),
            ("fd00::/8", true, false),
            ("2001:db8::/32", false, false),
        ] {
            let block = Block::parse(text).unwrap();
            assert_eq!(
                (block.is_private(), block.is_internet()),
                (private, internet),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_block_is_none() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "vpc", "10.0.0.0/-1"] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }
}
