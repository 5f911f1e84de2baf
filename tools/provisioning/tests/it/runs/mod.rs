//! Runs in a simulated world: what a crash, a fault or a second owner leaves behind.

mod crash;
mod faults;
mod graph;
mod world;
