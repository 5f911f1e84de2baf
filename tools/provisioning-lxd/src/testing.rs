//! What the tests of this crate share.

use std::collections::BTreeMap;

use provisioning::provider::{Marker, Order};
use provisioning::resource::{Address, Attributes};

/// An order without attributes.
pub(crate) fn order(address: &str) -> Order {
    let address: Address = address.parse().expect("an address");
    Order {
        name: address.label(),
        region: None,
        attributes: Attributes::new(),
        marker: Marker {
            id: "0b5d".to_owned(),
            workspace: "shop".to_owned(),
            address: address.to_string(),
        },
        references: BTreeMap::new(),
        address,
    }
}
