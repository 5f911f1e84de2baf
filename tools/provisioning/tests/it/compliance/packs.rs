//! Packs of a workspace: they add, replace, and are refused with file and line.

use provisioning::compliance::{Outcome, Rules};
use provisioning::{Asset, AssetKind, Assets, Embedded};

use super::{checked, configuration, of, shipped};

/// The shipped packs, with one of a workspace.
struct With(&'static str, String);

impl Assets for With {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let mut assets = Embedded.list(kind);
        if kind == AssetKind::Rule {
            assets.retain(|asset| asset.path != self.0);
            assets.push(Asset {
                path: self.0.to_owned(),
                text: self.1.clone().into(),
                origin: format!(".prov/rules/{}", self.0),
            });
        }
        assets
    }
}

const GOOD: &str = "{\n  rules = [\n    {\n      id = \"ACME-NET-001\",\n      title = \"Servers have an owner\",\n      \
    severity = 'low,\n      applies_to = ['server],\n      condition = \"exists(tags.Owner)\",\n      \
    remediation = \"Name one.\",\n      controls = { soc2 = { ids = [\"CC1.3\"], source = \"our auditor\" } },\n    },\n  ],\n}";

fn faults(text: &str) -> Vec<String> {
    let error = Rules::load(&With("acme.ncl", text.to_owned())).unwrap_err();
    error.faults().iter().map(|fault| fault.to_string()).collect()
}

#[test]
fn a_pack_adds_and_one_of_the_same_name_replaces() {
    let rules = Rules::load(&With("acme.ncl", GOOD.to_owned())).unwrap();
    assert_eq!(rules.list.len(), shipped().list.len() + 1);
    assert!(rules.packs.contains(&".prov/rules/acme.ncl".to_owned()));
    assert!(rules.packs.contains(&"builtin:rules/exposure.ncl".to_owned()));
    let node = configuration(
        "{ servers = [{ name = \"a\", tags = { Owner = \"ana\" } }, { name = \"b\", tags = {} }] }",
    );
    let report = checked(&node, &rules, &[]);
    let outcomes: Vec<Outcome> = of(&report, "ACME-NET-001").iter().map(|f| f.outcome).collect();
    assert_eq!(outcomes, [Outcome::Pass, Outcome::Fail]);

    let rules = Rules::load(&With("exposure.ncl", GOOD.to_owned())).unwrap();
    assert!(rules.get("PROV-NET-001").is_none());
    assert!(!rules.packs.contains(&"builtin:rules/exposure.ncl".to_owned()));
}

#[test]
fn fields_that_no_schema_has_are_named_with_their_rule() {
    for (condition, says) in [
        ("exists(tagz.Owner)", &["`tagz` is not known", "tags"][..]),
        (
            "networking.public_ipp",
            &["`public_ipp` is not known", "public_ip"],
        ),
        ("count == 'three'", &["`count` is a number"]),
        (
            "networking.public_ip == 'no'",
            &["`networking.public_ip` is true or false"],
        ),
        ("config.sevrers == 'x'", &["`sevrers` is not known"]),
    ] {
        let text = GOOD.replace("exists(tags.Owner)", condition);
        let faults = faults(&text).join("\n");
        for word in says.iter().chain(&["acme.ncl", "ACME-NET-001", "`condition`"]) {
            assert!(faults.contains(word), "{condition}: {word}: {faults}");
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "exists(tags.Owner)",
            "exsts(tags.Owner)",
            &["line 8 column 20", "`exsts`", "did you mean `exists`?"],
        ),
        (
            "exists(tags.Owner)",
            "exists(tags.Owner) and",
            &["line 8", "at its end"],
        ),
        (
            "exists(tags.Owner)",
            "tags.Owner = 'x'",
            &["line 8 column 31", "`==`"],
        ),
        (
            "exists(tags.Owner)",
            "all(config.servers, all(config.servers, all(config.servers, all(config.servers, true))))",
            &["line 8 column 80", "more than 3 deep", "fewer lists"],
        ),
        ("condition", "conditoin", &["line 8", "did you mean `condition`?"]),
        (
            ", source = \"our auditor\"",
            "",
            &["line 10", "`source` is missing"],
        ),
        (
            "source = \"our auditor\"",
            "source = \"\"",
            &["`source` must be a text"],
        ),
        (
            "soc2",
            "soc3",
            &["line 10", "did you mean `soc2`?", "soc2, hipaa, gdpr, pci"],
        ),
        ("'low", "'lwo", &["line 6", "did you mean `low`?"]),
        ("'server", "'srver", &["line 7", "did you mean `server`?"]),
        ("ACME-NET-001", "acme", &["line 4", "no id"]),
        (
            "ACME-NET-001",
            "PROV-NET-001",
            &["line 3", "is also in `builtin:rules/exposure.ncl`"],
        ),
        ("remediation", "note", &["`remediation` is missing"]),
        ("[\"CC1.3\"]", "[]", &["at least one control"]),
        ("controls", "let", &["line 10"]),
        (GOOD, "", &["there is no value"]),
        (GOOD, "[]", &["must be a record"]),
    ];
    for (from, to, parts) in cases {
        let all = faults(&GOOD.replace(from, to)).join("\n");
        assert!(all.contains("`.prov/rules/acme.ncl`"), "{to}: {all}");
        for part in *parts {
            assert!(all.contains(part), "{to}: `{part}` not in {all}");
        }
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = GOOD
        .replace("exists(", "exsts(")
        .replace("'low", "'lwo")
        .replace("soc2", "soc3");
    assert!(faults(&text).len() >= 3, "{:?}", faults(&text));
}

/// A pack is other people's text: it may waste its own steps, and no more.
#[test]
fn a_rule_that_takes_too_many_steps_ends_and_is_never_a_pass() {
    let servers = "{ name = \"s\", tags = { Owner = \"ana\" } }, ".repeat(200);
    let node = configuration(&format!("{{ servers = [{servers}] }}"));
    let all = |each: &str| format!("all(config.servers, {each})");
    for (condition, unknown) in [
        (all(&all(&all("true"))), "warn"),
        (all(&all(&all("exists(tags.Owner)"))), "fail"),
        (format!("not {}", all(&all(&all("false or true")))), "warn"),
    ] {
        let pack = GOOD.replace("exists(tags.Owner)", &condition).replace(
            "      remediation",
            &format!("      unknown = '{unknown},\n      remediation"),
        );
        let rules = Rules::load(&With("acme.ncl", pack)).unwrap();
        let started = std::time::Instant::now();
        let report = checked(&node, &rules, &[]);
        let took = started.elapsed();
        let findings = of(&report, "ACME-NET-001");
        assert_eq!(findings.len(), 200);
        for finding in findings {
            assert_eq!(finding.outcome, Outcome::Unknown);
            assert!(
                finding.evidence.contains("too many steps"),
                "{}",
                finding.evidence
            );
            assert!(finding.fix.is_empty());
        }
        // Rules of others keep their answers.
        assert!(report.counts.fail + report.counts.pass > 0);
        assert!(took.as_millis() < 5_000, "{took:?}");
    }
}
