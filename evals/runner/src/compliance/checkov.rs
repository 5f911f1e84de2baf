//! What checkov says of a folder of Terraform.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use super::comparison::Verdict;
use crate::failure::Failure;

/// Verdicts by the path of the file, such as `/12/main.tf`, and the check.
pub(super) type Verdicts = BTreeMap<(String, String), Verdict>;

#[derive(Deserialize)]
struct Report {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    passed_checks: Vec<Check>,
    failed_checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    check_id: String,
    file_path: String,
}

/// Lets `program` judge everything below `folder`.
pub(super) fn judge(program: &Path, folder: &Path) -> Result<Verdicts, Failure> {
    let output = Command::new(program)
        .args([
            "--framework",
            "terraform",
            "--output",
            "json",
            "--compact",
            "--soft-fail",
        ])
        // Guidelines are fetched otherwise; nothing here needs them.
        .arg("--skip-download")
        .arg("--directory")
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot start `{}`", program.display())).because(&error))?;
    let said = || {
        String::from_utf8_lossy(&output.stderr)
            .chars()
            .take(500)
            .collect::<String>()
    };
    let failed = || Failure::new(format!("checkov gave no report: {}", said()));
    let value: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed().because(&error))?;
    // One framework is an object, several are a list, and no resource at all is an object without results.
    let reports = match value {
        Value::Array(reports) => reports,
        report => vec![report],
    };
    let mut verdicts = Verdicts::new();
    for report in reports {
        let report: Report = serde_json::from_value(report).map_err(|error| failed().because(&error))?;
        let passed = report
            .results
            .passed_checks
            .into_iter()
            .map(|check| (check, Verdict::Pass));
        let failed = report
            .results
            .failed_checks
            .into_iter()
            .map(|check| (check, Verdict::Fail));
        // What fails once has failed.
        for (check, verdict) in passed.chain(failed) {
            verdicts.insert((check.file_path, check.check_id), verdict);
        }
    }
    Ok(verdicts)
}
