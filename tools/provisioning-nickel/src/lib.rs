//! Evaluates Nickel configurations in worker processes that can be killed.
//!
//! A hostile or mistaken configuration can overflow the stack, fill the memory or never end, and none of that can
//! be stopped inside the process that evaluates it. So the executable starts itself again as a worker
//! ([`worker::run`]), keeps it warm in a [`Pool`], and ends it when a bound is hit. The worker opens no file: it
//! says which imports a text needs and the pool answers from the shipped schemas or the workspace.

mod bounds;
mod child;
mod convert;
mod imports;
mod pool;
mod wire;
pub mod worker;

pub use bounds::Bounds;
pub use child::WorkerCommand;
pub use pool::Pool;
