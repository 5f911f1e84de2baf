//! Stores that need a server of their own, against the real one. Everything is in `tests/it/`.
