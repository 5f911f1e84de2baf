//! How much one evaluation may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds of one evaluation and of the workers that carry it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Wall-clock time of one evaluation.
    pub wall: Duration,
    /// Address space of a worker, in bytes, its stack included.
    pub memory: u64,
    /// Stack of a worker, in bytes.
    pub stack: usize,
    /// Nesting depth of the evaluated configuration.
    pub depth: usize,
    /// Size of the source, and of each imported file, in bytes.
    pub source: usize,
    /// Size of the evaluated configuration, in bytes of text.
    pub output: usize,
    /// Values in the evaluated configuration.
    pub nodes: usize,
    /// Files that an evaluation may import.
    pub imports: usize,
    /// How many imports may lie between the source and an imported file.
    pub import_depth: usize,
    /// Findings that are reported; the rest is counted.
    pub findings: usize,
    /// Workers that are kept warm, and so the evaluations that may run at once.
    pub workers: usize,
    /// Evaluations that may wait for a worker; one more is refused at once.
    pub waiting: usize,
    /// Evaluations after which a worker is replaced.
    pub evaluations: u32,
    /// Resident memory, in bytes, after which a worker is replaced.
    pub resident: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(5),
            memory: 1 << 30,
            stack: 256 << 20,
            depth: 512,
            source: 2 << 20,
            output: 8 << 20,
            nodes: 200_000,
            imports: 64,
            import_depth: 16,
            findings: 200,
            workers: 1,
            waiting: 32,
            evaluations: 500,
            resident: 384 << 20,
        }
    }
}

/// A size as people read it, such as `2 MiB`.
pub(crate) fn bytes(size: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if size >= 1 << shift && size.is_multiple_of(1 << shift) {
            return format!("{} {unit}", size >> shift);
        }
    }
    format!("{size} bytes")
}

/// A time as people read it, such as `5 s`.
pub(crate) fn time(wall: Duration) -> String {
    if wall.subsec_millis() == 0 {
        format!("{} s", wall.as_secs())
    } else {
        format!("{} ms", wall.as_millis())
    }
}
