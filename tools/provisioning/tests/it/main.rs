//! The domain from outside, with what it ships.

mod compliance;
mod cost;
mod forms;
mod fuzz;
mod generation;
mod proposals;
