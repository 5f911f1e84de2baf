//! The provider `local` against a real LXD.

mod failures;
mod https;
mod networks;
mod servers;
mod volumes;
mod world;
