//! Texts in the one layout: comments stay, nothing else is said, and a text that does not parse says where.

use std::path::Path;

use provisioning::evaluate::{Bound, Error};
use provisioning::{Format, Formatted, Source};
use provisioning_nickel::{Bounds, Pool};

use crate::{InMemory, assert_well, pool, pool_of};

async fn format(pool: &Pool, text: &str) -> Result<Formatted, Error> {
    pool.format(Source {
        name: "main.ncl".to_owned(),
        text: text.to_owned(),
    })
    .await
}

async fn formatted(pool: &Pool, text: &str) -> String {
    let formatted = format(pool, text).await.unwrap();
    assert_eq!(formatted.diagnostics, [], "{text}");
    formatted.text.unwrap()
}

/// The comments of `text`, in order.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.split_once("# "));
    lines.map(|(_, comment)| comment.trim_end()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_stay_where_they_are() {
    let pool = pool();
    let text = "# first\n{ # inside\n  a=1, # one\n  # two\n  b   = [1,\n2], # three\n# last\n}\n# end\n";
    let out = formatted(&pool, text).await;
    assert_eq!(comments(&out), comments(text), "{out}");
    assert_eq!(formatted(&pool, &out).await, out);
}

#[tokio::test(flavor = "multi_thread")]
async fn shipped_texts_keep_their_comments_and_come_to_rest() {
    let pool = pool();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provisioning");
    for folder in ["schemas", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            // One example is broken on purpose, in its values; it parses.
            if path.extension().is_none_or(|extension| extension != "ncl") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let out = formatted(&pool, &text).await;
            assert_eq!(comments(&out), comments(&text), "{}", path.display());
            assert_eq!(formatted(&pool, &out).await, out, "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_does_not_parse_says_where() {
    let pool = pool();
    let answer = format(&pool, "{\n  a = 1\n  b = 2,\n}\n").await.unwrap();
    assert_eq!(answer.text, None);
    let found = &answer.diagnostics[0];
    assert_eq!(
        (found.code.as_str(), found.line, found.column),
        ("syntax", Some(3), Some(5))
    );
    let blank = format(&pool, "# nothing\n").await.unwrap();
    assert_eq!(blank.diagnostics[0].code, "empty");
    // What it imports is not looked at.
    assert_eq!(
        formatted(&pool, "import   \"absent.ncl\"").await,
        "import \"absent.ncl\"\n"
    );
    assert_well(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_text_hits_a_bound_and_the_pool_goes_on() {
    let pool = pool_of(
        Bounds {
            wall: std::time::Duration::from_secs(2),
            ..Bounds::default()
        },
        InMemory::new(),
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("[{}]", "{a=1},".repeat(200_000));
    for text in [deep, long] {
        match format(&pool, &text).await {
            Err(Error::Bounded {
                bound: Bound::Time | Bound::Depth | Bound::Memory,
                ..
            }) => {}
            Ok(formatted) if formatted.text.is_none() => {}
            other => panic!(
                "{:?}",
                other.map(|formatted| formatted.text.map(|text| text.len()))
            ),
        }
    }
    assert_well(&pool).await;
}
