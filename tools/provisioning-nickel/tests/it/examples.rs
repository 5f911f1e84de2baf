//! Every shipped example does what its name says.

use provisioning::{AssetKind, Assets, Embedded, Evaluate, Source};

use super::pool;

#[tokio::test]
async fn examples_hold_except_the_broken_one() {
    let pool = pool();
    let examples = Embedded.list(AssetKind::Example);
    assert!(examples.len() >= 4);
    for example in examples {
        let source = Source {
            name: example.path.clone(),
            text: example.text.into_owned(),
        };
        let evaluation = pool.evaluate(source, true).await.unwrap();
        assert_eq!(
            evaluation.diagnostics.is_empty(),
            example.path != "broken.ncl",
            "{}: {:?}",
            example.path,
            evaluation.diagnostics
        );
    }
}
