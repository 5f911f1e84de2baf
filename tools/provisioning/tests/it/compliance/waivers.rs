//! Waivers accept, for a while; they never make anything pass.

use provisioning::compliance::waiver::{FILES, read};
use provisioning::compliance::{AlarmKind, Outcome, Waiver};

use super::{careless, checked, of, shipped};

fn waiver(rule: &str, address: &str, expires: &str) -> Waiver {
    let text = format!(
        "{{ waivers = [{{ rule = \"{rule}\", address = \"{address}\", reason = \"until the move\", owner = \"ops@example.org\", \
         expires = \"{expires}\" }}] }}"
    );
    read(FILES[0], &text).unwrap().remove(0)
}

#[test]
fn a_waiver_in_force_is_shown_as_one() {
    let rules = shipped();
    let node = careless();
    for address in ["server.db-1", "servers[0]"] {
        let waivers = [waiver("PROV-NET-019", address, "2026-11-24")];
        let report = checked(&node, &rules, &waivers);
        let finding = of(&report, "PROV-NET-019")[0];
        assert_eq!(finding.outcome, Outcome::Waived);
        assert_eq!(finding.waiver.unwrap().owner, "ops@example.org");
        assert!(report.alarms.is_empty(), "{:?}", report.alarms);
        assert_eq!(report.counts.waived, 1);
    }
}

#[test]
fn one_that_has_expired_waives_nothing_and_raises_an_alarm() {
    let rules = shipped();
    let node = careless();
    let waivers = [
        waiver("PROV-NET-019", "server.db-1", "2026-11-23"),
        waiver("PROV-NET-999", "server.db-1", "2027-01-01"),
        waiver("PROV-NET-019", "server.nobody", "2027-01-01"),
    ];
    let report = checked(&node, &rules, &waivers);
    assert_eq!(of(&report, "PROV-NET-019")[0].outcome, Outcome::Fail);
    let kinds: Vec<AlarmKind> = report.alarms.iter().map(|alarm| alarm.kind).collect();
    assert_eq!(
        kinds,
        [AlarmKind::Expired, AlarmKind::UnknownRule, AlarmKind::Idle]
    );
    assert!(report.alarms[0].message.contains("expired on 2026-11-23"));
}
