//! What the shipped rules say: that they are sourced, never pass on nothing, and that their fixes mend.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail loudly too"
)]

mod every;
mod fixes;
mod laws;
mod packs;
mod sources;
mod waivers;

use jiff::civil::Date;
use provisioning::compliance::{Finding, Framework, Outcome, Report, Rules, Waiver, check, data};
use provisioning::{Embedded, Node};

/// The shipped rules.
pub(crate) fn shipped() -> Rules {
    Rules::load(&Embedded).unwrap_or_else(|error| {
        let faults: Vec<String> = error.faults().iter().map(|fault| fault.to_string()).collect();
        panic!("{}", faults.join("\n"))
    })
}

/// A configuration, written as plain data with every value that a rule asks about.
pub(crate) fn configuration(text: &str) -> Node {
    data("main.ncl", text).unwrap()
}

/// One that almost every rule finds something in. The schemas refuse an older TLS, so only here is it one.
pub(crate) fn careless() -> Node {
    configuration(&include_str!("careless.ncl").replace("tls_minimum = \"1.2\"", "tls_minimum = \"1.0\""))
}

/// One that no rule finds anything in.
pub(crate) fn careful() -> Node {
    configuration(include_str!("careful.ncl"))
}

/// One that keeps its logs too long: they cannot be kept too short and too long at once.
pub(crate) fn hoarding() -> Node {
    configuration(
        "{ monitoring = { metrics = { enabled = true }, dashboards = { enabled = false }, \
           logs = { enabled = true, retention_days = 3000 } } }",
    )
}

pub(crate) fn today() -> Date {
    "2026-11-24".parse().unwrap()
}

pub(crate) fn checked<'a>(node: &'a Node, rules: &'a Rules, waivers: &'a [Waiver]) -> Report<'a> {
    check(node, rules, waivers, None, today())
}

/// The findings of one rule.
pub(crate) fn of<'r, 'a>(report: &'r Report<'a>, rule: &str) -> Vec<&'r Finding<'a>> {
    report
        .findings
        .iter()
        .filter(|finding| finding.rule.id == rule)
        .collect()
}

#[test]
fn nothing_is_evidence_of_nothing() {
    let rules = shipped();
    let empty = configuration(
        "{ servers = [{}], networking = { subnets = [{}], security_groups = [{}] }, kubernetes = {}, node_pools = [{}], \
           databases = [{}], caches = [{}], object_storage = [{}], volumes = [{}], load_balancers = [{}], dns = [{}], \
           certificates = [{}], backups = [{}], monitoring = {}, alerts = [{}], secrets = [{}], users = [{}], \
           services = [{}], server_clusters = [{}], workflows = [{}], security = {}, workspace = {}, \
           providers = { aws = {}, azure = {}, gcp = {}, hetzner = {}, local = {}, upcloud = {} } }",
    );
    for node in [configuration("{}"), empty] {
        let report = checked(&node, &rules, &[]);
        for finding in report.findings {
            // Whether a section is there is what these two ask.
            let asks_for_section = matches!(finding.rule.id.as_str(), "PROV-LOG-013" | "PROV-LOG-014");
            assert!(
                finding.outcome != Outcome::Pass || asks_for_section,
                "{} passed on nothing: {}",
                finding.rule.id,
                finding.evidence
            );
        }
    }
}

#[test]
fn a_result_names_the_value_that_decided_and_its_line() {
    let rules = shipped();
    let text = "{\n  servers = [\n    {\n      name = \"db-1\",\n      role = \"database\",\n      \
        networking = {\n        public_ip = true,\n      },\n    },\n  ],\n}";
    let node = configuration(text);
    let report = checked(&node, &rules, &[]);
    let finding = of(&report, "PROV-NET-019")[0];
    assert_eq!(finding.outcome, Outcome::Fail);
    assert_eq!(finding.path, "servers[0].networking.public_ip");
    let span = finding.span.clone().unwrap();
    assert_eq!((span.file.as_str(), span.line), ("main.ncl", 7));
    assert_eq!(finding.evidence, "`servers[0].networking.public_ip` is `true`");
    assert_eq!(finding.fix[0].text(), "servers[0].networking.public_ip = false");
    assert_eq!(finding.resource.clone().unwrap().address, "server.db-1");
}

#[test]
fn providers_and_conditions_say_what_a_rule_is_about() {
    let rules = shipped();
    let node = configuration(
        "{ servers = [{ name = \"a\", provider = 'local }, { name = \"b\", provider = 'hetzner }, { name = \"c\" }], \
           databases = [{ engine = 'mysql }] }",
    );
    let report = checked(&node, &rules, &[]);
    let outcomes = |rule: &str| -> Vec<Outcome> { of(&report, rule).iter().map(|f| f.outcome).collect() };
    // A disk on this machine is nobody else's; whose the third server is, nobody says.
    assert_eq!(
        outcomes("PROV-ENC-002"),
        [Outcome::NotApplicable, Outcome::Unknown, Outcome::Unknown]
    );
    assert_eq!(outcomes("PROV-PAT-006"), [Outcome::NotApplicable]);
    assert_eq!(
        outcomes("PROV-ENC-001"),
        [Outcome::NotApplicable],
        "there is no volume"
    );
}

#[test]
fn a_framework_is_only_its_own_rules() {
    let rules = shipped();
    let node = careless();
    for framework in Framework::ALL {
        let report = check(&node, &rules, &[], Some(framework), today());
        assert!(report.findings.len() > 40, "{framework:?}");
        for finding in report.findings {
            assert!(
                finding.rule.controls.contains_key(&framework),
                "{}",
                finding.rule.id
            );
        }
    }
}

#[test]
fn nobody_is_called_compliant() {
    let rules = shipped();
    let node = careless();
    let report = checked(&node, &rules, &[]);
    for text in [
        provisioning::compliance::render::table(&report),
        provisioning::compliance::render::markdown(&report),
    ] {
        assert!(!text.contains("compliant") && !text.contains("complies"));
        assert!(text.contains("evidence for"), "{text}");
        assert!(text.contains("PROV-NET-001"));
    }
}

/// 500 resources, as many as a large configuration has; the bound leaves room for unoptimised code on a busy machine.
#[test]
fn five_hundred_resources_are_checked_at_once() {
    let rules = shipped();
    let group = "{ name = \"g\", ingress = [{ protocol = 'tcp, from_port = 443, to_port = 443, cidrs = [\"0.0.0.0/0\"] }], \
        egress = [] }, ";
    let server =
        "{ name = \"s\", provider = 'aws, networking = { public_ip = true, security_groups = [\"g\"] } }, ";
    let mut took = Vec::new();
    for many in [1, 10] {
        let text = format!(
            "{{ servers = [{}], networking = {{ security_groups = [{}] }} }}",
            server.repeat(25 * many),
            group.repeat(25 * many)
        );
        let node = configuration(&text);
        let started = std::time::Instant::now();
        let report = checked(&node, &rules, &[]);
        took.push(started.elapsed());
        assert!(report.findings.len() > 600 * many);
    }
    eprintln!("50 resources: {:?}, 500 resources: {:?}", took[0], took[1]);
    assert!(took[1].as_millis() < 1_000, "{took:?}");
}
