//! How much memory a process and its children hold.

/// Resident memory of `pid` and all it started, in MiB; nothing where the system does not tell.
pub(crate) fn resident_mib(pid: Option<u32>) -> Option<f64> {
    let mut kib = 0.0;
    let mut left = vec![pid?];
    let mut seen = false;
    while let Some(pid) = left.pop() {
        if let Some(own) = own_kib(pid) {
            kib += own;
            seen = true;
        }
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        left.extend(
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    seen.then_some(kib / 1024.0)
}

fn own_kib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
