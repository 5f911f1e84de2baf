//! Every mistake of a definition: its line, what is wrong, what may stand there.

use provisioning::form::{Error, Form};

use super::{SHIPPED, catalogue, form};

const HEAD: &str = r#"id = "toy"
title = "Toy"
description = "A toy."
version = 1

[[group]]
title = "All"
"#;
const PROVIDER: &str = r#"
[[group.field]]
key = "provider"
type = "choice"
label = "Provider"
options = { from = "providers" }
sets = "provider"
"#;

/// The error of a form with a provider and the lines of another question.
fn refused(lines: &str) -> (usize, String, Vec<String>) {
    let text = format!("{HEAD}{PROVIDER}\n[[group.field]]\n{lines}\n");
    match Form::read("forms/toy.toml", &text, &catalogue()) {
        Err(Error::Definition {
            line,
            problem,
            valid,
            file,
        }) => {
            assert_eq!(file, "forms/toy.toml");
            (line, problem, valid)
        }
        other => panic!("{lines}: {other:?}"),
    }
}

#[test]
fn shipped_forms_are_read() {
    for name in SHIPPED {
        let form = form(name);
        assert_eq!(form.id, name);
        assert!(form.provider_field().is_some(), "{name}");
    }
}

#[test]
fn an_absent_form_is_told_from_a_broken_one() {
    let Err(Error::Absent {
        valid, suggestion, ..
    }) = Form::load("clutser", &provisioning::Embedded, &catalogue())
    else {
        panic!("there is no such form");
    };
    assert_eq!(valid, SHIPPED);
    assert_eq!(suggestion.as_deref(), Some("cluster"));
}

/// Lines of a question, part of the problem, part of what is valid; line 17 is the first of the question.
const MISTAKES: &[(&str, usize, &str, &str)] = &[
    (
        "key = \"a\"\ntype = \"integre\"\nlabel = \"A\"\nsets = \"budget.amount\"",
        18,
        "there is no type `integre`; did you mean `integer`?",
        "size_gb",
    ),
    (
        "key = \"provider\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"",
        17,
        "two questions `provider`",
        "",
    ),
    (
        "key = \"A b\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"",
        17,
        "must be lower-case letters",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"provder\", is = \"aws\" }",
        21,
        "no question `provder`; did you mean `provider`?",
        "provider",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"a\", set = true }",
        21,
        "`a` depends on itself",
        "provider",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"b\", set = true }\n\
         [[group.field]]\nkey = \"b\"\ntype = \"text\"\nlabel = \"B\"\nsets = \"network.name\"",
        21,
        "`b` is asked later",
        "provider",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"b\", set = true }\n\
         [[group.field]]\nkey = \"b\"\ntype = \"text\"\nlabel = \"B\"\nsets = \"network.name\"\n\
         when = { field = \"a\", set = true }",
        21,
        "`a` and `b` depend on each other",
        "provider",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"provider\" }",
        21,
        "says nothing, or two things",
        "{ any = […] }",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"provider\", is = \"ibm\" }",
        21,
        "`provider` is never `ibm`",
        "aws",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = { field = \"provider\", is = 3 }",
        21,
        "`provider` is never `3`",
        "",
    ),
    (
        "key = \"a\"\ntype = \"integer\"\nlabel = \"A\"\nsets = \"clusters.0.workers\"\nodd = true\ndefault = 4",
        22,
        "the default `4` must be odd",
        "",
    ),
    (
        "key = \"a\"\ntype = \"cidr\"\nlabel = \"A\"\nsets = \"network.cidr\"\ndefault = \"10.0.0.1/8\"",
        21,
        "the default `10.0.0.1/8` must start at its network address",
        "",
    ),
    (
        "key = \"a\"\ntype = \"choice\"\nlabel = \"A\"\nsets = \"clusters.0.cni\"\noptions = { from = \"cni\" }\ndefault = \"weave\"",
        22,
        "the default `weave` must be one of its options",
        "cilium",
    ),
    (
        "key = \"a\"\ntype = \"secret\"\nlabel = \"A\"\nsets = \"databases.0.password\"\ndefault = \"hunter2\"",
        21,
        "the default must be a reference to a vault",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\n\
         defaults = [{ when = { field = \"zone\", set = true }, value = \"x\" }]",
        21,
        "no question `zone`",
        "provider",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\ndefaults = [{ from = \"moon\" }]",
        21,
        "a default is a value, or the usual region",
        "from = \"default_region\"",
    ),
    (
        "key = \"a\"\ntype = \"choice\"\nlabel = \"A\"\nsets = \"environment\"\noptions = { from = \"moons\" }",
        21,
        "no options from `moons`",
        "regions",
    ),
    (
        "key = \"a\"\ntype = \"choice\"\nlabel = \"A\"\nsets = \"environment\"",
        17,
        "a `choice` needs `options`",
        "a list of texts",
    ),
    (
        "key = \"a\"\ntype = \"choice\"\nlabel = \"A\"\nsets = \"environment\"\noptions = { frm = \"cni\" }",
        21,
        "must be a list of texts",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\noptions = [\"a\"]",
        21,
        "a `text` has no `options`",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"clusters.0.wrkers\"",
        20,
        "`clusters.0.wrkers` is not in an intent: there is no `wrkers`",
        "workers",
    ),
    (
        "key = \"a\"\ntype = \"integer\"\nlabel = \"A\"\nsets = \"clusters.0.name\"",
        20,
        "is not in an intent: invalid type",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"clusters..name\"",
        20,
        "is not a path",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"provider\"",
        20,
        "`provider` is already set by `provider`",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nsecret = true",
        21,
        "unknown key `secret`",
        "pattern",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"",
        1,
        "`a` sets nothing and nothing depends on it",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nsets = \"environment\"",
        16,
        "missing field `label`",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nmin = 3",
        21,
        "a `text` has no `min`",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\npattern = \"(\"",
        21,
        "is not a regular expression",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\npattern = '\\w{1000}{100}'",
        21,
        "is not a regular expression, or a large one",
        "",
    ),
    (
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nlength = [3, 1]",
        21,
        "the smaller first",
        "",
    ),
    (
        "key = \"a\"\ntype = \"integer\"\nlabel = \"A\"\nsets = \"budget.amount\"\nmultiple_of = 0",
        21,
        "`multiple_of` must be 1 or more",
        "",
    ),
    (
        "key = \"a\"\ntype = \"integer\"\nlabel = \"A\"\nsets = \"budget.amount\"\nmin = \"3\"",
        21,
        "must be a value of the right type",
        "",
    ),
    (
        "key = \"a\"\ntype = \"integer\"\nlabel = \"A\"\nsets = \"budget.amount\"\none_of = [\"x\"]",
        21,
        "`one_of` has a value that no answer has",
        "",
    ),
    (
        "key = \"a\"\ntype = \"boolean\"\nlabel = \"A\"\nfixed = { \"servers.0.nam\" = \"x\" }",
        20,
        "there is no `nam`",
        "name",
    ),
    ("key = \"a\"\ntype = ", 18, "", ""),
];

#[test]
fn every_mistake_has_its_line_and_says_what_is_valid() {
    for (lines, line, problem, valid) in MISTAKES {
        let (found, said, offered) = refused(lines);
        assert!(said.contains(problem), "{lines}\n{said}");
        assert_eq!(found, *line, "{lines}\n{said}");
        assert!(
            valid.is_empty() || offered.iter().any(|value| value == valid),
            "{lines}\n{said}\n{offered:?}"
        );
    }
}

#[test]
fn options_of_a_provider_need_one() {
    let text = format!(
        "{HEAD}\n[[group.field]]\nkey = \"a\"\ntype = \"choice\"\nlabel = \"A\"\noptions = {{ from = \"regions\" }}\n"
    );
    let error = Form::read("forms/toy.toml", &text, &catalogue()).unwrap_err();
    assert!(error.to_string().contains("no earlier question"), "{error}");
}

#[test]
fn deep_and_long_definitions_are_refused() {
    let deep = format!(
        "{}{{ field = \"provider\", set = true }}{}",
        "{ not = ".repeat(40),
        " }".repeat(40)
    );
    let (_, said, _) = refused(&format!(
        "key = \"a\"\ntype = \"text\"\nlabel = \"A\"\nsets = \"environment\"\nwhen = {deep}"
    ));
    assert!(said.contains("nests too deeply"), "{said}");
    let long = format!("{HEAD}{}", "# x\n".repeat(100_000));
    let error = Form::read("forms/toy.toml", &long, &catalogue()).unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}
