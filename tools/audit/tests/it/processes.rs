//! Several writers of one log: threads, instances, processes.
//!
//! A child is this test binary running [`child`] alone, told what to do by its last argument.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use audit::{Log, Options};
use toolcall::Effect;

use crate::{end, intend, verified};

const OPTIONS: Options = Options { rotate_bytes: 40_000 };

/// A process that writes `calls` calls to the log at `path` and prints each id once its intent is recorded.
pub(crate) fn spawn(path: &Path, calls: usize, limit: Option<usize>) -> Child {
    let me = std::env::current_exe().unwrap();
    let arguments = [
        "--exact",
        "processes::child",
        "--nocapture",
        &format!("write:{calls}:{}", path.display()),
    ];
    let mut command = match limit {
        None => Command::new(me),
        // The signal for a file that grows too large is ignored, so that the write fails as on a full disk.
        Some(blocks) => {
            let mut shell = Command::new("sh");
            shell
                .arg("-c")
                .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""))
                .arg(me);
            shell
        }
    };
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn child() {
    let Some(order) = std::env::args().next_back() else {
        return;
    };
    let Some((calls, path)) = order.strip_prefix("write:").and_then(|rest| rest.split_once(':')) else {
        return;
    };
    let log = Log::open_with(Path::new(path), audit::now, OPTIONS).unwrap();
    let process = std::process::id();
    println!();
    for number in 0..calls.parse().unwrap() {
        let call_id = format!("{process}-{number}");
        if let Err(error) = intend(&log, &call_id, Effect::Write) {
            println!("failed {error}: {:?}", error.source);
            return;
        }
        println!("ack {call_id}");
        if let Err(error) = end(&log, &call_id) {
            println!("failed {error}: {:?}", error.source);
            return;
        }
    }
}

#[test]
fn threads_instances_and_processes_keep_one_chain() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut children: Vec<Child> = (0..3).map(|_| spawn(&path, 60, None)).collect();
    thread::scope(|scope| {
        for instance in 0..2 {
            let log = Log::open_with(&path, audit::now, OPTIONS).unwrap();
            scope.spawn(move || {
                thread::scope(|scope| {
                    for worker in 0..4 {
                        let log = &log;
                        scope.spawn(move || {
                            for number in 0..20 {
                                let call_id = format!("{instance}-{worker}-{number}");
                                intend(log, &call_id, Effect::Write).unwrap();
                                end(log, &call_id).unwrap();
                            }
                        });
                    }
                });
            });
        }
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let verified = verified(&path);
    assert_eq!(verified.records, 2 * (3 * 60 + 2 * 4 * 20));
    assert!(verified.files > 2);
    assert_eq!(
        (verified.open_intents, verified.recovered),
        (Vec::new(), Vec::new())
    );
}
