//! The domain from outside, with what it ships.

mod cost;
mod forms;
mod fuzz;
mod generation;
mod proposals;
