//! Imports in every place where the language allows an expression, and what a worker remembers of its callers.

use provisioning::workspace::InMemory;
use provisioning::{Evaluate, Source};
use provisioning_nickel::Bounds;

use super::{assert_well, briefs, evaluate, pool, pool_of};

/// Texts with `@` where an import stands. They need not make sense, only parse.
const PLACES: &[&str] = &[
    // Patterns of `let`.
    "let { a ? @ } = {} in a",
    "let rec { a ? @ } = {} in a",
    "let { a | (@) } = { a = 1 } in a",
    "let { a | (@) ? 1 } = {} in a",
    "let { a : (@) } = { a = 1 } in a",
    "let { a = { b ? @ } } = { a = {} } in b",
    "let { a = { b = { c | (@) } } } = { a = { b = { c = 1 } } } in c",
    "let { a ? 1, b ? @, .. } = {} in b",
    "let { a ? @, ..rest } = {} in rest",
    "let whole @@ { a ? @ } = {} in whole",
    "let [{ a ? @ }] = [{}] in a",
    "let [_, [{ a | (@) }], ..rest] = [1, [{ a = 1 }]] in rest",
    "let 'Tag { a ? @ } = 'Tag {} in a",
    "let 'Tag ('Other { a | (@) }) = 'Tag ('Other { a = 1 }) in a",
    "let ('A { a ? @ } or 'B { a ? 1 }) = 'B {} in a",
    "let { a ? 1 } = {}, { b ? @ } = {} in a + b",
    "let a = 1 in let { b ? @ } = {} in b",
    // Patterns of functions and of matches.
    "fun { a ? @ } => a",
    "fun b { a | (@) } => a",
    "fun [{ a ? @ }] => a",
    "fun ('Tag { a ? @ }) => a",
    "1 |> match { { a ? @ } => a, _ => 2 }",
    "1 |> match { { a | (@) } => a, _ => 2 }",
    "1 |> match { [{ a ? @ }] => a, _ => 2 }",
    "1 |> match { 'Tag { a ? @ } => a, _ => 2 }",
    "1 |> match { ('A { a ? @ }) or ('B { a ? 1 }) => a, _ => 2 }",
    "1 |> match { ('A { a ? 1 }) or ('B { a | (@) }) => a, _ => 2 }",
    "1 |> match { 1 => @ }",
    "1 |> match { x if @ => x, _ => 2 }",
    // Types and contracts.
    "1 | [| 'A (@) |]",
    "1 | [| 'A, 'B (@), 'C Number |]",
    "1 : [| 'A ([| 'B (@) |]) |]",
    "1 | forall r. [| 'A (@) ; r |] -> Number",
    "{ a = 1 } | { a : (@) }",
    "{ a = 1 } | { a : Number, b : { c : (@) } }",
    "{ a = 1 } | forall r. { a : (@) ; r } -> Dyn",
    "{} | { _ : (@) }",
    "{} | { _ | (@) }",
    "[] | Array (@)",
    "1 | (@)",
    "1 : (@)",
    "1 | Number | (@)",
    "1 | (@) -> Number",
    "1 | Number -> (@)",
    "1 | forall a. a -> (@)",
    "1 | Array { _ : [| 'A (@) |] }",
    "let T = [| 'A (@) |] in T",
    "let x | (@) = 1 in x",
    "let x : (@) = 1 in x",
    "let x | [| 'A (@) |] = 1 in x",
    "fun x => (x | [| 'A (@) |])",
    // Records.
    "{ a = @ }",
    "{ a.b.c = @ }",
    "{ a | (@) = 1 }",
    "{ a : (@) = 1 }",
    "{ a | [| 'A (@) |] | optional }",
    "{ a | default | (@) = 1 }",
    "{ a | not_exported | (@) = 1 }",
    "{ a | force = @ }",
    "{ \"%{@}\" = 1 }",
    "{ a.\"%{@}\".c = 1 }",
    "let a = 1 in { include a | (@) }",
    "let a = 1 in { include a | [| 'A (@) |], b = 2 }",
    // Other expressions.
    "@",
    "(@)",
    "((@))",
    "\"%{@}\"",
    "m%\"%{@}\"%",
    "m%%\"a %{b} %%{@}\"%%",
    "nix-s%\"%{@}\"%",
    "\"%{\"%{@}\"}\"",
    "'Tag (@)",
    "'\"Tag\" (@)",
    "[1, @]",
    "if @ then 1 else 2",
    "if true then @ else 2",
    "if true then 1 else @",
    "(@) 1",
    "(fun x => x) (@)",
    "fun x => @",
    "1 + (@)",
    "(@) @@ []",
    "(@).a",
    "{}.\"%{@}\"",
    "(@) & {}",
    "(@) && true",
    "1 |> (@)",
    "!(@)",
    "std.string.join (@) []",
    "%typeof% (@)",
    "let f = fun x => @ in f 1",
    "let rec x = @, y = 1 in y",
    "# import \"nothing\"\n[\"import\", 'import, @]",
];

/// What an import may look like. Each leads out of the workspace.
const IMPORTS: &[&str] = &[
    "import \"/etc/passwd\"",
    "import \"/etc/passwd\" as 'Text",
    "import \"/etc/passwd\" as 'Json",
    "import \"/etc/x.json\"",
    "import\n\n  \"/etc/passwd\"",
    "import # a comment\n m%\"/etc/passwd\"%",
];

fn written(place: &str, import: &str) -> String {
    // `@@` is the operator.
    place.replace("@@", "\0").replace('@', import).replace('\0', "@")
}

#[tokio::test]
async fn an_import_is_found_wherever_it_stands() {
    let pool = pool();
    let mut missed = Vec::new();
    let mut parsed = 0;
    for place in PLACES {
        let text = written(place, "import \"/etc/passwd\" as 'Text");
        let found = evaluate(&pool, &text).await.unwrap().diagnostics;
        parsed += usize::from(found.iter().all(|found| found.code != "syntax"));
        // By its rule, and not only because the keyword was counted.
        let refused = found.len() == 1
            && found[0].code == "import_refused"
            && found[0].message.contains("an absolute path leaves the workspace");
        if !refused {
            missed.push(format!("{text}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(parsed, PLACES.len());
    assert_well(&pool).await;
}

#[tokio::test]
async fn an_import_is_found_however_it_is_written() {
    let pool = pool();
    for place in ["let { a ? @ } = {} in a", "1 | [| 'A (@) |]"] {
        for import in IMPORTS {
            let text = written(place, import);
            let found = briefs(&pool, &text).await;
            assert!(
                matches!(found.as_slice(), [one] if one.starts_with("import_refused ") || one.starts_with("syntax ")),
                "{text}: {found:?}"
            );
        }
    }
    // Nothing that looks like an import is taken for one.
    let text = "let { list ? [], .. } = { import' = 1 } in { servers = list, environment = \"import\" }";
    assert_eq!(briefs(&pool, text).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_pattern_imports_comes_in_if_it_may() {
    let pool = pool_of(
        Bounds::default(),
        InMemory::new().with("servers.ncl", "[{ name = \"a\", provider = 'local }]"),
    );
    let text = "let { list ? import \"servers.ncl\" } = {} in { servers = list }";
    let evaluation = evaluate(&pool, text).await.unwrap();
    assert_eq!(evaluation.diagnostics, []);
    let configuration = evaluation.configuration.unwrap();
    let servers = configuration.get("servers").unwrap().items();
    assert_eq!(servers[0].get("name").and_then(|name| name.text()), Some("a"));
}

#[tokio::test]
async fn a_path_with_control_characters_is_refused() {
    let pool = pool();
    for path in [
        "/\\u{0}builtin/schemas/lib.ncl",
        "a\\u{0}b",
        "a\\nb",
        "\\x1bb",
        "a\\u{85}",
    ] {
        let found = evaluate(&pool, &format!("import \"{path}\""))
            .await
            .unwrap()
            .diagnostics;
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        assert_eq!(found[0].code, "import_refused");
        assert!(
            found[0].message.contains("control character"),
            "{path}: {found:?}"
        );
    }
}

/// One caller's text, the files it imports among them, and another caller who wants them from the same worker.
#[tokio::test]
async fn no_caller_reads_another_callers_configuration() {
    const SECRET: &str = "hunter2-of-the-other-caller";
    let workspace = InMemory::new().with("secret/key.txt", SECRET);
    let pool = pool_of(Bounds::default(), workspace);
    let victim = format!("{{ environment = \"{SECRET}\", region = import \"secret/key.txt\" }}");
    for attempt in 0..3_u32 {
        let source = Source {
            name: "prod.ncl".to_owned(),
            text: victim.clone(),
        };
        let _ = pool.evaluate(source, false).await;
        // One that does not parse leaves its text behind as well.
        let _ = evaluate(&pool, &format!("{{ a = \"{SECRET}\" ")).await;
        for place in [
            "@",
            "let { a ? @ } = {} in a",
            "let x | [| 'A (@) |] = 'A 1 in x",
            "let { a ? (@) } = {} in { environment = a }",
        ] {
            for folder in (0..12).map(|number| format!("/\\u{{0}}work{number}")).chain([
                String::new(),
                ".".to_owned(),
                "..".to_owned(),
                "/\\u{0}work-".to_owned(),
                "/\\u{0}builtin".to_owned(),
                "%inmem_src%:/\\u{0}work1".to_owned(),
            ]) {
                for (file, format) in [
                    ("prod.ncl", "'Text"),
                    ("prod.ncl", "'Nickel"),
                    ("main.ncl", "'Nickel"),
                ] {
                    let text = written(place, &format!("import \"{folder}/{file}\" as {format}"));
                    let answer = pool
                        .evaluate(
                            Source {
                                name: format!("attacker{attempt}.ncl"),
                                text: text.clone(),
                            },
                            false,
                        )
                        .await
                        .unwrap();
                    assert!(!format!("{answer:?}").contains(SECRET), "{text}: {answer:?}");
                    assert!(
                        answer
                            .diagnostics
                            .iter()
                            .any(|found| found.code == "import_refused"),
                        "{text}: {answer:?}"
                    );
                }
            }
        }
    }
    assert_well(&pool).await;
}
