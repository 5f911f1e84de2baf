//! Every shipped example does what its name says.

use provisioning::cost::PriceBook;
use provisioning::{AssetKind, Assets, Embedded, Evaluate, Source, check};

use super::pool;

#[tokio::test]
async fn examples_hold_except_the_broken_one() {
    let pool = pool();
    let book = PriceBook::load(&Embedded).unwrap();
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
        if let Some(configuration) = &evaluation.configuration {
            assert_eq!(
                check::with_catalogue(configuration, &book),
                [],
                "{}",
                example.path
            );
        }
    }
}
