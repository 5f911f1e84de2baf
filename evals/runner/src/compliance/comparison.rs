//! The same configurations judged by checkov and by `prov check`: where they agree, where they differ and why, and
//! how long each takes.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::controls::{self, Case, Control};
use super::{checkov, summary};
use crate::executables::Executables;
use crate::failure::Failure;

/// What one of the two says of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What must hold does.
    Pass,
    /// It does not.
    Fail,
    /// It cannot be said.
    Unknown,
    /// There is no result.
    Silent,
    /// The configuration does not hold and is not checked.
    Refused,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Silent => "silent",
            Self::Refused => "refused",
        })
    }
}

/// Both verdicts on one case.
struct Compared<'a> {
    control: &'a Control,
    case: &'a Case,
    theirs: Verdict,
    ours: Verdict,
}

impl Compared<'_> {
    /// Whether both say the same, and what the case is called if that is a verdict.
    fn agree(&self) -> bool {
        let expected = match self.case.name.as_str() {
            "pass" => Some(Verdict::Pass),
            "fail" => Some(Verdict::Fail),
            _ => None,
        };
        self.theirs == self.ours && expected.is_none_or(|expected| self.ours == expected)
    }

    /// A difference needs a reason, and a reason needs a difference.
    fn explained(&self) -> bool {
        self.agree() == self.case.reason.is_none()
    }
}

/// Compares everything; false if a difference has no reason, or a reason no difference.
pub(super) fn run(
    executables: &Executables,
    checkov: &Path,
    folder: &Path,
    rounds: u32,
) -> Result<(String, bool), Failure> {
    let controls = controls::read(folder)?;
    let cases: Vec<(&Control, &Case)> = controls
        .iter()
        .flat_map(|control| control.cases.iter().map(move |case| (control, case)))
        .collect();
    let places = write(executables, &cases)?;
    let began = Instant::now();
    let theirs = checkov::judge(checkov, &executables.scratch("cases"))?;
    let their_seconds = began.elapsed().as_secs_f64();
    let mut compared = Vec::new();
    let mut our_seconds = 0.0;
    for (number, ((control, case), place)) in cases.iter().zip(&places).enumerate() {
        let began = Instant::now();
        let ours = judge(executables, &place.join("main.ncl"), &control.rule)?;
        our_seconds += began.elapsed().as_secs_f64();
        let key = (format!("/{number}/main.tf"), control.checkov.clone());
        compared.push(Compared {
            control,
            case,
            theirs: theirs.get(&key).copied().unwrap_or(Verdict::Silent),
            ours,
        });
    }
    let mut text = table(&compared);
    text.push_str(&format!(
        "All {} cases: checkov {their_seconds:.2} s in one process, prov {our_seconds:.2} s in {} processes.\n\n",
        cases.len(),
        cases.len()
    ));
    if let (Some(place), Some((control, _))) = (places.first(), cases.first()) {
        text.push_str(&one(executables, checkov, place, &control.rule, rounds)?);
    }
    Ok((text, compared.iter().all(Compared::explained)))
}

/// Writes each case into a folder of its own, because some checks look at everything beside a resource.
fn write(executables: &Executables, cases: &[(&Control, &Case)]) -> Result<Vec<PathBuf>, Failure> {
    let root = executables.scratch("cases");
    let mut places = Vec::new();
    for (number, (control, case)) in cases.iter().enumerate() {
        let place = root.join(number.to_string());
        let written = fs::create_dir_all(&place)
            .and_then(|()| fs::write(place.join("main.tf"), control.terraform(case)))
            .and_then(|()| fs::write(place.join("main.ncl"), control.nickel(case)));
        written
            .map_err(|error| Failure::new(format!("cannot write `{}`", place.display())).because(&error))?;
        places.push(place);
    }
    Ok(places)
}

/// What `rule` says of the configuration in `file`, by the executable.
fn judge(executables: &Executables, file: &Path, rule: &str) -> Result<Verdict, Failure> {
    let program = executables.path("prov");
    let audit = format!("audit.path={}", executables.scratch("check.jsonl").display());
    let output = Command::new(&program)
        .args(["check", "--format", "json", "--set", &audit])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot start `{}`", program.display())).because(&error))?;
    let Ok(answer) = serde_json::from_slice::<Value>(&output.stdout) else {
        let said = String::from_utf8_lossy(&output.stderr);
        // A configuration that does not hold is an answer; anything else is not.
        return match output.status.code() {
            Some(3) => Ok(Verdict::Refused),
            _ => Err(Failure::new(format!(
                "`prov check {}` failed: {said}",
                file.display()
            ))),
        };
    };
    let rules = answer.get("rules").and_then(Value::as_array);
    let found = rules
        .into_iter()
        .flatten()
        .find(|found| found.get("id").and_then(Value::as_str) == Some(rule));
    let counted = |name: &str| {
        let count = found.and_then(|found| found.get("counts")?.get(name)?.as_u64());
        count.unwrap_or(0) > 0
    };
    Ok(match () {
        () if counted("fail") => Verdict::Fail,
        () if counted("unknown") => Verdict::Unknown,
        () if counted("pass") => Verdict::Pass,
        () => Verdict::Silent,
    })
}

fn table(compared: &[Compared<'_>]) -> String {
    let differences = compared.iter().filter(|pair| !pair.agree()).count();
    let unexplained = compared.iter().filter(|pair| !pair.explained()).count();
    let mut text = format!(
        "## Against checkov\n\n{} cases, {} agreements, {differences} differences, {unexplained} without a reason.\n\n\
         | checkov | rule | case | checkov says | prov says | |\n|---|---|---|---|---|---|\n",
        compared.len(),
        compared.len() - differences,
    );
    for pair in compared {
        let note = match (pair.agree(), &pair.case.reason) {
            (true, None) => "same",
            (false, Some(reason)) => reason,
            (false, None) => "**differs, and nobody says why**",
            (true, Some(_)) => "**same, and a reason says why it differs: remove it**",
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {note} |\n",
            pair.control.checkov, pair.control.rule, pair.case.name, pair.theirs, pair.ours
        ));
    }
    text.push('\n');
    text
}

/// One configuration, process against process.
fn one(
    executables: &Executables,
    checkov: &Path,
    place: &Path,
    rule: &str,
    rounds: u32,
) -> Result<String, Failure> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        checkov::judge(checkov, place)?;
        theirs.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        judge(executables, &place.join("main.ncl"), rule)?;
        ours.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let (theirs, ours) = (summary(&mut theirs), summary(&mut ours));
    let row = |name: &str, (min, median, p99): (f64, f64, f64)| {
        format!("| {name} | {min:.0} | {median:.0} | {p99:.0} | ms |\n")
    };
    Ok(format!(
        "One configuration, whole process against whole process:\n\n| | min | median | p99 | unit |\n|---|--:|--:|--:|---|\n\
         {}{}\nThe median of prov is {:.1} times less.\n",
        row("prov check", ours),
        row("checkov", theirs),
        theirs.1 / ours.1
    ))
}
