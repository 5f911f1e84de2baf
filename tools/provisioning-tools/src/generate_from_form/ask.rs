//! What the client is asked when answers are missing: one round for each group, in flat primitives.

use std::collections::BTreeMap;

use provisioning::form::{Answers, Breach, Form, Value as Answer};
use provisioning::intent::Catalogue;
use serde_json::{Map, Value};
use toolcall::{Ask, Capability, ErrorKind, Granted, Question, ToolError};

use crate::form_schema;

/// The key of the question of a round.
const KEY: &str = "form";

/// Whether the client can be asked, and did not say no.
pub(super) fn can(granted: &Granted) -> bool {
    let answers = granted.answers();
    let declined = answers.by_key.contains_key(KEY) && answers.form(KEY).is_none();
    granted.client().has(Capability::Elicitation) && !declined
}

/// The answers of the call and of every round before.
pub(super) fn answers(
    granted: &Granted,
    form: &Form,
    given: &Map<String, Value>,
) -> Result<Answers, ToolError> {
    let mut answers = Answers::new();
    for (key, value) in given {
        answers.insert(key.clone(), read(value)?);
    }
    if let Some(state) = granted.answers().state.as_deref() {
        let earlier: Answers = serde_json::from_str(state).map_err(|error| {
            ToolError::new(ErrorKind::Internal, "the answers so far cannot be read").because(error)
        })?;
        answers.extend(earlier);
    }
    let round = granted.answers().form(KEY).and_then(Value::as_object);
    for (key, value) in round.into_iter().flatten() {
        let answer = match (form.field(key), value.as_str()) {
            // A question of the form that the user left empty.
            (Some(_), Some("")) => continue,
            // Lists are asked as text, because a form of a client has no lists.
            (Some(field), Some(typed)) => field.kind.read(typed),
            _ => read(value)?,
        };
        answers.insert(key.clone(), answer);
    }
    Ok(answers)
}

/// The questions of the first group in which something required is missing, if that is all that is wrong.
pub(super) fn missing(
    granted: &Granted,
    form: &Form,
    given: &Map<String, Value>,
    catalogue: &Catalogue,
) -> Result<Option<Ask>, ToolError> {
    let answers = answers(granted, form, given)?;
    let Err(wrong) = form.check(&answers, catalogue) else {
        return Ok(None);
    };
    if wrong.iter().any(|one| one.kind != Breach::Missing) {
        return Ok(None);
    }
    let open = form.open(&answers, catalogue);
    let first = open
        .iter()
        .find(|asked| wrong.iter().any(|one| one.field == asked.field.key));
    let Some(group) = first.map(|asked| asked.group) else {
        return Ok(None);
    };
    let round = open.iter().filter(|asked| std::ptr::eq(asked.group, group));
    let question = Question::Form {
        message: format!("{}: {}", form.title, group.title),
        schema: form_schema::flat(round),
    };
    // Nothing in it is wrong, so that nothing in it is a secret in clear.
    let state = serde_json::to_string(&answers).map_err(|error| {
        ToolError::new(ErrorKind::Internal, "the answers so far cannot be written").because(error)
    })?;
    Ok(Some(Ask {
        questions: BTreeMap::from([(KEY.to_owned(), question)]),
        state: Some(state),
    }))
}

fn read(value: &Value) -> Result<Answer, ToolError> {
    serde_json::from_value(value.clone())
        .map_err(|error| ToolError::new(ErrorKind::Internal, "an answer cannot be read").because(error))
}
