//! What single changes amount to, and what names, likeness and gravity do to the order.

use provisioning::migration::{Error, Inputs, Limits, plan, render};
use provisioning::resource::Value;

use super::{at, groups, moved, planned, resource, shown, wanted};

fn size(size: i64) -> (&'static str, Value) {
    ("size_gb", Value::Integer(size))
}

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::from(value))
}

#[test]
fn a_size_grows_in_place_and_shrinks_anew() {
    let volume = |gb| wanted(vec![resource("volume.data", &[], &[size(gb)])]);
    let plan = planned(&volume(10), &volume(20), &[]);
    assert_eq!(shown(&plan), ["resize in_place volume.data"]);
    assert_eq!(plan.waves[0].groups[0].downtime.seconds, 0);
    let plan = planned(&volume(20), &volume(10), &[]);
    assert_eq!(shown(&plan), ["resize new_first_temporary_name volume.data"]);
    // 20 GB at 500 Mbit/s, which is longer than the cut-over of 300 s.
    assert_eq!(plan.waves[0].groups[0].downtime.seconds, 320);
    assert_eq!(groups(&plan), ["move volume.data", "decommission volume.data"]);
    assert_eq!(plan.waves[1].after_days, 7);
}

#[test]
fn a_name_that_is_spelt_otherwise_is_the_same() {
    let before = wanted(vec![resource("server.web_1", &[], &[text("plan", "a")])]);
    let after = wanted(vec![resource("server.web-1", &[], &[text("plan", "a")])]);
    let plan = planned(&before, &after, &[]);
    assert_eq!(shown(&plan), ["rename nothing server.web_1 -> server.web-1"]);
    let before = wanted(vec![resource("server.web", &[], &[])]);
    let after = wanted(vec![
        resource("server.web[0]", &[], &[]),
        resource("server.web[1]", &[], &[]),
    ]);
    let plan = planned(&before, &after, &[]);
    let expected = [
        "rename nothing server.web -> server.web[0]",
        "new make server.web[1]",
    ];
    assert_eq!(shown(&plan), expected);
}

#[test]
fn a_name_is_given_up_before_another_takes_it() {
    let plan_a = [text("plan", "a")];
    let before = wanted(vec![resource("server.web", &[], &plan_a)]);
    let after = wanted(vec![
        resource("server.front", &[], &plan_a),
        resource("server.web", &[], &plan_a),
    ]);
    let plan = planned(&before, &after, &[moved("server.web", "server.front")]);
    let expected = ["move server.web -> server.front", "move server.web"];
    assert_eq!(groups(&plan), expected);
    assert_eq!(shown(&plan)[0], "update in_place server.web -> server.front");
    // Two that change names wait for each other, so they change at once.
    let pairs = [
        moved("server.web", "server.front"),
        moved("server.front", "server.web"),
    ];
    let plan = planned(&after, &after, &pairs);
    assert_eq!(
        groups(&plan),
        ["move server.web -> server.front server.front -> server.web"]
    );
}

#[test]
fn names_that_follow_ask_nothing_of_a_provider() {
    let before = wanted(vec![
        resource("network.main", &[], &[text("cidr", "10.0.0.0/16")]),
        resource("subnet.a", &["network.main"], &[text("network", "main")]),
    ]);
    let after = wanted(vec![
        resource("network.core", &[], &[text("cidr", "10.0.0.0/16")]),
        resource("subnet.a", &["network.core"], &[text("network", "core")]),
    ]);
    let plan = planned(&before, &after, &[moved("network.main", "network.core")]);
    let expected = [
        "rename nothing network.main -> network.core",
        "rename nothing subnet.a",
    ];
    assert_eq!(shown(&plan), expected);
    assert_eq!(
        groups(&plan),
        ["move network.main -> network.core", "move subnet.a"]
    );
}

#[test]
fn what_is_alike_is_matched_only_if_nothing_else_is() {
    let one =
        |name: &str, engine: &str| resource(name, &[], &[text("engine", engine), text("version", "16")]);
    let before = wanted(vec![one("database.orders", "postgresql")]);
    let after = wanted(vec![one("database.orders-main", "postgresql")]);
    let plan = planned(&before, &after, &[]);
    assert_eq!(
        shown(&plan),
        ["rename nothing database.orders -> database.orders-main"]
    );
    let after = wanted(vec![
        one("database.orders-main", "postgresql"),
        one("database.orders-copy", "postgresql"),
    ]);
    let plan = planned(&before, &after, &[]);
    assert_eq!(plan.questions.len(), 1);
    assert_eq!(
        shown(&plan),
        [
            "retire remove database.orders",
            "new make database.orders-copy",
            "new make database.orders-main"
        ]
    );
    let said = render::question(&plan.questions[0]);
    assert!(
        said.starts_with("does database.orders become database.orders-"),
        "{said}"
    );
    for settled in [
        moved("database.orders", "database.orders-copy"),
        moved("database.orders", ""),
    ] {
        assert!(planned(&before, &after, &[settled]).questions.is_empty());
    }
}

#[test]
fn rows_are_told_at_once() {
    let row = |name: &str| {
        let one = |index| resource(&format!("server.{name}[{index}]"), &[], &[text("plan", name)]);
        wanted((0..3).map(one).collect())
    };
    let plan = planned(&row("web"), &row("front"), &[moved("server.web", "server.front")]);
    assert_eq!(
        shown(&plan)[2],
        "resize in_place server.web[2] -> server.front[2]"
    );
    assert_eq!(plan.items.len(), 3);
}

#[test]
fn where_names_allow_one_everything_on_it_goes_at_once() {
    let side = |cidr: &str| {
        wanted(vec![
            resource("network.main", &[], &[text("cidr", cidr)]),
            resource("server.web", &["network.main"], &[text("network", "main")]),
            resource("volume.data", &["server.web"], &[text("server", "web"), size(10)]),
        ])
    };
    let plan = planned(&side("10.0.0.0/16"), &side("10.1.0.0/16"), &[]);
    let expected = [
        "recreate old_first network.main",
        "update in_place volume.data",
        "recreate old_first server.web",
    ];
    assert_eq!(shown(&plan), expected);
    assert_eq!(groups(&plan), ["move network.main volume.data server.web"]);
    let steps: Vec<&str> = plan.waves[0].groups[0]
        .steps
        .iter()
        .map(|step| step.what.as_str())
        .collect();
    let expected = [
        "flush, unmount and detach volume.data",
        "stop and delete the old server.web: names allow only one",
        "stop and delete the old network.main: names allow only one",
        "make the new network.main at local",
        "make the new server.web at local",
        "install on the new server.web what ran on the old one",
        "change server of volume.data in place",
        "point traffic at the new server.web",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn where_data_stands_on_it_the_new_one_borrows_a_name() {
    let side = |cidr: &str| {
        let database = [text("subnet", "a"), ("storage_gb", Value::Integer(50))];
        wanted(vec![
            resource("subnet.a", &[], &[text("cidr", cidr)]),
            resource("database.orders", &["subnet.a"], &database),
        ])
    };
    let plan = planned(&side("10.0.0.0/24"), &side("10.1.0.0/24"), &[]);
    let expected = [
        "recreate new_first_temporary_name subnet.a",
        "recreate new_first_temporary_name database.orders",
    ];
    assert_eq!(shown(&plan), expected);
    let expected = [
        "move subnet.a",
        "move database.orders",
        "decommission database.orders",
        "decommission subnet.a",
    ];
    assert_eq!(groups(&plan), expected);
}

#[test]
fn a_server_and_its_volume_move_together_and_a_database_with_them() {
    let side = |provider: &str| {
        let all = vec![
            resource("network.main", &[], &[]),
            resource("subnet.a", &["network.main"], &[text("network", "main")]),
            resource(
                "volume.data",
                &["server.web"],
                &[text("server", "web"), size(100)],
            ),
            resource("server.web", &["subnet.a"], &[text("subnet", "a")]),
            resource("server.jobs", &["subnet.a"], &[text("subnet", "a")]),
            resource(
                "database.orders",
                &["subnet.a"],
                &[text("subnet", "a"), ("storage_gb", Value::Integer(50))],
            ),
        ];
        wanted(all.into_iter().map(|one| at(provider, one)).collect())
    };
    let plan = planned(&side("aws"), &side("upcloud"), &[]);
    let expected = [
        "move network.main",
        "move subnet.a",
        "move volume.data server.web | server.jobs | database.orders",
        "retire server.jobs",
        "decommission volume.data | database.orders",
        "decommission server.web",
        "decommission subnet.a",
        "decommission network.main",
    ];
    assert_eq!(groups(&plan), expected);
    assert_eq!(plan.providers_gone, ["aws"]);
    let downtime: Vec<u64> = plan.waves[2]
        .groups
        .iter()
        .map(|group| group.downtime.seconds)
        .collect();
    assert_eq!(downtime, [1600, 300, 800]);
    assert_eq!(plan.waves[2].groups[0].rollback.before_wave, Some(5));
}

#[test]
fn a_limit_splits_waves() {
    let side = |provider: &str| {
        wanted(
            (0..5)
                .map(|n| at(provider, resource(&format!("server.s{n}"), &[], &[])))
                .collect(),
        )
    };
    let (current, target) = (side("aws"), side("upcloud"));
    let limits = Limits {
        max_parallel_moves: 2,
        ..Limits::default()
    };
    let inputs = Inputs {
        current: &current,
        target: &target,
        moved: &[],
        limits,
        bills: None,
    };
    let plan = plan(&inputs).unwrap();
    assert_eq!(
        groups(&plan)[..3],
        [
            "move server.s0 | server.s1",
            "move server.s2 | server.s3",
            "move server.s4"
        ]
    );
}

#[test]
fn pairs_that_do_not_fit_are_refused() {
    let current = wanted(vec![
        resource("server.web", &[], &[]),
        resource("volume.a", &[], &[]),
    ]);
    let target = wanted(vec![resource("server.front", &[], &[])]);
    let check = |pairs: &[provisioning::migration::Moved], message: &str| {
        let limits = Limits::default();
        let inputs = Inputs {
            current: &current,
            target: &target,
            moved: pairs,
            limits,
            bills: None,
        };
        assert_eq!(plan(&inputs).unwrap_err().to_string(), message);
    };
    check(
        &[moved("server.wbe", "server.front")],
        "`moved[0]` names `server.wbe`, which the current configuration does not have",
    );
    check(
        &[moved("volume.a", "server.front")],
        "`moved[0]` makes `server.front` of `volume.a`, which is of another kind",
    );
    check(
        &[moved("server.web", ""), moved("server.web", "server.front")],
        "`moved[1]` names `server.web`, which another pair names too",
    );
    check(&[moved("", "")], "`moved[0]` has neither `from` nor `to`");
    assert!(matches!(
        plan(&Inputs {
            current: &current,
            target: &target,
            moved: &[moved("", "server.web")],
            limits: Limits::default(),
            bills: None
        }),
        Err(Error::Absent { side: "target", .. })
    ));
}

#[test]
fn nothing_rides_along_in_a_diagram() {
    let mut one = resource("server.web", &[], &[text("plan", "a")]);
    one.attributes
        .insert("role".to_owned(), Value::from("x\"] --> y\u{1b}[31m|<b>"));
    let plan = planned(&wanted(vec![]), &wanted(vec![one.clone()]), &[]);
    assert!(render::mermaid(&plan).contains("g1_1[\"new server.web\"]"));
    let mut other = one.clone();
    other.attributes.insert("role".to_owned(), Value::from("z"));
    let plan = planned(&wanted(vec![one]), &wanted(vec![other]), &[]);
    for text in [
        render::mermaid(&plan),
        render::markdown(&plan),
        render::table(&plan),
    ] {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    assert!(!render::mermaid(&plan).contains("x\"]"));
    assert!(!render::markdown(&plan).contains("<b>"));
}
