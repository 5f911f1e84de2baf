//! What is known of a value: the line that set it, the default it stands above, what it must hold to.

use provisioning::evaluate::Error;
use provisioning::explain::{Explain, Explained, Explanation, ValueOrigin};
use provisioning::{Diagnostic, Source};
use provisioning_nickel::{Bounds, Pool};

use crate::{InMemory, assert_well, pool, pool_of};

const TEXT: &str = "{
  provider = 'aws,
  servers = [
    {
      name = \"web\",
      spec = {
        # from \"4 cpu\"
        cpu = 4,
      },
    },
  ],
  kubernetes = { name = \"k\", networking.cni = 'cilium },
}
";

async fn ask(pool: &Pool, text: &str, path: &str) -> Result<Explained, Error> {
    let source = Source {
        name: "main.ncl".to_owned(),
        text: text.to_owned(),
    };
    pool.explain(source, path.to_owned()).await
}

async fn explained(pool: &Pool, text: &str, path: &str) -> Explanation {
    let answer = ask(pool, text, path).await.unwrap();
    assert_eq!(answer.diagnostics, [], "{path}");
    answer.explanation.unwrap()
}

async fn refused(pool: &Pool, text: &str, path: &str) -> Diagnostic {
    let mut answer = ask(pool, text, path).await.unwrap();
    assert_eq!(answer.explanation, None);
    answer.diagnostics.remove(0)
}

/// The definitions, each as `file:line:column text (priority)`.
fn chain(explanation: &Explanation) -> Vec<String> {
    let definitions = explanation.definitions.iter();
    definitions
        .map(|one| {
            let place = &one.place;
            format!(
                "{}:{}:{} {} ({})",
                place.file, place.line, place.column, one.text, one.priority
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_stands_above_the_default_of_the_schema() {
    let pool = pool();
    let cpu = explained(&pool, TEXT, "servers[0].spec.cpu").await;
    assert_eq!(
        (cpu.value.as_deref(), cpu.origin),
        (Some("4"), ValueOrigin::Configuration)
    );
    assert_eq!(
        chain(&cpu),
        [
            "main.ncl:8:9 4 (normal)",
            "builtin:schemas/server.ncl:18:5 2 (default)"
        ]
    );
    assert_eq!(cpu.doc.as_deref(), Some("Virtual processors: 1 or more."));
    assert_eq!(cpu.contracts[0].text, "lib.Positive");
    assert_eq!(cpu.contracts[0].place.file, "builtin:schemas/server.ncl");
    assert_eq!(cpu.provenance, ["# from \"4 cpu\""]);
    let cni = explained(&pool, TEXT, "kubernetes.networking.cni").await;
    assert_eq!(
        (cni.value.as_deref(), cni.origin),
        (Some("'cilium"), ValueOrigin::Configuration)
    );
    assert!(chain(&cni)[0].starts_with("main.ncl:12:"), "{cni:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_names_its_schema() {
    let pool = pool();
    let disk = explained(&pool, TEXT, "servers[0].spec.disk_gb").await;
    assert_eq!(
        (disk.value.as_deref(), disk.origin),
        (Some("50"), ValueOrigin::Default)
    );
    assert_eq!(chain(&disk), ["builtin:schemas/server.ncl:26:5 50 (default)"]);
    let os = explained(&pool, TEXT, "servers[0].region").await;
    assert_eq!(
        (os.value, os.origin, os.optional),
        (None, ValueOrigin::Unset, true)
    );
    // Taken over from the provider of the whole, by the schema.
    let provider = explained(&pool, TEXT, "servers[0].provider").await;
    assert_eq!(
        (provider.value.as_deref(), provider.origin),
        (Some("'aws"), ValueOrigin::Computed)
    );
    assert_eq!(chain(&provider), [""; 0]);
    let servers = explained(&pool, TEXT, "servers").await;
    assert_eq!(servers.value.as_deref(), Some("a list of 1 element"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_definitions_are_shown_the_winner_first() {
    let pool = pool();
    let text =
        "{ servers = [], region | default = \"a\" }\n& { region = \"b\" }\n& { region | force = \"c\" }\n";
    let region = explained(&pool, text, "region").await;
    assert_eq!(region.value.as_deref(), Some("\"c\""));
    assert_eq!(
        chain(&region),
        [
            "main.ncl:3:5 \"c\" (force)",
            "main.ncl:2:5 \"b\" (normal)",
            "main.ncl:1:17 \"a\" (default)"
        ]
    );
    let text = "let n = 2 in { servers = [{ name = \"a\", provider = 'local, spec.cpu = n * 2 }] }";
    let cpu = explained(&pool, text, "servers[0].spec.cpu").await;
    assert_eq!(cpu.value.as_deref(), Some("4"));
    assert!(chain(&cpu)[0].contains("n * 2"), "{cpu:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_file_is_named() {
    let pool = pool_of(
        Bounds::default(),
        InMemory::new().with(
            "parts/servers.ncl",
            "[\n  { name = \"a\", provider = 'local, spec.cpu = 8 }\n]\n",
        ),
    );
    let text = "{ servers = import \"parts/servers.ncl\" }";
    let cpu = explained(&pool, text, "servers[0].spec.cpu").await;
    assert!(chain(&cpu)[0].starts_with("parts/servers.ncl:2:"), "{cpu:?}");
    assert_eq!(cpu.value.as_deref(), Some("8"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere_says_what_is_there() {
    let pool = pool();
    let found = refused(&pool, TEXT, "servers[0].spec.cpus").await;
    assert_eq!(found.code, "unknown_path");
    assert!(
        found.message.contains("`servers[0].spec` has no field `cpus`"),
        "{found:?}"
    );
    assert!(found.hint.unwrap().contains("`cpu`"));
    assert!(found.reason.unwrap().contains("memory_gb"));
    for (path, part) in [
        ("servers[7]", "1 elements and no [7]"),
        ("servers.spec", "is a list of 1"),
        ("servers[0].spec.cpu.x", "holds no fields"),
        ("servers[0", "is not a path"),
        ("", "it is empty"),
    ] {
        let found = refused(&pool, TEXT, path).await;
        assert!(found.message.contains(part), "{path}: {found:?}");
    }
    assert_eq!(refused(&pool, "{ a = ", "a").await.code, "syntax");
    assert_eq!(
        refused(&pool, "{ region = 1 }", "region").await.path.as_deref(),
        Some("region")
    );
    assert_well(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_like_a_secret_or_comes_from_data_is_not_shown() {
    let files = InMemory::new().with("keys.json", "{\"password\": \"hunter2\", \"plan\": \"t3.micro\"}");
    let pool = pool_of(Bounds::default(), files);
    let text = "let d = import \"keys.json\" in
{ provider = 'aws, servers = [{ name = \"a\", plan = d.plan, tags.db_password = \"hunter2\" }] }
";
    for path in ["servers[0].tags.db_password", "servers[0].plan"] {
        let shown = format!("{:?}", explained(&pool, text, path).await);
        assert!(
            !shown.contains("hunter2") && !shown.contains("t3.micro"),
            "{shown}"
        );
        assert!(shown.contains("(not shown)"), "{shown}");
    }
}
