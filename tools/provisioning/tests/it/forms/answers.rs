//! Answers: what is refused, what is assumed, and what comes out.

use provisioning::form::{Answers, Breach, Value, Wrong};
use provisioning::generate::Renderer;
use provisioning::intent::{Origin, Understood};

use super::{SHIPPED, catalogue, form, typed};

fn check(name: &str, text: &str) -> Result<Understood, Vec<Wrong>> {
    let form = form(name);
    form.check(&typed(&form, text), &catalogue())
}

fn wrong(name: &str, text: &str) -> Vec<Wrong> {
    check(name, text).map(|understood| understood.intent).unwrap_err()
}

fn whole(understood: &Understood) -> String {
    let renderer = Renderer::new().unwrap();
    let generated = renderer.render(understood, None, &catalogue(), None);
    generated.unwrap().unwrap().whole
}

#[test]
fn the_fewest_answers_give_a_configuration_that_says_what_was_assumed() {
    for name in SHIPPED {
        let understood = check(name, "provider=upcloud").unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let intent = understood.intent.as_ref().unwrap();
        assert_eq!(
            (intent.provider.as_str(), intent.region.as_str()),
            ("upcloud", "fi-hel1")
        );
        let assumed = |path: &str| understood.assumptions.iter().any(|taken| taken.path == path);
        assert!(assumed("region"), "{name}: {:?}", understood.assumptions);
        let text = whole(&understood);
        assert!(text.contains("# from answer \"provider\""), "{text}");
        assert!(!text.contains("#@"), "{text}");
    }
}

#[test]
fn every_value_says_which_answer_it_is_from() {
    let understood = check(
        "cluster",
        "provider=aws;workers=5;autoscaling=yes;min_workers=3;max_workers=9;addons=prometheus;budget=900",
    )
    .unwrap();
    assert_eq!(
        understood.origins["clusters.0.scaling.min"],
        Origin::Answered {
            field: "min_workers".to_owned()
        }
    );
    let text = whole(&understood);
    for lines in [
        "# from answer \"workers\"\n      count = 5,",
        "# from answer \"max_workers\"\n      auto_scaling = { enabled = true, min = 3, max = 9 },",
        "# from answer \"addons\"\n      prometheus = true,",
        "# assumed: the default of the form\n        cni = 'cilium,",
        "# from answer \"budget\"\n  budget = { currency = \"USD\", max_monthly = 900 },",
    ] {
        let bare = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        assert!(bare(&text).contains(&bare(lines)), "{lines}\n{text}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let all = wrong(
        "cluster",
        "provider=aws;region=us-east-9;control_planes=4;workers=0;cni=weave;colour=red;min_workers=3;wrkers=2",
    );
    let found: Vec<(&str, Breach)> = all.iter().map(|one| (one.field.as_str(), one.kind)).collect();
    assert_eq!(
        found,
        [
            ("colour", Breach::Unknown),
            ("wrkers", Breach::Unknown),
            ("region", Breach::NotListed),
            ("control_planes", Breach::Rule),
            ("workers", Breach::Rule),
            ("min_workers", Breach::OutOfPlace),
            ("cni", Breach::NotListed),
        ]
    );
    let region = &all[2];
    assert!(region.valid.contains(&"us-east-1".to_owned()), "{region:?}");
    assert!(
        region.suggestion.as_deref().unwrap().starts_with("us-east"),
        "{region:?}"
    );
    assert_eq!(all[1].suggestion.as_deref(), Some("workers"));
    assert_eq!(all[3].to_string(), "`control_planes` is `4`, but must be odd");
    assert_eq!(
        all[5].to_string(),
        "`min_workers` is only asked when `autoscaling` is `true`"
    );
}

#[test]
fn what_depends_on_a_wrong_answer_is_not_judged() {
    let all = wrong("server", "provider=ibm;plan=t3.medium;region=here");
    let fields: Vec<&str> = all.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["provider"], "{all:?}");
    // Nothing is answered: the provider alone is missing, the region follows from it.
    let fields: Vec<Wrong> = wrong("server", "");
    assert_eq!(
        (fields.len(), fields[0].field.as_str(), fields[0].kind),
        (1, "provider", Breach::Missing)
    );
    assert!(fields[0].valid.contains(&"hetzner".to_owned()));
}

#[test]
fn regions_and_plans_are_those_of_the_provider() {
    assert!(
        check(
            "server",
            "provider=upcloud;region=de-fra1;sized_by=plan;plan=CLOUDNATIVE-16xCPU-32GB"
        )
        .is_ok()
    );
    let plan = wrong("server", "provider=upcloud;sized_by=plan;plan=t3.medium");
    assert_eq!(plan[0].kind, Breach::NotListed);
    assert!(plan[0].rule.contains("at upcloud"), "{plan:?}");
    // Nobody has the regions of gcp: any is taken, and none is assumed.
    assert!(check("server", "provider=gcp;region=europe-west1").is_ok());
    let region = wrong("server", "provider=gcp");
    assert_eq!(
        (region[0].field.as_str(), region[0].kind),
        ("region", Breach::Missing)
    );
}

#[test]
fn a_secret_is_taken_by_reference_only_and_never_repeated() {
    let reference = "vault:secret/shop/database#password";
    let text = whole(&check("database", &format!("provider=aws;password={reference}")).unwrap());
    for part in [
        "password_secret = \"db-password\"",
        "{ name = \"db-password\", path = \"secret/shop/database\", key = \"password\" }",
        "# from answer \"password\"",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let refused = wrong("database", "provider=aws;password=hunter2");
    assert_eq!(refused[0].value, None);
    assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
}

#[test]
fn rules_between_answers_are_blamed_on_a_question() {
    let quorum = wrong("database", "provider=aws;high_availability=yes;replicas=1");
    assert_eq!(quorum[0].field, "replicas", "{quorum:?}");
    let cidr = wrong("network", "provider=aws;cidr=10.0.0.0/28;public_subnets=8");
    assert_eq!(cidr[0].field, "cidr", "{cidr:?}");
    let between = wrong(
        "cluster",
        "provider=aws;workers=2;autoscaling=yes;min_workers=3;max_workers=9",
    );
    assert_eq!(between[0].field, "workers", "{between:?}");
}

#[test]
fn nothing_in_an_answer_leaves_its_place() {
    for hostile in [
        "{{ 7 * 7 }}",
        "{% if true %}x{% endif %}",
        "a%{std.string.from_number 1}b",
        "\", evil = \"",
        " #@ provider",
        "'x, y",
    ] {
        let form = form("cluster");
        let mut answers = typed(&form, "provider=aws");
        answers.insert("environment".to_owned(), Value::from(hostile));
        match form.check(&answers, &catalogue()) {
            Ok(understood) => {
                let escaped = hostile
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace("%{", "\\%{");
                let text = whole(&understood);
                assert!(text.contains(&format!("environment = \"{escaped}\",")), "{text}");
            }
            Err(wrong) => assert_eq!(wrong[0].field, "environment"),
        }
        answers.remove("environment");
        for key in ["name", "version", "cni", "vpc_cidr", "provider", "region"] {
            let mut answers = answers.clone();
            answers.insert(key.to_owned(), Value::from(hostile));
            assert!(form.check(&answers, &catalogue()).is_err(), "{key} {hostile}");
        }
    }
    let lines = Answers::from([
        ("provider".to_owned(), Value::from("aws")),
        ("environment".to_owned(), Value::from("a\nb")),
    ]);
    assert!(form("cluster").check(&lines, &catalogue()).is_err());
}

#[test]
fn questions_are_asked_as_they_come_to_apply() {
    let (form, catalogue) = (form("server"), catalogue());
    let keys = |text: &str| -> Vec<String> {
        let open = form.open(&typed(&form, text), &catalogue);
        open.iter().map(|asked| asked.field.key.clone()).collect()
    };
    assert!(!keys("").contains(&"plan".to_owned()));
    assert!(keys("provider=aws;sized_by=plan").contains(&"plan".to_owned()));
    assert!(!keys("provider=aws;sized_by=plan").contains(&"cpu".to_owned()));
    let answers = typed(&form, "provider=hetzner");
    let open = form.open(&answers, &catalogue);
    let region = open.iter().find(|asked| asked.field.key == "region").unwrap();
    assert_eq!(region.default, Some(Value::from("fsn1")));
    assert!(
        region
            .choices
            .as_ref()
            .unwrap()
            .values
            .contains(&"nbg1".to_owned())
    );
    let said = form.check_one("region", &Value::from("us-east-1"), &answers, &catalogue);
    assert_eq!(said.unwrap_err().kind, Breach::NotListed);
}
