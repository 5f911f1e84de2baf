//! Every case is as it must be, with the executable of this build.

use std::path::Path;
use std::process::Command;

#[test]
fn descriptions_become_what_the_cases_say() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(["score", "iac", "--split", "all", "--data"])
        .arg(data)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{errors}");
    // No file of cases went missing: no case is ever taken away.
    let cases = report
        .split_once(" of ")
        .and_then(|(_, rest)| rest.split_once(" cases"))
        .and_then(|(count, _)| count.parse::<usize>().ok());
    assert!(cases >= Some(177), "{report}");
}

#[test]
fn a_file_that_is_no_case_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("iac")).unwrap();
    std::fs::write(folder.path().join("iac/dev.jsonl"), "{\"id\": \"x\"}\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(["score", "iac", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("dev.jsonl` line 1 is no case"), "{errors}");
}
