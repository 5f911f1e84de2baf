//! Arbitrary and nearly right texts: whatever comes in, the pool answers, and answers the next one as well.

use std::panic::RefUnwindSafe;
use std::time::Duration;

use provisioning::workspace::InMemory;
use provisioning_nickel::{Bounds, Pool};
use tokio::runtime::Runtime;

use super::{assert_well, evaluate, pool_of};

/// Pieces that texts are made of: enough to nest, recurse, import and break.
const PIECES: &[&str] = &[
    "{ ",
    " }",
    "[",
    "]",
    "(",
    ")",
    " = ",
    ", ",
    "servers",
    "name",
    "spec",
    "cpu",
    "\"web\"",
    "'aws",
    "1",
    "-3",
    "1e9",
    "let x = ",
    " in ",
    "x",
    "fun x => ",
    "x x",
    "import \"schemas/server.ncl\"",
    "import \"../x\"",
    " | ",
    "Number",
    " : ",
    "Array ",
    "std.array.range 0 100",
    "& ",
    "%{",
    "m%\"",
    "\"%",
    "..",
    "| default = ",
    "| optional",
    "# c\n",
    "if true then ",
    " else ",
    "match { ",
    "_ => ",
    "@ ",
    "null",
    "rec ",
    "std.fail_with \"a\"",
    "\n",
    "\0",
    "é",
    "%record/insert% ",
    "%seal% ",
    "| not_exported",
    "{ _ | String }",
    "{ _ : Dyn }",
    "forall a. ",
    "[| 'a |]",
];

struct Subject {
    runtime: Runtime,
    pool: Pool,
}

/// A panic ends the test, so nothing half done is ever looked at.
impl RefUnwindSafe for Subject {}

impl Subject {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let bounds = Bounds {
            wall: Duration::from_millis(500),
            ..Bounds::default()
        };
        Self {
            runtime,
            pool: pool_of(bounds, InMemory::new()),
        }
    }

    /// An answer of any kind is fine; silence, a panic or a broken worker is not.
    fn feed(&self, text: &str) {
        let result = self.runtime.block_on(evaluate(&self.pool, text));
        assert!(
            matches!(result, Ok(_) | Err(provisioning::evaluate::Error::Bounded { .. })),
            "{text:?}: {result:?}"
        );
    }
}

#[test]
fn arbitrary_texts() {
    let subject = Subject::new();
    bolero::check!()
        .with_iterations(300)
        .with_test_time(Duration::from_secs(10))
        .for_each(|bytes: &[u8]| {
            subject.feed(&String::from_utf8_lossy(bytes));
        });
    subject
        .runtime
        .block_on(async { assert_well(&subject.pool).await });
}

#[test]
fn nearly_right_texts() {
    let subject = Subject::new();
    bolero::check!()
        .with_iterations(600)
        .with_test_time(Duration::from_secs(15))
        .with_type::<Vec<u8>>()
        .for_each(|choices| {
            let pieces = choices
                .iter()
                .map(|choice| PIECES[usize::from(*choice) % PIECES.len()]);
            subject.feed(&pieces.collect::<String>());
        });
    subject
        .runtime
        .block_on(async { assert_well(&subject.pool).await });
}
