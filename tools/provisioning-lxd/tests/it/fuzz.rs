//! Whatever a server answers, reading it ends, and no operation leads to another path.

use std::time::Duration;

use provisioning_lxd::envelope::{Answer, operation, parse};

/// Pieces of answers: most rows of them are nearly right.
const PIECES: &[&str] = &[
    r#"{"type":"async","#,
    r#""operation":"/1.0/operations/ff081b90""#,
    r#","metadata":{"id":"ff081b90","status_code":103,"resources":{"instances":["/1.0/instances/web"]}}}"#,
    r#"{"type":"sync","metadata":"#,
    r#"{"type":"error","error_code":404,"error":"x"}"#,
    r#""id":"../../instances/web","#,
    r#""status_code":99999,"#,
    r#""error":null,"#,
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "\"",
    "\u{0}",
];

fn feed(bytes: &[u8]) {
    match parse(bytes) {
        Ok(Answer::Goes(operation)) => {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            assert!(
                !operation.id.is_empty() && operation.id.chars().all(fits),
                "{operation:?}"
            );
            let _ = (
                operation.goes_on(),
                operation.succeeded(),
                operation.concerns("web"),
            );
        }
        Ok(Answer::Done(json)) => drop(operation(&json)),
        Ok(Answer::Failed { .. }) | Err(_) => {}
    }
}

#[test]
fn arbitrary_answers() {
    bolero::check!()
        .with_iterations(5_000)
        .with_test_time(Duration::from_secs(5))
        .for_each(|bytes: &[u8]| feed(bytes));
}

#[test]
fn nearly_right_answers() {
    bolero::check!()
        .with_iterations(20_000)
        .with_test_time(Duration::from_secs(10))
        .with_type::<Vec<u8>>()
        .for_each(|choices| {
            let pieces = choices
                .iter()
                .map(|choice| PIECES[usize::from(*choice) % PIECES.len()]);
            feed(pieces.collect::<String>().as_bytes());
        });
}
