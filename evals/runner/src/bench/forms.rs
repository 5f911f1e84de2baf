//! How long it takes to hold the answers of a form against its rules, in the process, without rendering.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use provisioning::Embedded;
use provisioning::cost::PriceBook;
use provisioning::form::{Answers, Form, Value};
use provisioning::intent::Catalogue;

use super::report::Report;
use crate::failure::Failure;

/// Checks in one sample: one alone is shorter than the clock is exact.
const CHECKS: u32 = 200;
/// Samples of a round.
const SAMPLES: usize = 20;

/// The forms, and answers that exercise conditions, options and rules.
const FORMS: [(&str, &[(&str, &str)]); 3] = [
    (
        "cluster",
        &[
            ("provider", "aws"),
            ("region", "eu-central-1"),
            ("workers", "5"),
            ("autoscaling", "yes"),
            ("min_workers", "3"),
            ("max_workers", "9"),
            ("worker_size", "large"),
            ("addons", "prometheus, cert_manager"),
        ],
    ),
    (
        "server",
        &[
            ("provider", "aws"),
            ("sized_by", "plan"),
            ("plan", "t3.medium"),
            ("os", "ubuntu"),
            ("open_ports", "80, 443"),
        ],
    ),
    (
        "monitoring",
        &[
            ("provider", "hetzner"),
            ("contact", "me@example.com"),
            ("alert_cpu_percent", "90"),
        ],
    ),
];

/// Checks the answers of each form.
pub(super) fn round(report: &mut Report) -> Result<(), Failure> {
    let book = PriceBook::load(&Embedded)
        .map_err(|error| Failure::new("the price lists cannot be read").because(&error))?;
    let catalogue = Catalogue::new(Arc::new(book), &Embedded);
    for (name, pairs) in FORMS {
        let form = Form::load(name, &Embedded, &catalogue)
            .map_err(|error| Failure::new(format!("the form `{name}` cannot be read")).because(&error))?;
        let typed = |(key, typed): &(&str, &str)| {
            let value = form
                .field(key)
                .map_or_else(|| Value::from(*typed), |field| field.kind.read(typed));
            ((*key).to_owned(), value)
        };
        let answers: Answers = pairs.iter().map(typed).collect();
        if let Err(wrong) = form.check(&answers, &catalogue) {
            let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            return Err(Failure::new(format!(
                "the answers to `{name}` do not hold: {}",
                said.join("; ")
            )));
        }
        let mut times = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let began = Instant::now();
            for _ in 0..CHECKS {
                let _ = black_box(form.check(black_box(&answers), &catalogue));
            }
            times.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(CHECKS));
        }
        report.add(
            &format!("check the answers of the form {name}"),
            "µs",
            "prov, in the process",
            times,
        );
    }
    Ok(())
}
