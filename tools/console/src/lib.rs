//! Printing for people and for pipes.
//!
//! Standard output is data, standard error is talk, colour is decoration. The only crate that prints (under
//! `mcp serve` on standard input and output, nothing does: there the output belongs to the protocol). Exit codes
//! are one documented enum, so that a script can tell being wrong from being refused.

mod asker;
mod exit;
mod failure;
mod printer;
mod progress;

pub use asker::{Asker, Check, Inquiry, Shape};
pub use exit::Exit;
pub use failure::Failure;
pub use printer::{Format, Printer};
pub use progress::Bar;
