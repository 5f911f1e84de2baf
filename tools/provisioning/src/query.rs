//! Questions about what is there, in English or Spanish, without a language model.
//!
//! A question becomes a [`Filter`] by a closed grammar over typed words and the values that the inventory holds at that
//! moment. INVARIANT: every word of a question is part of a condition, or means nothing by declaration, or is reported;
//! words that turn a sentence around are part of a rule or the question is not answered. A filter runs against the
//! [`Inventory`] port; [`Memory`] beside it says what each filter means.

mod amount;
mod chain;
mod field;
mod filter;
mod inventory;
mod item;
mod lexicon;
mod memory;
mod operand;
mod order;
mod parse;
mod proposal;
mod reading;
mod recorded;
mod row;
mod shape;
mod tag;
mod time;
mod understood;
mod whole;

pub use field::{Field, Type};
pub use filter::{Aggregate, Condition, Entity, Filter, Function, Op, Scalar, Sort, Test};
pub use inventory::{Call, Entry, Error, Inventory, Rows, Vocabulary};
pub use lexicon::{Error as LexiconError, Lexicon};
pub use memory::{Memory, order_of};
pub use parse::{LONGEST, Refusal, Request, understand, words};
pub use proposal::{Claim, Proposal, proposed};
pub use row::Row;
pub use understood::{Assumption, How, Matched, NotUnderstood, Reason, Status, Understood};
