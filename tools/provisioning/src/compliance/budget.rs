//! How long a rule may take: a pack is other people's text, and lists within lists multiply.

use std::cell::Cell;

/// How many steps the answers of one rule for one resource may take together: a part of a condition, or an element of
/// a list, is one. A pack is other people's, and lists within lists multiply.
pub(super) struct Budget {
    most: u32,
    left: Cell<u32>,
    spent: Cell<bool>,
}

impl Budget {
    /// One of `most` steps.
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            left: Cell::new(most),
            spent: Cell::new(false),
        }
    }

    /// How many steps were taken.
    pub(super) fn used(&self) -> u32 {
        self.most - self.left.get()
    }

    /// Whether it was not enough: then an answer is none.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get()
    }

    /// Takes `steps`, if it has as many; none after that, so that everything under way ends.
    pub(super) fn take(&self, steps: usize) -> bool {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.left.get().checked_sub(steps));
        match left {
            Some(left) if !self.spent.get() => {
                self.left.set(left);
                true
            }
            _ => {
                self.left.set(0);
                self.spent.set(true);
                false
            }
        }
    }
}
