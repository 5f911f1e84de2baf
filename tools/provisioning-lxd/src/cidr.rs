//! A block of IPv4 addresses, and the address in it that a bridge takes for itself.

use std::net::Ipv4Addr;

/// The first host of `cidr` with the length of its prefix, such as `10.0.0.1/24`.
pub(crate) fn gateway(cidr: &str) -> Result<String, String> {
    let wrong = || format!("`{cidr}` is no block of IPv4 addresses, such as `10.0.0.0/24`");
    let (address, prefix) = cidr.split_once('/').ok_or_else(wrong)?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    let prefix: u32 = prefix.parse().map_err(|_| wrong())?;
    if !(8..=29).contains(&prefix) {
        return Err(format!(
            "`{cidr}` has a prefix of {prefix}; a bridge takes 8 to 29"
        ));
    }
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
    let first = (u32::from(address) & mask).saturating_add(1);
    Ok(format!("{}/{prefix}", Ipv4Addr::from(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_takes_the_first_host() {
        assert_eq!(gateway("10.0.0.0/16"), Ok("10.0.0.1/16".to_owned()));
        assert_eq!(gateway("10.1.2.77/24"), Ok("10.1.2.1/24".to_owned()));
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.0/x",
            "10.0.0/8",
            "10.0.0.0/31",
            "0.0.0.0/0",
            "::/64",
        ] {
            assert!(gateway(wrong).is_err(), "{wrong}");
        }
    }
}
