//! What findings say.

use provisioning::{Evaluate, Severity, Source};

use super::{GOOD, assert_well, briefs, evaluate, pool};

#[tokio::test]
async fn every_error_is_reported_with_its_path() {
    let text = "{
  provider = 'aws,
  servers = [
    { name = \"web-1\" },
    { name = \"Web_2\", spec = { cpu = 0, disk = 100, os = { family = 'ubunto } } },
    { nam = \"web-3\", networking = { public_ip = \"true\" } },
  ],
  network = {},
}";
    assert_eq!(
        briefs(&pool(), text).await,
        [
            "contract servers[1].name 5:14",
            "contract servers[1].spec.cpu 5:38",
            "unknown_field servers[1].spec.disk 5:41",
            "missing_field servers[1].spec.os.version 5:58",
            "contract servers[1].spec.os.family 5:69",
            "missing_field servers[2].name 6:5",
            "unknown_field servers[2].nam 6:7",
            "type servers[2].networking.public_ip 6:49",
            "unknown_field network 8:3",
        ]
    );
}

#[tokio::test]
async fn a_finding_says_field_value_rule_and_next_step() {
    let text = "{ servers = [{ name = \"web\", provider = 'asw, spec = { cpu = -1, memory = 4, disk_gb = \"50\" } }] }";
    let found = evaluate(&pool(), text).await.unwrap().diagnostics;
    let provider = &found[0];
    assert_eq!(provider.path.as_deref(), Some("servers[0].provider"));
    assert_eq!(provider.value.as_deref(), Some("'asw"));
    assert_eq!(provider.contract.as_deref(), Some("lib.Provider"));
    assert_eq!(provider.hint.as_deref(), Some("did you mean `aws`?"));
    let cpu = &found[1];
    assert_eq!(
        cpu.message,
        "`servers[0].spec.cpu` must be a whole number of 1 or more, and is `-1`"
    );
    assert_eq!(cpu.file.as_deref(), Some("main.ncl"));
    let memory = &found[2];
    assert_eq!(
        memory.message,
        "`servers[0].spec.memory` is not a field that the schema knows"
    );
    let hint =
        "did you mean `memory_gb`? the fields here are `cpu`, `disk_encrypted`, `disk_gb`, `memory_gb`, `os`";
    assert_eq!(memory.hint.as_deref(), Some(hint));
    assert_eq!(found[3].hint.as_deref(), Some("write it without quotes: `50`"));
}

#[tokio::test]
async fn without_strictness_unknown_fields_are_warnings() {
    let text = "{ servers = [{ name = \"web\", provider = 'aws, owner = \"me\" }] }";
    let source = Source {
        name: "main.ncl".to_owned(),
        text: text.to_owned(),
    };
    let evaluation = pool().evaluate(source, false).await.unwrap();
    assert_eq!(evaluation.diagnostics.len(), 1);
    assert_eq!(evaluation.diagnostics[0].severity, Severity::Warning);
    let server = &evaluation.configuration.unwrap().get("servers").unwrap().items()[0].clone();
    assert_eq!(server.get("name").and_then(|name| name.text()), Some("web"));
    assert_eq!(
        server.at("spec.memory_gb").and_then(|memory| memory.integer()),
        Some(4)
    );
}

#[tokio::test]
async fn syntax_errors_come_with_a_hint() {
    let pool = pool();
    for (text, brief, hint) in [
        ("", "empty - 1:1", "write a record"),
        ("# nothing\n\n", "empty - 1:1", "write a record"),
        ("{ servers = [", "syntax - 1:14", "close every"),
        ("{ a = 1 b = 2 }", "syntax - 1:11", "comma"),
        ("{ cpu: 2 }", "syntax - 1:8", "with `=`"),
        ("{ a == 2 }", "syntax - 1:5", "one `=`"),
        ("{ a = 1 } }", "syntax - 1:11", "open"),
    ] {
        let evaluation = evaluate(&pool, text).await.unwrap();
        assert_eq!(evaluation.configuration, None);
        let found = evaluation.diagnostics;
        assert_eq!(
            found.iter().map(super::brief).collect::<Vec<_>>(),
            [brief],
            "{text}: {found:?}"
        );
        assert!(
            found[0].hint.as_deref().is_some_and(|said| said.contains(hint)),
            "{text}: {found:?}"
        );
    }
}

#[tokio::test]
async fn what_evaluation_meets_is_said_about_the_field() {
    let pool = pool();
    for (text, brief, message) in [
        (
            "{ environment = 1 + \"x\" }",
            "type environment 1:21",
            "`environment`: this expression has type String",
        ),
        (
            "{ region = \"a\" } & { region = \"b\" }",
            "conflict region 1:12",
            "`region` has two values that do not agree",
        ),
        (
            "{ region = region }",
            "recursion region 1:12",
            "`region` refers to itself",
        ),
        (
            "{ environment = std.fail_with \"no\" }",
            "contract environment 1:17",
            "",
        ),
        (
            "{ tags = { a = fun x => x } }",
            "type tags.a 1:16",
            "`tags.a` must be a string",
        ),
        ("[1]", "contract - 1:1", "the configuration must be a record"),
        ("{ environment = foo }", "type - 1:17", "unbound identifier"),
    ] {
        let found = evaluate(&pool, text).await.unwrap().diagnostics;
        assert_eq!(
            found.iter().map(super::brief).collect::<Vec<_>>(),
            [brief],
            "{text}: {found:?}"
        );
        assert!(found[0].message.starts_with(message), "{text}: {found:?}");
    }
}

#[tokio::test]
async fn values_know_where_they_were_written() {
    let text = "{\n  servers = [\n    { name = \"web\", provider = 'aws, spec.cpu = 8 },\n  ],\n}";
    let configuration = evaluate(&pool(), text).await.unwrap().configuration.unwrap();
    let server = &configuration.get("servers").unwrap().items()[0];
    let place = |path: &str| {
        let span = server.at(path).unwrap().span.clone().unwrap();
        (span.file, span.line)
    };
    assert_eq!(
        server.span.as_ref().map(|span| (span.line, span.column)),
        Some((3, 5))
    );
    assert_eq!(place("name"), ("main.ncl".to_owned(), 3));
    assert_eq!(place("spec.cpu"), ("main.ncl".to_owned(), 3));
    assert_eq!(place("spec.memory_gb").0, "builtin:schemas/server.ncl");
}

/// Numbers that JSON has no way to write, or that would come out as others.
#[tokio::test]
async fn numbers_that_cannot_be_kept_are_findings() {
    let pool = pool();
    for (number, problem) in [
        ("1e400", "number too large"),
        ("-1e400", "number too large"),
        ("1e-400", "number too small"),
        ("1e300", "whole number too large to be kept exactly"),
        ("9223372036854775809", "whole number too large to be kept exactly"),
        (
            "-123456789012345678901",
            "whole number too large to be kept exactly",
        ),
    ] {
        let text = format!(
            "{{ provider = 'local, servers = [{{ name = \"a\", tags = {{ }}, count = {number} }}], more = {{ deep = {number} }} }}"
        );
        let source = Source {
            name: "main.ncl".to_owned(),
            text,
        };
        let evaluation = pool.evaluate(source, false).await.unwrap();
        let found = evaluation
            .diagnostics
            .iter()
            .find(|found| found.code == "number" && found.path.as_deref() == Some("more.deep"));
        let found = found.unwrap_or_else(|| panic!("{number}: {evaluation:?}"));
        assert_eq!(found.reason.as_deref(), Some(problem), "{number}");
        assert!(found.line.is_some() && found.column.is_some(), "{found:?}");
        assert!(evaluation.configuration.is_none(), "{number}");
        assert_well(&pool).await;
    }
    // Exact, or as near as a number with a point ever is.
    for number in [
        "9223372036854775807",
        "18446744073709551616",
        "0.1",
        "1e22",
        "1.5e-9",
    ] {
        let source = Source {
            name: "main.ncl".to_owned(),
            text: format!("{{ more = {number} }}"),
        };
        let evaluation = pool.evaluate(source, false).await.unwrap();
        assert!(
            evaluation.diagnostics.iter().all(|found| found.code != "number"),
            "{number}: {evaluation:?}"
        );
    }
}

#[tokio::test]
async fn what_was_probably_meant_is_said() {
    let pool = pool();
    for (text, hint) in [
        ("{ provider = aws, servers = [] }", "`'aws`"),
        (
            "{ provider = 'aws, servers = [{ name = \"a\", plan = 't3.medium }] }",
            "`\"t3.medium\"`",
        ),
        (
            "{ provider = 'aws, region = \"us-east-1\", kubernetes = { name = \"a\", version = 1.30 } }",
            "`\"1.30\"`",
        ),
    ] {
        let found = evaluate(&pool, text).await.unwrap().diagnostics;
        assert!(found[0].hint.as_deref().unwrap().contains(hint), "{found:?}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_a_text() {
    assert_eq!(
        briefs(&pool(), &format!("\u{feff}{GOOD}")).await,
        Vec::<String>::new()
    );
}
