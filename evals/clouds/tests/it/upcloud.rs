//! UpCloud, as [`world`] plays it.
//!
//! UpCloud has no simulator. The stand-in is written from the published documentation and from the shapes of its official
//! client for Go, and refuses what they do not have: unknown and missing fields, words outside their lists, calls in a wrong
//! state. It shows that the adapter keeps to what is published, not that UpCloud keeps to it.

mod broken;
mod life;
mod shapes;
mod world;
