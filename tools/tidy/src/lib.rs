//! The house rules as tests, and the writer of generated pages.
