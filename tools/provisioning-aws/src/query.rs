//! The Query protocol of EC2, RDS and STS: a form goes out, XML comes back.

use provisioning::provider::Class;

use crate::client::Reply;
use crate::error::{Answer, Effect, Failure};
use crate::xml::{self, Element};

/// The fields of a form, in order. What AWS counts is counted from 1.
///
/// It cannot be printed: a field can be the token of a web identity.
#[derive(Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// A form without fields.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a field.
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// With a field, if there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a list: `prefix.1`, `prefix.2` and so on.
    pub(crate) fn list<'a>(self, prefix: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let counted = (1_usize..).zip(values);
        counted.fold(self, |form, (at, value)| {
            form.with(format!("{prefix}.{at}"), value)
        })
    }

    /// With tags as a list of `Key` and `Value`.
    pub(crate) fn tags<'a>(
        self,
        prefix: &str,
        tags: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Self {
        let counted = (1_usize..).zip(tags);
        counted.fold(self, |form, (at, (key, value))| {
            form.with(format!("{prefix}.{at}.Key"), key)
                .with(format!("{prefix}.{at}.Value"), value)
        })
    }

    /// With filters of EC2: a name and the values that it may have.
    pub(crate) fn filters(self, filters: &[(&str, &[&str])]) -> Self {
        let counted = (1_usize..).zip(filters);
        counted.fold(self, |form, (at, (name, values))| {
            form.with(format!("Filter.{at}.Name"), *name)
                .list(&format!("Filter.{at}.Value"), values.iter().copied())
        })
    }

    /// The fields.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// As the body of a request.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let pairs = self
            .0
            .iter()
            .map(|(name, value)| format!("{}={}", quoted(name), quoted(value)));
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    }
}

/// `text` with everything but unreserved letters as `%XX`, as AWS wants it in forms, queries and paths.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                quoted.push(char::from(byte))
            }
            _ => quoted.push_str(&format!("%{byte:02X}")),
        }
    }
    quoted
}

/// The tree of a successful reply, or the failure that the reply is.
pub(crate) fn decode(reply: &Reply, effect: Effect, permission: &str) -> Result<Element, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(refused(reply, effect, permission));
    }
    let body = reply.text();
    xml::parse(&body).map_err(|wrong| Failure::lost(effect, format!("the answer cannot be read: {wrong}")))
}

/// The failure that a reply is. EC2 says `Response/Errors/Error`, RDS and STS `ErrorResponse/Error`, S3 `Error`.
pub(crate) fn refused(reply: &Reply, effect: Effect, permission: &str) -> Failure {
    let root = xml::parse(&reply.text()).unwrap_or_default();
    let error = match root.name.as_str() {
        "Error" => Some(&root),
        _ => root.at("Errors/Error").or_else(|| root.child("Error")),
    };
    let said = |field: &str| error.and_then(|error| error.text(field)).unwrap_or_default();
    let answer = Answer {
        status: reply.status,
        code: said("Code"),
        message: said("Message"),
        retry_after: reply.retry_after,
        permission,
    };
    Failure::answered(answer, effect)
}

/// An answer without what it must have. The change that it answers has happened.
pub(crate) fn without(effect: Effect, what: &str) -> Failure {
    let class = match effect {
        Effect::Read => Class::Permanent,
        Effect::Change => Class::Unknown,
    };
    Failure::new(class, format!("the answer has no `{what}`"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_form_counts_from_one_and_quotes() {
        let tags = BTreeMap::from([("Name".to_owned(), "a b+c/é".to_owned())]);
        let form = Form::new()
            .with("Action", "X")
            .maybe("None", None::<String>)
            .list("Id", ["a", "b"])
            .filters(&[("tag:k", &["v*"])])
            .tags("Tag", &tags);
        assert_eq!(
            String::from_utf8_lossy(&form.encode()),
            "Action=X&Id.1=a&Id.2=b&Filter.1.Name=tag%3Ak&Filter.1.Value.1=v%2A&Tag.1.Key=Name&\
             Tag.1.Value=a%20b%2Bc%2F%C3%A9"
        );
    }

    #[test]
    fn errors_of_all_three_forms_are_read() {
        let bodies = [
            "<Response><Errors><Error><Code>VcpuLimitExceeded</Code><Message>m</Message></Error></Errors></Response>",
            "<ErrorResponse><Error><Type>Sender</Type><Code>VcpuLimitExceeded</Code><Message>m</Message></Error></ErrorResponse>",
            "<Error><Code>VcpuLimitExceeded</Code><Message>m</Message></Error>",
        ];
        for body in bodies {
            let failure = decode(&Reply::of(400, body), Effect::Change, "x:Y").expect_err(body);
            assert_eq!(
                (failure.class, failure.message.as_str()),
                (Class::Quota, "m"),
                "{body}"
            );
        }
        let page = decode(&Reply::of(502, "<html>Bad<br>Gateway"), Effect::Change, "x:Y").expect_err("502");
        assert_eq!(page.class, Class::Unknown);
        let mut busy = Reply::of(503, "");
        busy.retry_after = Some(Duration::from_secs(3));
        let slowed = decode(&busy, Effect::Change, "x:Y").expect_err("503");
        assert_eq!(
            slowed.class,
            Class::Throttled {
                retry_after: busy.retry_after
            }
        );
    }
}
