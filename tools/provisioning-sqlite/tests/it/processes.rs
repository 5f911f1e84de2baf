//! Several processes and one file.
//!
//! A child is this test binary running [`child`] alone, told what to do by its last argument.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use provisioning::state::{Change, Error, State};
use rustix::process::{Pid, Signal, kill_process};
use statekit::samples::{at, claim, note, put, run, server, step};

use crate::{open, place};

/// A process that commits again and again and prints each serial that was acknowledged.
pub(crate) fn writer(path: &Path, blocks: Option<usize>) -> (Child, BufReader<ChildStdout>) {
    let me = std::env::current_exe().unwrap();
    let command = match blocks {
        None => Command::new(me),
        // The signal for a file that grows too large is ignored, so that the write fails as on a full disk.
        Some(blocks) => {
            let mut shell = Command::new("sh");
            let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
            shell.arg("-c").arg(script).arg(me);
            shell
        }
    };
    start(command, &format!("write:{}", path.display()))
}

fn start(mut command: Command, order: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = command
        .args(["--exact", "processes::child", "--nocapture", order])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

/// The next line that begins so, without its beginning.
pub(crate) fn next(output: &mut impl BufRead, beginning: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "the child ended");
        if let Some(rest) = line.strip_prefix(beginning) {
            return rest.trim().to_owned();
        }
    }
}

#[tokio::test]
async fn child() {
    let Some(order) = std::env::args().next_back() else {
        return;
    };
    let Some((how, path)) = order
        .split_once(':')
        .filter(|(how, _)| ["write", "pause"].contains(how))
    else {
        return;
    };
    let store = open(Path::new(path));
    println!();
    let lease = match store.lease().await.unwrap() {
        None => store.acquire(&claim("child", 30), at(0)).await,
        Some(_) => store.steal(&claim("child", 30), at(31), true).await,
    };
    let epoch = lease.unwrap().epoch;
    println!("epoch {epoch}");
    for number in 0_u64.. {
        let mut resource = server(&format!("id-{}", number % 50), "web");
        resource.address.index = u32::try_from(number % 50).ok();
        resource.config_hash = number.to_string();
        let mut run = run(&format!("r{epoch}"));
        run.message = Some(number.to_string());
        let step = step(&run.id, &format!("step {number}"));
        let changes = vec![
            put(&resource),
            Change::Run(Box::new(run)),
            Change::Step(Box::new(step)),
            note("child"),
        ];
        match store.commit(epoch, at(1), changes).await {
            Ok(serial) => println!("ack {serial}"),
            Err(Error::Fenced { epoch, current }) => {
                println!("fenced {epoch} {current}");
                return;
            }
            Err(error) => {
                println!("failed {error}");
                return;
            }
        }
        if how == "pause" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_process_that_was_paused_past_its_lease_is_fenced() {
    let (_folder, path) = place();
    // It does something else between its commits, as owners do.
    let command = Command::new(std::env::current_exe().unwrap());
    let (mut child, mut output) = start(command, &format!("pause:{}", path.display()));
    let pid = Pid::from_child(&child);
    let first: u64 = next(&mut output, "epoch ").parse().unwrap();
    next(&mut output, "ack ");
    kill_process(pid, Signal::STOP).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let store = open(&path);
    let thief = claim("thief", 90);
    let mut stealing = store.steal(&thief, at(31), false);
    // It may have been stopped in the middle of a write. Then nobody else writes until it goes on: let it, for a moment.
    let stolen = loop {
        match tokio::time::timeout(Duration::from_millis(500), &mut stealing).await {
            Ok(stolen) => break stolen.unwrap(),
            Err(_) => {
                kill_process(pid, Signal::CONT).unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
                kill_process(pid, Signal::STOP).unwrap();
            }
        }
    };
    assert_eq!(stolen.claim.owner, "thief");
    let before = store.serial().await.unwrap();
    let mine = store.commit(stolen.epoch, at(32), vec![note("thief")]).await;
    assert_eq!(mine, Ok(before + 1));
    kill_process(pid, Signal::CONT).unwrap();
    let fenced = next(&mut output, "fenced ");
    assert_eq!(fenced, format!("{first} {}", stolen.epoch));
    assert!(child.wait().unwrap().success());
    assert_eq!(store.serial().await.unwrap(), before + 1);
    let newest = store.events(None, None, 1).await.unwrap();
    assert_eq!(newest[0].note.kind, "thief");
}

#[tokio::test]
async fn processes_that_make_a_store_at_once_make_one() {
    for _ in 0..5 {
        let (_folder, path) = place();
        let openers = [(); 6].map(|()| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || open(&path))
        });
        let mut names = Vec::new();
        for opener in openers {
            names.push(opener.await.unwrap().workspace().await.unwrap());
        }
        names.dedup();
        assert_eq!(names.len(), 1);
    }
}

#[tokio::test]
async fn two_processes_have_one_lease() {
    let (_folder, path) = place();
    let (mut child, mut output) = writer(&path, None);
    next(&mut output, "ack ");
    let store = open(&path);
    let refused = store.acquire(&claim("other", 60), at(1)).await;
    assert!(matches!(refused, Err(Error::Held(lease)) if lease.claim.owner == "child"));
    // Readers beside it see its commits.
    let reader = provisioning_sqlite::SqliteState::open_read_only(&path).unwrap();
    let early = reader.serial().await.unwrap();
    let serial: u64 = next(&mut output, "ack ").parse().unwrap();
    assert!(early >= 1 && reader.serial().await.unwrap() >= serial);
    child.kill().unwrap();
    child.wait().unwrap();
}
