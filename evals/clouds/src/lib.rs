//! The adapters of cloud providers against servers that speak as the providers do. Everything is in `tests/it/`.
