//! The providers against what really runs infrastructure. Everything is in `tests/it/`; `./dev test` starts the servers.
