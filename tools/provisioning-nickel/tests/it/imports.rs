//! What a configuration may import, and what it may not.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::Duration;

use provisioning::evaluate::{Bound, Error};
use provisioning::workspace::{self, InMemory, Workspace};
use provisioning::{Asset, AssetKind, Assets, Embedded, Evaluate, Source};
use provisioning_nickel::{Bounds, Pool};

use super::{GOOD, assert_well, briefs, command, evaluate, pool, pool_of};

#[tokio::test]
async fn what_leads_out_of_the_workspace_is_refused() {
    let pool = pool();
    for (text, place) in [
        ("import \"/etc/passwd\"", "1:1"),
        ("\n  import \"/etc/passwd\" as 'Text", "2:3"),
        ("import \"../x\"", "1:1"),
        ("{ servers = import \"a/../../x.json\" }", "1:13"),
        ("{ a | (import \"/etc/passwd\") = 1 }", "1:7"),
        ("{ a : (import \"/etc/passwd\") = 1 }", "1:7"),
        (
            "let f | (import \"../x.ncl\") -> Number = fun x => 1 in f 1",
            "1:9",
        ),
        ("import package", "1:1"),
        ("import \"%inmem_src%:std\"", "1:1"),
        ("import \"schemas/servers.ncl\"", "1:1"),
        ("import \"schemas/server.ncl\" as 'Text", "1:1"),
        ("import \"file:///etc/passwd\" as 'Text", "1:1"),
        ("match { 1 => import \"/etc/passwd\" as 'Text }", "1:14"),
        ("\"%{import \"/etc/passwd\" as 'Text}\"", "1:4"),
    ] {
        let found = briefs(&pool, text).await;
        assert_eq!(found, [format!("import_refused - {place}")], "{text}");
    }
    assert_well(&pool).await;
}

#[tokio::test]
async fn refusals_name_rule_and_allowance() {
    let evaluation = evaluate(&pool(), "import \"schemas/sever.ncl\"").await.unwrap();
    let found = &evaluation.diagnostics[0];
    assert_eq!(
        found.message,
        "cannot import `schemas/sever.ncl`: the workspace has no `schemas/sever.ncl`"
    );
    assert!(
        found
            .hint
            .as_deref()
            .unwrap()
            .starts_with("did you mean `schemas/server.ncl`? import shipped"),
        "{found:?}"
    );
}

#[tokio::test]
async fn shipped_schemas_and_workspace_files_come_in() {
    let workspace = InMemory::new()
        .with(
            "clusters/defaults.ncl",
            "{ provider = 'local } & (import \"deep/more.json\")",
        )
        .with("clusters/deep/more.json", "{ \"plan\": \"small\" }")
        .with("names.yaml", "- web-1\n- web-2\n")
        .with("size.toml", "cpu = 8\n")
        .with("note.txt", "for tests");
    let pool = pool_of(Bounds::default(), workspace);
    let text = "let Server = import \"schemas/server.ncl\" in
        let defaults = import \"defaults.ncl\" in
        let one = { name = \"typed\", role = import \"note.txt\" } & defaults in
        {
          servers = [one | Server] @ std.array.map
            (fun label => { name = label, spec = import \"size.toml\" } & defaults)
            (import \"names.yaml\")
        }";
    let source = Source {
        name: "clusters/main.ncl".to_owned(),
        text: text.to_owned(),
    };
    let evaluation = pool.evaluate(source, true).await.unwrap();
    assert_eq!(evaluation.diagnostics, []);
    assert!(
        evaluation
            .assets
            .contains(&"builtin:schemas/server.ncl".to_owned())
    );
    let configuration = evaluation.configuration.unwrap();
    let servers = configuration.get("servers").unwrap().items();
    assert_eq!(servers.len(), 3);
    assert_eq!(servers[2].get("name").and_then(|name| name.text()), Some("web-2"));
    assert_eq!(servers[2].at("spec.cpu").and_then(|cpu| cpu.integer()), Some(8));
    let plan = servers[0].get("plan").unwrap();
    assert_eq!(plan.text(), Some("small"));
    assert_eq!(plan.span.as_ref().unwrap().file, "clusters/deep/more.json");
}

#[tokio::test]
async fn changed_files_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("name.txt");
    let pool = pool_of(Bounds::default(), OnDisk(folder.path().to_owned()));
    for name in ["one", "two"] {
        fs::write(&path, name).unwrap();
        let evaluation = evaluate(&pool, "{ environment = import \"name.txt\" }")
            .await
            .unwrap();
        let configuration = evaluation.configuration.unwrap();
        assert_eq!(
            configuration.get("environment").and_then(|name| name.text()),
            Some(name)
        );
    }
}

#[tokio::test]
async fn the_workspaces_refusal_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/etc/passwd", folder.path().join("link.txt")).unwrap();
    let pool = pool_of(Bounds::default(), OnDisk(folder.path().to_owned()));
    assert_eq!(
        briefs(&pool, "import \"link.txt\"").await,
        ["import_refused - 1:1"]
    );
}

#[tokio::test]
async fn circles_and_chains_end() {
    let chain = (0..40).fold(InMemory::new(), |workspace, number| {
        workspace.with(
            &format!("c{number}.ncl"),
            &format!("import \"c{}.ncl\"", number + 1),
        )
    });
    let many: String = (0..70)
        .map(|number| format!("import \"m{number}.txt\","))
        .collect();
    let wide = (0..70).fold(chain, |workspace, number| {
        workspace.with(&format!("m{number}.txt"), "x")
    });
    let circle = wide
        .with("a.ncl", "import \"b.ncl\"")
        .with("b.ncl", "import \"a.ncl\"");
    let pool = pool_of(Bounds::default(), circle);
    for text in [
        "import \"main.ncl\"",
        "import \"a.ncl\"",
        "{ a = import \"main.ncl\" }",
    ] {
        match evaluate(&pool, text).await {
            Ok(evaluation) => assert!(!evaluation.diagnostics.is_empty(), "{text}"),
            Err(error) => assert!(matches!(error, Error::Bounded { .. }), "{text}: {error}"),
        }
        assert_well(&pool).await;
    }
    for text in ["import \"c0.ncl\"", &format!("{{ servers = [{many}] }}")] {
        let result = evaluate(&pool, text).await;
        assert!(
            matches!(
                result,
                Err(Error::Bounded {
                    bound: Bound::Imports,
                    ..
                })
            ),
            "{result:?}"
        );
        assert_well(&pool).await;
    }
}

/// The shipped schemas with one of them replaced.
struct Overridden(&'static str, &'static str);

impl Assets for Overridden {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let mut assets = Embedded.list(kind);
        for asset in assets.iter_mut().filter(|asset| asset.path == self.0) {
            asset.text = self.1.into();
            asset.origin = format!(".prov/schemas/{}", self.0);
        }
        assets
    }
}

fn overridden(path: &'static str, text: &'static str) -> Pool {
    let bounds = Bounds {
        wall: Duration::from_secs(1),
        ..Bounds::default()
    };
    let assets = Arc::new(Overridden(path, text));
    Pool::new(command(), bounds, assets, Arc::new(InMemory::new()))
}

#[tokio::test]
async fn a_workspace_may_replace_a_schema() {
    let pool = overridden("server.ncl", "{ hostname | String, .. }");
    let evaluation = evaluate(&pool, "{ provider = 'local, servers = [{ hostname = \"a\" }] }")
        .await
        .unwrap();
    assert_eq!(evaluation.diagnostics, []);
    assert!(evaluation.assets.contains(&".prov/schemas/server.ncl".to_owned()));
    assert!(evaluation.assets.contains(&"builtin:schemas/lib.ncl".to_owned()));
}

#[tokio::test]
async fn a_broken_schema_is_reported_as_such() {
    for (text, code) in [
        ("{ name | ", "syntax"),
        ("import \"/etc/passwd\"", "import_refused"),
    ] {
        let found = evaluate(&overridden("server.ncl", text), GOOD)
            .await
            .unwrap()
            .diagnostics;
        assert_eq!(found[0].code, code);
        assert_eq!(found[0].file.as_deref(), Some(".prov/schemas/server.ncl"));
    }
}

#[tokio::test]
async fn an_endless_schema_is_bounded() {
    let pool = overridden("configuration.ncl", "let rec f = fun x => f x in f 1");
    let result = evaluate(&pool, GOOD).await;
    assert!(matches!(result, Err(Error::Bounded { .. })), "{result:?}");
}

/// Follows the rules of the port with little effort; the real one has tests of its own.
struct OnDisk(std::path::PathBuf);

impl Workspace for OnDisk {
    fn read(&self, relative: &str) -> Result<String, workspace::Error> {
        workspace::check(relative)?;
        let path = self.0.join(relative);
        if path.is_symlink() {
            let why = "a symbolic link".to_owned();
            return Err(workspace::Error::Refused {
                path: relative.to_owned(),
                why,
            });
        }
        fs::read_to_string(path).map_err(|_| workspace::Error::Absent {
            path: relative.to_owned(),
        })
    }
}
