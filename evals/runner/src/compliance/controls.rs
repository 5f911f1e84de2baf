//! Controls that both know, read from `data/compliance/*.toml`; its README says what the fields mean.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;

/// Where the cases of a control differ.
const MARK: &str = "@@";

/// A check of theirs, a rule of ours, and configurations in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Control {
    /// Their check, such as `CKV_AWS_16`.
    pub(super) checkov: String,
    /// Our rule, such as `PROV-ENC-003`.
    pub(super) rule: String,
    terraform: String,
    nickel: String,
    /// What is judged.
    pub(super) cases: Vec<Case>,
}

/// One configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// `pass`, `fail`, or what is particular about it.
    pub(super) name: String,
    terraform: String,
    nickel: String,
    /// Why the verdicts differ.
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    controls: Vec<Control>,
}

impl Control {
    /// The configuration of `case` in Terraform.
    pub(super) fn terraform(&self, case: &Case) -> String {
        self.terraform.replace(MARK, &case.terraform)
    }

    /// The configuration of `case` in Nickel.
    pub(super) fn nickel(&self, case: &Case) -> String {
        self.nickel.replace(MARK, &case.nickel)
    }
}

/// The controls in the files of `folder`, by file name.
pub(super) fn read(folder: &Path) -> Result<Vec<Control>, Failure> {
    let fail = |path: &Path| Failure::new(format!("cannot read `{}`", path.display()));
    let entries = fs::read_dir(folder).map_err(|error| fail(folder).because(&error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| fail(folder).because(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut controls = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| fail(&path).because(&error))?;
        let file: File = toml::from_str(&text).map_err(|error| fail(&path).because(&error))?;
        controls.extend(file.controls);
    }
    Ok(controls)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use provisioning::Embedded;
    use provisioning::compliance::Rules;

    use super::*;

    #[test]
    fn controls_pass_and_fail_and_name_rules_that_exist() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/compliance");
        let controls = read(&folder).unwrap();
        let rules = Rules::load(&Embedded).unwrap();
        let mut complete = BTreeSet::new();
        for control in &controls {
            assert!(rules.get(&control.rule).is_some(), "{}", control.rule);
            let names: BTreeSet<&str> = control.cases.iter().map(|case| case.name.as_str()).collect();
            assert_eq!(
                names.len(),
                control.cases.len(),
                "{}: a name is there twice",
                control.checkov
            );
            if names.contains("pass") && names.contains("fail") {
                complete.insert(control.checkov.as_str());
            }
        }
        let all: BTreeSet<&str> = controls.iter().map(|control| control.checkov.as_str()).collect();
        assert_eq!(all, complete);
        assert!(all.len() >= 20, "{}", all.len());
    }
}
