//! Children that always end, in folders of their own.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A home of its own for one executable: its state, its settings and its audit log.
pub(crate) struct Isolated {
    folder: TempDir,
}

impl Isolated {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The options that keep an executable in here.
    pub(crate) fn options(&self) -> Vec<String> {
        vec![
            "--set".to_owned(),
            format!("audit.path={}", self.path("audit.jsonl").display()),
        ]
    }

    /// `program mcp serve` and what keeps it in here.
    pub(crate) fn serve(&self, program: &str, options: &[&str]) -> Vec<String> {
        let own = ["mcp".to_owned(), "serve".to_owned()]
            .into_iter()
            .chain(self.options());
        std::iter::once(super::executable(program).display().to_string())
            .chain(own)
            .chain(options.iter().map(|option| (*option).to_owned()))
            .collect()
    }

    /// The command of [`Self::serve`], which sees nothing of this user.
    pub(crate) fn command(&self, program: &str, options: &[&str]) -> Command {
        let words = self.serve(program, options);
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path());
        for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "RUST_LOG"] {
            command.env_remove(variable);
        }
        command
    }

    /// The audit records so far.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("audit.jsonl")).unwrap_or_default();
        // A line that is being written is not a record yet.
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

/// How a child ended, and how long that took.
pub(crate) struct Exited {
    pub(crate) status: ExitStatus,
    pub(crate) after: Duration,
}

/// Waits for `child`, at most `limit`; kills it and fails if it does not end.
pub(crate) fn wait_for(child: &mut Child, limit: Duration) -> Exited {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Exited {
                status,
                after: began.elapsed(),
            };
        }
        if began.elapsed() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the process did not end within {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Ends a process that a thread waits for.
pub(crate) fn kill(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// What a child wrote to standard error.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        let own = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                let mut text = own.0.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        log
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}
