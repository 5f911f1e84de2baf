//! Pages and contracts made from what `prov` declares, compared with the committed ones; `UPDATE=1` writes them.
//!
//! The contract is what a client gets on the wire, so it is read from the executable; the rest comes from the
//! declarations, without an evaluator.

use std::future::Future;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;

use clap::CommandFactory as _;
use policy::Policy;
use program::Config as _;
use prov::cli::Cli;
use prov::config::ProvConfig;
use prov::wiring;
use provisioning::evaluate::Error;
use provisioning::explain::{Explain, Explained};
use provisioning::query::{Inventory, Memory};
use provisioning::workspace::{InMemory, Workspace};
use provisioning::{Assets, Embedded, Evaluate, Evaluation, Format, Formatted, Source};
use serde_json::{Value, json};
use toolcall::Catalog;

use crate::run::World;

/// Most bytes of one tool's definition: a stand-in for 700 tokens of a model's context.
const DEFINITION_BYTES: usize = 2_800;
/// Most bytes of all definitions: a stand-in for 6,000 tokens of a model's context.
const DEFINITIONS_BYTES: usize = 24_000;
/// Most bytes of the whole list, with the schemas of answers, which clients read and models do not.
const LIST_BYTES: usize = 80 << 10;
/// Most bytes of the instructions, which every client puts before everything else.
const INSTRUCTIONS_BYTES: usize = 2 << 10;

/// Stands where an evaluator would; declaring tools evaluates nothing.
struct NoEvaluator;

impl Evaluate for NoEvaluator {
    fn evaluate<'a>(
        &'a self,
        _: Source,
        _: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Evaluation, Error>> + Send + 'a>> {
        Box::pin(async { Err(Error::Broken("nothing is evaluated here".to_owned())) })
    }
}

impl Explain for NoEvaluator {
    fn explain<'a>(
        &'a self,
        _: Source,
        _: String,
    ) -> Pin<Box<dyn Future<Output = Result<Explained, Error>> + Send + 'a>> {
        Box::pin(async { Err(Error::Broken("nothing is explained here".to_owned())) })
    }
}

impl Format for NoEvaluator {
    fn format<'a>(
        &'a self,
        _: Source,
    ) -> Pin<Box<dyn Future<Output = Result<Formatted, Error>> + Send + 'a>> {
        Box::pin(async { Err(Error::Broken("nothing is formatted here".to_owned())) })
    }
}

fn catalog() -> Catalog {
    let evaluate = Arc::new(NoEvaluator);
    let assets: Arc<dyn Assets> = Arc::new(Embedded);
    let workspace: Arc<dyn Workspace> = Arc::new(InMemory::new());
    let shelf = Arc::new(provisioning_tools::Shelf::new(Arc::clone(&assets)));
    let site = wiring::site(
        Path::new("."),
        &ProvConfig::default(),
        &settings::Environment::from_pairs::<String, String>([]),
        &assets,
    )
    .unwrap_or_else(|failure| panic!("{}", failure.to_text()));
    let inventory: Arc<dyn Inventory> = Arc::new(Memory::default());
    wiring::catalog(&evaluate, &shelf, &workspace, &site, &inventory).unwrap()
}

/// A path below the root of the repository.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn page(name: &str, text: &str) {
    testkit::snapshot(&at("rag-corpus/reference").join(name), text);
}

/// What a client gets for `tools/list` that may do everything.
fn listed() -> Vec<Value> {
    let world = World::new();
    let policies = world.workspace().join("policy");
    std::fs::create_dir(&policies).unwrap();
    std::fs::write(
        policies.join("everything.cedar"),
        "@id(\"everything\") permit (principal, action, resource);",
    )
    .unwrap();
    let mut command = world.command();
    let command = command
        .arg("--set")
        .arg(format!("policy.directory={}", policies.display()))
        .args(["mcp", "serve"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    let mut input = server.stdin.take().unwrap();
    writeln!(input, "{request}").unwrap();
    let mut answer = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut answer)
        .unwrap();
    drop(input);
    assert!(server.wait().unwrap().success());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["result"]["tools"]
        .as_array()
        .unwrap_or_else(|| panic!("no tools in {answer}"))
        .clone()
}

/// `value` as a file that people read in a diff.
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[test]
fn the_command_line_page() {
    page("cli/prov.md", &program::reference::command_line(Cli::command()));
}

#[test]
fn the_tools_page() {
    page("tools-prov.md", &program::reference::tools("prov", &catalog()));
}

#[test]
fn the_errors_page() {
    page("errors.md", &program::reference::errors());
}

#[test]
fn the_settings_page() {
    let table = settings::reference::<ProvConfig>(wiring::PROGRAM.prefix).unwrap();
    let workspace = match ProvConfig::WORKSPACE_SECTIONS {
        [] => "A workspace's file may set none of them".to_owned(),
        sections => format!(
            "A workspace's `.prov/config.toml` may set only {}",
            sections.join(", ")
        ),
    };
    let text = format!(
        "# Settings of `prov`\n\nGenerated from the declarations. A later layer wins: default, `/etc/prov/config.toml`, the \
         user's `config.toml`, environment, `--set`. {workspace}: it is other people's data.\n\n{table}"
    );
    page("config/prov.md", &text);
}

#[test]
fn the_policy_pages() {
    let catalog = catalog();
    let policy = Policy::load(&catalog, &[]).unwrap();
    assert_eq!(
        policy.warnings(),
        [] as [&str; 0],
        "a shipped policy can never apply"
    );
    let text = format!(
        "# Who may do what with `prov`\n\nGenerated from the shipped policies. `local` and `anonymous` callers show no token; \
         the others are tokens with that one role.\n\n{}",
        policy::matrix(&policy, &catalog)
    );
    page("policy-matrix.md", &text);
    page("policy-schema.cedarschema", &policy::schema(&catalog));
}

#[test]
fn the_contract_that_clients_see() {
    let folder = at("servers/prov/tests/snapshots");
    let tools = listed();
    testkit::snapshot(&folder.join("tools.json"), &pretty(&json!({ "tools": tools })));
    let mut names = vec!["tools".to_owned()];
    for tool in &tools {
        let name = tool["name"].as_str().unwrap();
        testkit::snapshot(&folder.join(format!("{name}.json")), &pretty(tool));
        names.push(name.to_owned());
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_contract = path.extension().is_some_and(|extension| extension == "json");
        assert!(
            !is_contract || names.contains(&stem),
            "there is no tool `{stem}` any more: keep its old name as an alias, and delete `{}`",
            path.display()
        );
    }
}

#[test]
fn every_schema_is_portable() {
    for tool in catalog().declarations() {
        for schema in std::iter::once(&tool.input_schema).chain(&tool.output_schema) {
            let broken = toolcall::lint(&Value::Object(schema.clone()));
            assert_eq!(broken, Vec::<String>::new(), "{}", tool.name);
        }
    }
}

#[test]
fn definitions_leave_room_for_the_conversation() {
    let tools = listed();
    let mut all = 0;
    for tool in &tools {
        let read = json!({
            "name": tool["name"], "title": tool["title"], "description": tool["description"],
            "inputSchema": tool["inputSchema"],
        });
        let bytes = read.to_string().len();
        all += bytes;
        assert!(
            bytes <= DEFINITION_BYTES,
            "{} has {bytes} bytes, more than {DEFINITION_BYTES}: say less, or split it",
            tool["name"]
        );
    }
    assert!(
        all <= DEFINITIONS_BYTES,
        "all definitions have {all} bytes, more than {DEFINITIONS_BYTES}"
    );
    let bytes = json!(tools).to_string().len();
    assert!(
        bytes <= LIST_BYTES,
        "the list has {bytes} bytes, more than {LIST_BYTES}"
    );
}

#[test]
fn the_instructions_are_short_and_name_what_exists() {
    let instructions = (wiring::PROGRAM.about)().instructions;
    assert!(
        instructions.len() <= INSTRUCTIONS_BYTES,
        "{} bytes",
        instructions.len()
    );
    let catalog = catalog();
    let words = instructions
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('_') && !word.contains(':'));
    for word in words {
        assert!(
            catalog.tool(word).is_some(),
            "the instructions name `{word}`, which is no tool"
        );
    }
}

#[test]
fn help_works_without_anything_else() {
    let world = World::new();
    for (arguments, wanted) in [
        (&["--help"][..], "validate"),
        (&["mcp", "--help"], "serve"),
        (&["-h"], "audit"),
    ] {
        let output = world.command().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && text.contains(wanted),
            "{arguments:?}: {text}"
        );
        assert!(output.stderr.is_empty(), "{arguments:?} talks on standard error");
    }
    assert!(
        !world.home().join("state").exists(),
        "asking for help leaves no trace"
    );
}
