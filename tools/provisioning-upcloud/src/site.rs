//! The account in one zone, and which resources are asked for.

use provisioning::provider::{Class, Observed};

use crate::client::Client;
use crate::error::Failure;
use crate::labels;
use crate::settings::Settings;

/// Where calls go.
pub(crate) struct Site<'a> {
    pub(crate) client: &'a Client,
    pub(crate) settings: &'a Settings,
    pub(crate) zone: &'a str,
}

/// Which resources of a kind are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which<'a> {
    /// The one with this id.
    Id(&'a str),
    /// Those with this marker.
    Marker(&'a str),
    /// Those that a workspace made.
    Workspace(&'a str),
    /// All there are.
    All,
}

impl Which<'_> {
    /// As a question behind the path of a list.
    pub(crate) fn filter(self) -> String {
        let by = |label: &str, value: &str| format!("?label={label}%3D{}", quoted(value));
        match self {
            Self::Marker(id) => by(labels::ID, id),
            Self::Workspace(workspace) => by(labels::WORKSPACE, workspace),
            Self::Id(_) | Self::All => String::new(),
        }
    }

    /// Whether `observed` is one of them, whatever a filter let through.
    pub(crate) fn fits(self, observed: &Observed) -> bool {
        let marker = observed.marker.as_ref();
        match self {
            Self::Id(id) => observed.id == id,
            Self::Marker(id) => marker.is_some_and(|marker| marker.id == id),
            Self::Workspace(workspace) => marker.is_some_and(|marker| marker.workspace == workspace),
            Self::All => true,
        }
    }
}

/// `id` as a part of a path. An id of UpCloud is a UUID, and nothing else gets into a path.
pub(crate) fn id(id: &str) -> Result<&str, Failure> {
    let fits = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    if id.len() == 36 && id.chars().all(fits) {
        Ok(id)
    } else {
        Err(Failure::new(Class::Absent, format!("`{id}` is no id of UpCloud")))
    }
}

/// `text` with everything but unreserved letters as `%XX`.
fn quoted(text: &str) -> String {
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
