//! What needs no server. The tests with a real one are in `evals/providers`.

mod fuzz;
