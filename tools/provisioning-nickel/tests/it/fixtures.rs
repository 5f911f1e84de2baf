//! Every constraint of every schema, held and broken.
//!
//! `valid/<schema>/*.ncl` hold. `invalid/<schema>/*.ncl` break one constraint each; the first line says how:
//! `# expect: <code> <path> <line>`, once for each finding.

use std::fs;
use std::path::{Path, PathBuf};

use provisioning::{Evaluate, Source};
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

async fn findings(pool: &Pool, file: &Path) -> (Vec<String>, bool, String) {
    let text = fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let evaluation = pool
        .evaluate(
            Source {
                name,
                text: text.clone(),
            },
            true,
        )
        .await
        .unwrap();
    let found = evaluation.diagnostics.iter().map(|found| {
        let path = found.path.as_deref().unwrap_or("-");
        format!("{} {path} {}", found.code, found.line.unwrap_or_default())
    });
    (found.collect(), evaluation.configuration.is_some(), text)
}

#[tokio::test]
async fn valid_fixtures_hold() {
    let pool = pool();
    let files = fixtures("valid");
    assert!(files.len() >= 12, "{}", files.len());
    for file in files {
        let (found, complete, _) = findings(&pool, &file).await;
        assert!(found.is_empty() && complete, "{}: {found:?}", file.display());
    }
}

#[tokio::test]
async fn invalid_fixtures_break_what_they_say() {
    let pool = pool();
    let files = fixtures("invalid");
    assert!(files.len() >= 32, "{}", files.len());
    for file in files {
        let (found, complete, text) = findings(&pool, &file).await;
        let expected: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expect: "))
            .collect();
        assert!(!complete, "{}", file.display());
        assert_eq!(found, expected, "{}", file.display());
    }
}
