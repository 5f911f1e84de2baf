//! The runner's own executable, and the scores that it must give.

mod score;
