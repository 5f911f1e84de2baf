//! Texts that would stop an evaluator in the same process.

use std::time::{Duration, Instant};

use provisioning::evaluate::{Bound, Error};
use provisioning::{Evaluate, Source};

use super::{assert_well, evaluate, pool};

/// Evaluates `text` and asserts that one of `bounds` stops it in time, and that the next evaluation works.
async fn check(text: &str, bounds: &[Bound]) {
    let pool = pool();
    let started = Instant::now();
    // Without strictness, what no schema knows is walked as well.
    let source = Source {
        name: "main.ncl".to_owned(),
        text: text.to_owned(),
    };
    let result = pool.evaluate(source, false).await;
    let start: String = text.chars().take(60).collect();
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "{start}: {:?}",
        started.elapsed()
    );
    match result {
        Err(Error::Bounded { bound, limit }) => {
            assert!(bounds.contains(&bound), "{start}: {bound:?}, {limit}");
            assert!(limit.chars().any(|letter| letter.is_ascii_digit()), "{limit}");
        }
        other => panic!("{start}: {other:?}"),
    }
    assert_well(&pool).await;
}

#[tokio::test]
async fn endless_recursion() {
    check(
        "let rec f = fun x => f x in f 1",
        &[Bound::Memory, Bound::Depth, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn growing_recursion() {
    check(
        "let rec f = fun x => 1 + f x in f 1",
        &[Bound::Memory, Bound::Depth, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn doubling_records() {
    let mut text = "let r0 = { a = 1, b = 1 } in ".to_owned();
    for number in 1..40 {
        text.push_str(&format!(
            "let r{number} = {{ a = r{0}, b = r{0} }} in ",
            number - 1
        ));
    }
    check(
        &format!("{text} {{ all = [r39] }}"),
        &[Bound::Size, Bound::Memory, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn endless_record() {
    check("let rec r = { a = r } in { all = r }", &[Bound::Depth]).await;
}

#[tokio::test]
async fn large_range() {
    check(
        "{ servers = std.array.range 0 100000000 }",
        &[Bound::Memory, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn large_string() {
    let text = "let rec grow = fun n s => if n == 0 then s else grow (n - 1) (s ++ s) in { environment = grow 26 \"x\" }";
    check(text, &[Bound::Size, Bound::Memory, Bound::Time]).await;
    check(
        "{ environment = std.string.join \"\" (std.array.replicate 50000000 \"x\") }",
        &[Bound::Size, Bound::Memory, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn large_source() {
    check(
        &format!("{{ environment = \"{}\" }}", "x".repeat(50 << 20)),
        &[Bound::Size],
    )
    .await;
}

#[tokio::test]
async fn deep_arrays() {
    check(
        &format!("{{ all = {}{} }}", "[".repeat(100_000), "]".repeat(100_000)),
        &[Bound::Depth, Bound::Memory, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn deep_records() {
    check(
        &format!("{}1{}", "{ a = ".repeat(100_000), "}".repeat(100_000)),
        &[Bound::Depth, Bound::Memory, Bound::Time],
    )
    .await;
}

#[tokio::test]
async fn moderately_deep_arrays() {
    check(
        &format!("{{ all = {}{} }}", "[".repeat(2_000), "]".repeat(2_000)),
        &[Bound::Depth],
    )
    .await;
}

/// Parentheses leave no trace, so a text may also be fine.
#[tokio::test]
async fn deep_parentheses_and_long_sums() {
    let pool = pool();
    let parentheses = format!(
        "{{ environment = {}\"x\"{} }}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    let sum = format!(
        "{{ servers = [{{ name = \"a\", provider = 'local, count = 1{} }}] }}",
        " + 1".repeat(100_000)
    );
    for text in [parentheses, sum] {
        match evaluate(&pool, &text).await {
            Err(Error::Bounded {
                bound: Bound::Depth | Bound::Memory | Bound::Time,
                ..
            }) => {}
            Ok(evaluation) => assert_eq!(evaluation.diagnostics, []),
            Err(other) => panic!("{other}"),
        }
        assert_well(&pool).await;
    }
}

#[tokio::test]
async fn slow_pattern() {
    let text = "{ environment = if std.string.is_match \"(a*)*(a*)*(a*)*$b\" (std.string.join \"\" (std.array.replicate \
                30000 \"a\")) then \"x\" else \"y\" }";
    let pool = pool();
    let result = evaluate(&pool, text).await;
    assert!(matches!(result, Ok(_) | Err(Error::Bounded { .. })), "{result:?}");
    assert_well(&pool).await;
}
