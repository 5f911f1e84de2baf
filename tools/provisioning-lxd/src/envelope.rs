//! What LXD answers with: a result, an operation that goes on, or an error. Foreign bytes come in here and nowhere else.

use serde::Deserialize;
use serde_json::Value as Json;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is done, and this is the result.
    Done(Json),
    /// It goes on, as this operation.
    Goes(Operation),
    /// It failed.
    Failed {
        /// The status, as in HTTP.
        code: u16,
        /// Why.
        message: String,
    },
}

/// Something that goes on, or has ended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Operation {
    /// Its id: letters, digits and dashes only.
    pub id: String,
    /// What it does, such as `Creating instance`.
    #[serde(default)]
    pub description: String,
    /// 100 to 199 while it goes on, 200 when it is done, 400 and more when it has failed.
    #[serde(default)]
    pub status_code: u16,
    /// Why it has failed.
    #[serde(default)]
    pub err: String,
    /// What it is about, by kind.
    #[serde(default)]
    pub resources: Json,
    /// What came of it.
    #[serde(default)]
    pub metadata: Json,
}

impl Operation {
    /// Whether it goes on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.status_code < 200
    }

    /// Whether it was done.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status_code == 200
    }

    /// Whether it is about the instance `name`.
    #[must_use]
    pub fn concerns(&self, name: &str) -> bool {
        let about = self.resources.get("instances").and_then(Json::as_array);
        let named = |path: &Json| {
            let last = path.as_str().and_then(|path| path.rsplit('/').next());
            // With a project, the path ends with a query.
            last.is_some_and(|last| last.split('?').next() == Some(name))
        };
        about.is_some_and(|paths| paths.iter().any(named))
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    operation: Option<String>,
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    metadata: Json,
}

/// Reads an answer; what is wrong with it, if it is none.
///
/// # Errors
///
/// What is wrong, for people.
pub fn parse(bytes: &[u8]) -> Result<Answer, String> {
    let raw: Raw =
        serde_json::from_slice(bytes).map_err(|error| format!("the answer is not of LXD: {error}"))?;
    match raw.kind.as_str() {
        "sync" => Ok(Answer::Done(raw.metadata)),
        "error" => Ok(Answer::Failed {
            code: raw.error_code,
            message: raw.error.unwrap_or_default(),
        }),
        "async" => {
            let path = raw.operation.unwrap_or_default();
            // The answer may be about other things than the operation, whose path is all that is certain.
            let operation = operation(&raw.metadata).unwrap_or_else(|_| Operation {
                id: path.rsplit('/').next().unwrap_or_default().to_owned(),
                description: String::new(),
                status_code: 100,
                err: String::new(),
                resources: Json::Null,
                metadata: Json::Null,
            });
            checked(operation).map(Answer::Goes)
        }
        other => Err(format!("the answer is of an unknown type `{}`", short(other))),
    }
}

/// Reads an operation.
///
/// # Errors
///
/// What is wrong, for people.
pub fn operation(json: &Json) -> Result<Operation, String> {
    let operation = Operation::deserialize(json).map_err(|error| format!("that is no operation: {error}"))?;
    checked(operation)
}

/// Its id becomes part of a path.
fn checked(operation: Operation) -> Result<Operation, String> {
    let id = &operation.id;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if id.is_empty() || id.len() > 64 || !id.chars().all(fits) {
        return Err(format!("`{}` is no id of an operation", short(id)));
    }
    Ok(operation)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // As LXD 5.0.2 wrote them.
    const CREATING: &str = r#"{"type":"async","status":"Operation created","status_code":100,"operation":"/1.0/operations/ff081b90-07d6-4493-b17d-98a0c6a21acd","error_code":0,"error":"","metadata":{"id":"ff081b90-07d6-4493-b17d-98a0c6a21acd","class":"task","description":"Creating instance","created_at":"2026-11-24T20:18:09.877946633Z","updated_at":"2026-11-24T20:18:09.877946633Z","status":"Running","status_code":103,"resources":{"containers":["/1.0/containers/r1"],"instances":["/1.0/instances/r1"]},"metadata":null,"may_cancel":false,"err":"","location":"none"}}"#;
    const ABSENT: &str = r#"{"type":"error","status":"","status_code":0,"operation":"","error_code":404,"error":"Instance not found","metadata":null}"#;
    const MADE: &str = r#"{"type":"sync","status":"Success","status_code":200,"operation":"","error_code":0,"error":"","metadata":null}"#;

    #[test]
    fn answers_of_lxd_are_read() {
        let Ok(Answer::Goes(operation)) = parse(CREATING.as_bytes()) else {
            panic!("{:?}", parse(CREATING.as_bytes()));
        };
        assert!(operation.goes_on() && operation.concerns("r1") && !operation.concerns("r"));
        assert_eq!(operation.description, "Creating instance");
        assert_eq!(parse(MADE.as_bytes()), Ok(Answer::Done(Json::Null)));
        let absent = Answer::Failed {
            code: 404,
            message: "Instance not found".to_owned(),
        };
        assert_eq!(parse(ABSENT.as_bytes()), Ok(absent));
    }

    #[test]
    fn an_operation_does_not_lead_elsewhere() {
        for id in ["", "..", "a/../../instances/x", "a?b", &"a".repeat(65)] {
            let answer = format!(
                r#"{{"type":"async","operation":"/1.0/operations/{id}","metadata":{{"id":"{id}"}}}}"#
            );
            let read = parse(answer.as_bytes());
            assert!(
                !matches!(&read, Ok(Answer::Goes(operation)) if operation.id == id),
                "{read:?}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_says_so() {
        for text in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"type":"odd"}"#,
            r#"{"type":"async"}"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
