//! Layer 7: what carrying it out would come to, as far as that can be said without a provider.

use crate::cost::{Currency, Estimate, Money};
use crate::{Diagnostic, Node, Severity};

/// Whether the month stays within the budget that the configuration names.
pub(super) fn check(configuration: &Node, estimate: &Estimate) -> Vec<Diagnostic> {
    let limit = configuration.at("budget.max_monthly");
    let Some(most) = limit.and_then(amount) else {
        return Vec::new();
    };
    let currency = configuration
        .at("budget.currency")
        .and_then(Node::text)
        .and_then(Currency::parse);
    let Some(currency) = currency else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut say = |severity: Severity, code: &str, message: String, hint: &str| {
        let span = limit.and_then(|node| node.span.as_ref());
        findings.push(Diagnostic {
            severity,
            file: span.map(|span| span.file.clone()),
            line: span.map(|span| span.line),
            column: span.map(|span| span.column),
            path: Some("budget.max_monthly".to_owned()),
            hint: Some(hint.to_owned()),
            ..Diagnostic::error(code, message)
        });
    };
    for total in &estimate.totals {
        if total.currency != currency {
            let message = format!(
                "the budget is in {currency}, and {} a month are in {}: nothing is converted",
                total.currency.show(total.monthly),
                total.currency
            );
            say(
                Severity::Warning,
                "budget_currency",
                message,
                "name the budget in the currency of the provider",
            );
        } else if total.monthly > most {
            let message = format!(
                "it costs {} a month, which is over the budget of {}",
                currency.show(total.monthly),
                currency.show(most)
            );
            say(
                Severity::Warning,
                "over_budget",
                message,
                "take smaller plans or fewer of them, or raise the budget",
            );
        }
    }
    findings
}

/// An amount of money; none if it is no number or too large for one.
fn amount(node: &Node) -> Option<Money> {
    match &node.value {
        crate::Value::Number(number) => Money::parse(&number.to_string()),
        _ => None,
    }
}
