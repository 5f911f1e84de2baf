//! Real clients and suites against the real executables. Everything is in `tests/it/`; the clients' own scripts
//! and their pinned versions are in `clients/`.
