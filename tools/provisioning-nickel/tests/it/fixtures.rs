//! Every constraint of every schema, and every rule between resources, held and broken.
//!
//! `valid/<schema>/*.ncl` hold. `invalid/<schema>/*.ncl` break one constraint each; the first line says how:
//! `# expect: <code> <path> <line>`, once for each finding. `fitting/<rule>/*.ncl` and `unfitting/<rule>/*.ncl` are the
//! same for `provisioning::check`: every contract holds, and the resources fit together or do not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use provisioning::cost::PriceBook;
use provisioning::{Asset, AssetKind, Assets, Diagnostic, Embedded, Evaluate, Evaluation, Source, check};
use provisioning_nickel::Pool;

use super::pool;

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(kind);
    let mut files = Vec::new();
    for schema in fs::read_dir(root).unwrap() {
        files.extend(
            fs::read_dir(schema.unwrap().path())
                .unwrap()
                .map(|file| file.unwrap().path()),
        );
    }
    files.sort();
    files
}

async fn evaluate(pool: &Pool, file: &Path) -> (Evaluation, String) {
    let text = fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let source = Source {
        name,
        text: text.clone(),
    };
    (pool.evaluate(source, true).await.unwrap(), text)
}

fn briefs(diagnostics: &[Diagnostic]) -> Vec<String> {
    let found = diagnostics.iter().map(|found| {
        let path = found.path.as_deref().unwrap_or("-");
        format!("{} {path} {}", found.code, found.line.unwrap_or_default())
    });
    found.collect()
}

fn expected(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# expect: "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn valid_fixtures_hold() {
    let pool = pool();
    for file in fixtures("valid") {
        let (evaluation, _) = evaluate(&pool, &file).await;
        let found = evaluation.diagnostics;
        assert!(
            found.is_empty() && evaluation.configuration.is_some(),
            "{}: {found:?}",
            file.display()
        );
    }
}

#[tokio::test]
async fn invalid_fixtures_break_what_they_say() {
    let pool = pool();
    let mut wrong = Vec::new();
    for file in fixtures("invalid") {
        let (evaluation, text) = evaluate(&pool, &file).await;
        let found = briefs(&evaluation.diagnostics);
        if evaluation.configuration.is_some() || found != expected(&text) {
            wrong.push(format!("{}: {found:?}", file.display()));
        }
        for finding in &evaluation.diagnostics {
            assert!(finding.reason.is_some(), "{}: {finding:?}", file.display());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn resources_fit_together_or_not_as_the_fixtures_say() {
    let pool = pool();
    let book = PriceBook::load(&Embedded).unwrap();
    let mut wrong = Vec::new();
    for file in fixtures("fitting").into_iter().chain(fixtures("unfitting")) {
        let (evaluation, text) = evaluate(&pool, &file).await;
        assert_eq!(evaluation.diagnostics, [], "{}", file.display());
        let diagnostics = check::with_catalogue(&evaluation.configuration.unwrap(), &book);
        let found = briefs(&diagnostics);
        if found != expected(&text) {
            wrong.push(format!("{}: {found:?}", file.display()));
        }
        for finding in diagnostics {
            assert!(finding.reason.is_some() && finding.hint.is_some(), "{finding:?}");
            assert!(finding.file.is_some() && finding.column.is_some(), "{finding:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Schemas that are no kind of resource, but what others are made of.
const PARTS: [&str; 2] = ["lib", "providers"];

#[test]
fn every_schema_has_fixtures_of_both_kinds() {
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (index, kind) in ["valid", "invalid"].into_iter().enumerate() {
        for file in fixtures(kind) {
            let schema = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
            counts.entry(schema.to_owned()).or_default()[index] += 1;
        }
    }
    let schemas = Embedded.list(AssetKind::Schema);
    assert!(schemas.len() >= 24, "{}", schemas.len());
    for Asset { path, .. } in schemas {
        let name = path.trim_end_matches(".ncl");
        let [valid, invalid] = counts.get(name).copied().unwrap_or_default();
        assert!(
            PARTS.contains(&name) || (valid >= 3 && invalid >= 8),
            "{name}: {valid} valid and {invalid} invalid fixtures"
        );
    }
}

#[test]
fn every_field_is_documented() {
    for Asset { path, text, .. } in Embedded.list(AssetKind::Schema) {
        let lines: Vec<_> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let next = lines.get(index + 1).map_or("", |next| next.trim());
            // A field of a schema stands alone on its line, its contracts follow.
            let is_field = line
                .trim()
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if is_field && !line.trim().is_empty() && next.starts_with("| ") {
                let rest = lines.iter().skip(index + 1).map(|line| line.trim());
                let mut own = rest.take_while(|line| line.starts_with("| "));
                assert!(own.any(|line| line.starts_with("| doc ")), "{path}: {line}");
            }
        }
    }
}
