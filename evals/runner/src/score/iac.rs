//! Configurations from descriptions. Each step counts only if the one before it held: the intent is what was asked for
//! and nothing else, the files hold, they are priced where there are prices, the same text holds for `validate_config`,
//! and paraphrases give the same configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Case, Report, case::Expect};
use crate::executables::Executables;
use crate::failure::Failure;
use crate::wire::{Answer, Era, Pipe};

/// Asks for every case.
pub(super) async fn score(cases: &[Case], executables: &Executables) -> Result<Report, Failure> {
    let mut prov = Pipe::start(&executables.serve("prov", &[]), Era::Stateless).await?;
    let mut report = Report::new("iac");
    let mut groups: BTreeMap<&str, String> = BTreeMap::new();
    for case in cases {
        let answer = prov.call("generate_config", &case.input).await?;
        let mut problem = judge(&case.expect, &answer);
        if let (None, Expect::Intent { .. }, Answer::Result(output)) = (&problem, &case.expect, &answer) {
            problem = again(&mut prov, output).await?;
            if let (None, Some(group)) = (&problem, case.group.as_deref()) {
                let text = without_words(output);
                let first = groups.entry(group).or_insert_with(|| text.clone());
                problem = (*first != text)
                    .then(|| format!("paraphrases of group `{group}` give different configurations"));
            }
        }
        report.add(case, problem);
    }
    prov.leave().await;
    Ok(report)
}

/// What is wrong with the answer, if anything is.
fn judge(expect: &Expect, answer: &Answer) -> Option<String> {
    match (expect, answer) {
        (Expect::Intent { intent }, Answer::Result(output)) => accepted(intent, output),
        (Expect::Unclear { not_understood }, Answer::Result(output)) => unclear(not_understood, output),
        (Expect::Refusal { refused, says }, Answer::Refusal { code, text }) => {
            if code != refused {
                return Some(format!("refused with `{code}` instead of `{refused}`: {text}"));
            }
            let lower = text.to_lowercase();
            let missing = says.iter().find(|word| !lower.contains(&word.to_lowercase()));
            missing.map(|word| format!("the refusal does not say `{word}`: {text}"))
        }
        (Expect::Refusal { .. }, Answer::Result(output)) => {
            Some(format!("was to be refused and is `{}`", text(output, "/summary")))
        }
        (Expect::Query(_) | Expect::Asked { .. }, _) => Some("is no case of this suite".to_owned()),
        (_, Answer::Refusal { code, text }) => Some(format!("refused with `{code}`: {text}")),
    }
}

fn accepted(intent: &Value, output: &Value) -> Option<String> {
    if text(output, "/status") != "ok" {
        return Some(format!("is not understood whole: {}", text(output, "/summary")));
    }
    let got = output.get("intent").unwrap_or(&Value::Null);
    if got != intent {
        return Some(format!("gives the intent {got}"));
    }
    if output.get("valid") != Some(&Value::Bool(true)) {
        return Some(format!(
            "does not hold: {}",
            output.get("errors").unwrap_or(&Value::Null)
        ));
    }
    let priced = output.pointer("/cost/totals").and_then(Value::as_array).is_some();
    (!priced).then(|| "is not priced".to_owned())
}

fn unclear(expected: &[String], output: &Value) -> Option<String> {
    let found: Vec<&str> = output
        .get("not_understood")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|words| words.get("text")?.as_str())
        .collect();
    if found != expected {
        return Some(format!("reports {found:?}"));
    }
    let files = output.get("files").and_then(Value::as_array).map_or(0, Vec::len);
    (files != 0).then(|| "gives files although words are not understood".to_owned())
}

/// Whether the text also holds for the tools that take it from here.
async fn again(prov: &mut Pipe, output: &Value) -> Result<Option<String>, Failure> {
    let arguments = Map::from_iter([("config".to_owned(), json!(text(output, "/config")))]);
    for tool in ["validate_config", "estimate_cost"] {
        match prov.call(tool, &arguments).await? {
            Answer::Refusal { text, .. } => return Ok(Some(format!("`{tool}` refuses it: {text}"))),
            Answer::Result(answer) if answer.get("valid") == Some(&Value::Bool(false)) => {
                return Ok(Some(format!(
                    "`{tool}` finds errors: {}",
                    text(&answer, "/summary")
                )));
            }
            Answer::Result(_) => {}
        }
    }
    Ok(None)
}

/// The configuration without the comments that quote the description.
fn without_words(output: &Value) -> String {
    let quotes = |line: &&str| !line.trim_start().starts_with("# from ");
    text(output, "/config")
        .lines()
        .filter(quotes)
        .collect::<Vec<_>>()
        .join("\n")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(intent: &Value) -> Value {
        json!({"status": "ok", "intent": intent, "valid": true, "cost": {"totals": []}})
    }

    #[test]
    fn what_was_not_asked_for_fails() {
        let intent = json!({"provider": "aws", "region": "us-east-1"});
        assert_eq!(accepted(&intent, &answer(&intent)), None);
        let more = answer(&json!({"provider": "aws", "region": "us-east-1", "network": {}}));
        assert!(accepted(&intent, &more).is_some());
        let mut broken = answer(&intent);
        broken["valid"] = json!(false);
        assert!(accepted(&intent, &broken).is_some());
        broken = answer(&intent);
        broken["cost"] = Value::Null;
        assert!(accepted(&intent, &broken).is_some());
    }

    #[test]
    fn a_refusal_must_be_the_right_one() {
        let expect = Expect::Refusal {
            refused: "unknown_value".to_owned(),
            says: vec!["moon".to_owned()],
        };
        let refusal = |code: &str, text: &str| Answer::Refusal {
            code: code.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(
            judge(&expect, &refusal("unknown_value", "no region `Moon`")),
            None
        );
        assert!(judge(&expect, &refusal("empty_input", "moon")).is_some());
        assert!(judge(&expect, &refusal("unknown_value", "mars")).is_some());
        assert!(judge(&expect, &Answer::Result(json!({}))).is_some());
    }
}
