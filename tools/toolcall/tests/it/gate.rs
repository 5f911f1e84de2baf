//! What the gate lets out, and what it writes down.

use std::sync::{Arc, Mutex};

use serde_json::{Map, json};
use testkit::{Recording, Setup};
use toolcall::{
    BoxFuture, Call, Completion, Content, Document, DocumentBody, DocumentEntry, DocumentTemplate, Documents,
    ErrorKind, Origin, Progress, Step, ToolError,
};

use crate::sample::catalog;

const SECRET: &str = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";

#[tokio::test]
async fn an_argument_that_is_wrong_is_named_without_its_value() {
    let recording = Recording::new();
    let gate = Setup::new(catalog()).record(recording.clone()).gate();
    for arguments in [
        json!({"text": 5, "tone": "hunter2-value"}),
        json!({"text": ["hunter2-value"]}),
    ] {
        let error = testkit::call(&gate, "echo_read", arguments).await.unwrap_err();
        assert!(!format!("{} {:?}", error.to_value(), recording.lines()).contains("hunter2-value"));
    }
    let error = testkit::call(&gate, "echo_read", json!({"text": "x", "tone": "lout"}))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.valid_values()),
        (
            ErrorKind::UnknownValue,
            &["plain".to_owned(), "loud".to_owned()][..]
        )
    );
}

#[tokio::test]
async fn a_secret_in_a_name_is_not_written_down() {
    let recording = Recording::new();
    let gate = Setup::new(catalog()).record(recording.clone()).gate();
    let answer = testkit::call(&gate, "echo_read", json!({"text": SECRET}))
        .await
        .unwrap();
    let unknown = testkit::call(&gate, SECRET, json!({})).await.unwrap_err();
    let all = format!("{answer} {} {:?}", unknown.to_value(), recording.lines());
    assert!(!all.contains(SECRET), "{all}");
}

#[tokio::test]
async fn names_and_sentences_are_short() {
    let gate = testkit::gate(catalog());
    let long = "x".repeat(3_000_000);
    let error = testkit::call(&gate, "echo_read", json!({"text": long}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    for arguments in [
        json!({ (long.clone()): 1, "text": "x" }),
        json!({"text": "x", "tone": long}),
    ] {
        let error = testkit::call(&gate, "echo_read", arguments).await.unwrap_err();
        assert!(
            error.to_value().to_string().len() < 10_000,
            "{} bytes",
            error.to_value().to_string().len()
        );
    }
}

#[tokio::test]
async fn a_marker_is_refused_in_values_and_in_names() {
    let gate = testkit::gate(catalog());
    for arguments in [
        json!({"text": "a [redacted] b"}),
        json!({"text": "x", "[redacted]": 1}),
    ] {
        let error = testkit::call(&gate, "echo_read", arguments).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_deadline_and_when_it_is_withdrawn() {
    let gate = testkit::gate(catalog());
    let error = testkit::call(&gate, "echo_read", json!({"text": "sleep"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let who = gate
        .identify(&testkit::local(), &Origin::default())
        .await
        .unwrap();
    let call = Call::new(
        "echo_read",
        Map::from_iter([("text".to_owned(), json!("sleep"))]),
        "cli",
    );
    call.cancelled.cancel();
    assert_eq!(
        gate.call(&who, call).await.unwrap_err().kind(),
        ErrorKind::Cancelled
    );
}

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn report(&self, step: Step) {
        self.0.lock().unwrap().push(step.message);
    }
}

#[tokio::test]
async fn progress_is_scrubbed() {
    let gate = testkit::gate(catalog());
    let who = gate
        .identify(&testkit::local(), &Origin::default())
        .await
        .unwrap();
    let told = Arc::new(Told::default());
    let mut call = Call::new(
        "echo_read",
        Map::from_iter([("text".to_owned(), json!(SECRET))]),
        "cli",
    );
    call.progress = told.clone();
    gate.call(&who, call).await.unwrap();
    assert_eq!(*told.0.lock().unwrap(), ["[redacted]"]);
}

/// One document that holds a secret.
struct Leaky;

impl Documents for Leaky {
    fn list(&self) -> Result<Vec<DocumentEntry>, ToolError> {
        Ok(Vec::new())
    }

    fn templates(&self) -> Vec<DocumentTemplate> {
        Vec::new()
    }

    fn read<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Document, ToolError>> {
        let body = DocumentBody::Text(format!("token = {SECRET}"));
        Box::pin(async move {
            Ok(Document {
                uri: uri.to_owned(),
                mime_type: "text/plain".into(),
                body,
                public: false,
            })
        })
    }

    fn complete(&self, _: &str, _: &str, _: &str) -> Completion {
        Completion::default()
    }
}

#[tokio::test]
async fn documents_and_prompts_are_scrubbed_like_answers() {
    let recording = Recording::new();
    let gate = Setup::new(catalog())
        .documents(Leaky)
        .record(recording.clone())
        .gate();
    let who = gate
        .identify(&testkit::local(), &Origin::default())
        .await
        .unwrap();
    let document = gate.read(&who, "x://y", &Origin::default()).await.unwrap();
    assert_eq!(document.body, DocumentBody::Text("token = [redacted]".into()));
    assert_eq!(recording.lines().len(), 2, "an intent and an outcome");
    let parts = gate.scrub(vec![Content::Text(SECRET.to_owned())]);
    assert_eq!(parts, [Content::Text("[redacted]".to_owned())]);
    let long = format!("x://{}", "y".repeat(2_000));
    assert_eq!(
        gate.read(&who, &long, &Origin::default())
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::LimitExceeded
    );
}
