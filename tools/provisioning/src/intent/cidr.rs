//! IPv4 blocks: read, and cut into subnets.

use std::fmt;
use std::net::Ipv4Addr;

/// An IPv4 block that starts at its network address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    address: u32,
    prefix: u32,
}

impl Block {
    /// The block that `text` writes in CIDR notation, or the rule that it breaks.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "must be an IPv4 block in CIDR notation, such as `10.0.0.0/16`";
        let (address, length) = text.split_once('/').ok_or(FORM)?;
        let address: Ipv4Addr = address.parse().map_err(|_| FORM)?;
        let prefix: u32 = length.parse().map_err(|_| FORM)?;
        // `08` and `+8` are read by Rust and by nobody else.
        if prefix > 32 || prefix.to_string() != length {
            return Err("must have a prefix length from 0 to 32");
        }
        let block = Self {
            address: address.into(),
            prefix,
        };
        if block.address & !block.mask() != 0 {
            return Err("must start at its network address");
        }
        Ok(block)
    }

    /// The block, if it can be that of a private network: the ranges of RFC 1918 begin with a prefix of 8.
    pub(crate) fn of_a_network(self) -> Result<Self, &'static str> {
        match self.prefix {
            0..=7 => Err("must have a prefix length of 8 or more, as the largest private range has"),
            _ => Ok(self),
        }
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)
    }

    /// Whether the two have an address in common.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let mask = self.mask() & other.mask();
        self.address & mask == other.address & mask
    }

    /// `count` blocks of one size inside this one: of 256 addresses where that fits, else as large as fits.
    pub(crate) fn cut(self, count: usize) -> Option<Vec<Self>> {
        // A power of two, so that the blocks begin at their network addresses.
        let parts = u32::try_from(count).ok()?.max(1).checked_next_power_of_two()?;
        let prefix = (self.prefix + parts.trailing_zeros()).max(24);
        // Providers want at least 16 addresses of a subnet.
        if prefix > 28 {
            return None;
        }
        let size = 1_u32.checked_shl(32 - prefix)?;
        (0..u32::try_from(count).ok()?)
            .map(|at| {
                let address = self.address.checked_add(size.checked_mul(at)?)?;
                Some(Self { address, prefix })
            })
            .collect()
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.address), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_strictly() {
        for good in ["10.0.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "192.168.0.0/24"] {
            assert_eq!(Block::read(good).unwrap().to_string(), good);
        }
        for bad in [
            "10.0.0.1/16",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0",
            "10.0.0.0/08",
            "x/8",
        ] {
            assert!(Block::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn subnets_lie_inside_and_do_not_overlap() {
        let cut = |text: &str, count| {
            let blocks = Block::read(text).unwrap().cut(count)?;
            Some(blocks.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(cut("10.0.0.0/16", 2).unwrap(), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(
            cut("10.0.0.0/24", 3).unwrap(),
            ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26"]
        );
        assert_eq!(cut("10.0.0.0/26", 8), None);
        assert_eq!(cut("10.0.0.0/16", 300).unwrap().len(), 300);
    }
}
