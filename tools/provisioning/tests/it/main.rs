//! The domain from outside, with what it ships.

mod cost;
mod forms;
mod generation;
mod proposals;
