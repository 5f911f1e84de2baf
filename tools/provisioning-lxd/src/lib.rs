//! The provider `local`: servers, networks and volumes in LXD or Incus, over their REST interface.
//!
//! | ours | theirs |
//! |---|---|
//! | `server` | an instance, whose limits are `cpu` and `memory_gb` and whose root disk has `disk_gb` |
//! | `network`, `subnet` | a bridge each, which serves addresses and leads to the outside; see `network` |
//! | `security_group` | an access list for networks |
//! | `volume` | a custom storage volume, attached below `/mnt` |
//! | region | a project |
//!
//! INVARIANT: the id of a resource is its name. So before one is changed or deleted, our marker must be on it: it may be
//! another thing of the same name by now.

mod amount;
mod ask;
mod attached;
mod bridge;
mod cidr;
mod client;
mod error;
mod image;
mod inside;
mod instance;
mod marker;
mod names;
mod network;
mod provider;
mod security_group;
mod settings;
mod shape;
mod subnet;
#[cfg(test)]
mod testing;
mod tls;
mod upload;
mod volume;

/// What LXD answers with. Public for tests that feed it with anything.
pub mod envelope;

pub use image::Image;
pub use provider::LxdProvider;
pub use settings::{Endpoint, Https, LxdSettings, Trust};
