//! From a worker's answer to the domain's types.

use std::collections::BTreeMap;

use provisioning::explain::{AppliedContract, Definition, Explanation, ValueOrigin};
use provisioning::{Diagnostic, Evaluation, Node, Number, Severity, Span, Value};

use crate::wire::{
    self, Finding, FlatContract, FlatNode, FlatOrigin, FlatPlace, FlatSpan, FlatValue, Outcome,
};

/// The evaluation that `outcome` describes. A tree that ends early is no tree.
pub(crate) fn evaluation(outcome: Outcome) -> Evaluation {
    let files = outcome.files;
    let mut nodes = outcome.nodes.into_iter();
    Evaluation {
        configuration: node(&mut nodes, &files).map(|(_, node)| node),
        diagnostics: outcome.findings.into_iter().map(diagnostic).collect(),
        assets: outcome.schemas,
    }
}

/// Recurses as deep as the worker let the tree become.
fn node(nodes: &mut impl Iterator<Item = FlatNode>, files: &[String]) -> Option<(Option<String>, Node)> {
    let FlatNode(name, span, value) = nodes.next()?;
    let value = match value {
        FlatValue::Null => Value::Null,
        FlatValue::Bool(value) => Value::Bool(value),
        FlatValue::Integer(number) => Value::Number(Number::Integer(number)),
        FlatValue::Real(number) => Value::Number(Number::Real(number)),
        FlatValue::Text(text) => Value::Text(text),
        FlatValue::List(count) => {
            let mut items = Vec::new();
            for _ in 0..count {
                items.push(node(nodes, files)?.1);
            }
            Value::List(items)
        }
        FlatValue::Record(count) => {
            let mut fields = BTreeMap::new();
            for _ in 0..count {
                let (name, field) = node(nodes, files)?;
                fields.insert(name.unwrap_or_default(), field);
            }
            Value::Record(fields)
        }
    };
    Some((
        name,
        Node {
            value,
            span: span.and_then(|span| place(span, files)),
        },
    ))
}

fn place(FlatSpan(file, line, column): FlatSpan, files: &[String]) -> Option<Span> {
    let file = usize::try_from(file).ok().and_then(|number| files.get(number))?;
    Some(Span {
        file: file.clone(),
        line,
        column,
    })
}

/// What the worker knows of a value.
pub(crate) fn explanation(explanation: wire::Explanation) -> Explanation {
    let span = |FlatPlace(file, line, column)| Span { file, line, column };
    Explanation {
        path: explanation.path,
        value: explanation.value,
        origin: match explanation.origin {
            FlatOrigin::Configuration => ValueOrigin::Configuration,
            FlatOrigin::Default => ValueOrigin::Default,
            FlatOrigin::Computed => ValueOrigin::Computed,
            FlatOrigin::Unset => ValueOrigin::Unset,
        },
        definitions: explanation
            .definitions
            .into_iter()
            .map(|definition| Definition {
                place: span(definition.place),
                text: definition.text,
                priority: definition.priority,
            })
            .collect(),
        contracts: explanation
            .contracts
            .into_iter()
            .map(|FlatContract(place, text)| AppliedContract {
                text,
                place: span(place),
            })
            .collect(),
        doc: explanation.doc,
        optional: explanation.optional,
        provenance: explanation.provenance,
    }
}

fn diagnostic(finding: Finding) -> Diagnostic {
    Diagnostic {
        severity: if finding.warning {
            Severity::Warning
        } else {
            Severity::Error
        },
        code: finding.code,
        message: finding.message,
        file: finding.file,
        line: finding.line,
        column: finding.column,
        path: finding.path,
        contract: finding.contract,
        value: finding.value,
        reason: finding.reason,
        hint: finding.hint,
    }
}
