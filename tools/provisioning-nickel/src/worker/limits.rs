//! What the worker gives up before it reads anything that others wrote.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::Bounds;

/// Descriptors that stay usable: stdin, stdout, stderr.
const DESCRIPTORS: u64 = 3;

/// Bounds the address space, and takes away opening and writing files. The wall-clock bound is the pool's.
pub(super) fn lower(bounds: &Bounds) -> io::Result<()> {
    for (resource, limit) in [
        (Resource::As, bounds.memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // The second barrier behind the import check: no descriptor is left to open a file with.
        (Resource::Nofile, DESCRIPTORS),
    ] {
        setrlimit(
            resource,
            Rlimit {
                current: Some(limit),
                maximum: Some(limit),
            },
        )?;
    }
    Ok(())
}

/// Bounds the processor time from now on, so that a worker whose pool was killed ends by itself.
pub(super) fn allow_time(bounds: &Bounds) -> io::Result<()> {
    let spent = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let current = spent
        .saturating_add(bounds.wall.as_secs().saturating_mul(2))
        .saturating_add(2);
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(
        Resource::Cpu,
        Rlimit {
            current: Some(maximum.map_or(current, |most| most.min(current))),
            maximum,
        },
    )?;
    Ok(())
}
