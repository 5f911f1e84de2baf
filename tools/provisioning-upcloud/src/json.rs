//! JSON as UpCloud writes it: numbers as texts, truth as `yes` and `no`, lists in an object of one field.

use serde_json::Value as Json;

/// What is at `path`, names with `/` between them.
pub(crate) fn at<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('/').try_fold(value, |value, name| value.get(name))
}

/// The text at `path`, unless it is empty.
pub(crate) fn text<'a>(value: &'a Json, path: &str) -> Option<&'a str> {
    at(value, path)?.as_str().filter(|text| !text.is_empty())
}

/// The whole number at `path`, also if it is written as a text.
pub(crate) fn number(value: &Json, path: &str) -> Option<i64> {
    let found = at(value, path)?;
    found.as_i64().or_else(|| found.as_str()?.trim().parse().ok())
}

/// Whether it is true at `path`: `yes`, `true`, 1, or the text of one of them.
pub(crate) fn yes(value: &Json, path: &str) -> bool {
    match at(value, path) {
        Some(Json::Bool(truth)) => *truth,
        Some(Json::String(text)) => matches!(text.as_str(), "yes" | "true" | "1" | "on"),
        Some(Json::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// The elements at `path`: of a list, or of the one list in an object.
pub(crate) fn items<'a>(value: &'a Json, path: &str) -> &'a [Json] {
    let list = match at(value, path) {
        Some(Json::Array(items)) => Some(items),
        Some(Json::Object(fields)) => fields.values().find_map(Json::as_array),
        _ => None,
    };
    list.map_or(&[], Vec::as_slice)
}

/// `yes` or `no`.
pub(crate) fn word(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_to_write_it_is_read() {
        let value = json!({"a": {"b": "20"}, "n": 3, "y": "yes", "o": "no", "l": {"label": [1, 2]}, "p": [3], "e": ""});
        assert_eq!(
            (number(&value, "a/b"), number(&value, "n"), number(&value, "y")),
            (Some(20), Some(3), None)
        );
        assert!(yes(&value, "y") && !yes(&value, "o") && !yes(&value, "none"));
        assert_eq!(
            (
                items(&value, "l").len(),
                items(&value, "p").len(),
                items(&value, "n").len()
            ),
            (2, 1, 0)
        );
        assert_eq!(text(&value, "e"), None);
    }
}
