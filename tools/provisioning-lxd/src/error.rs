//! What a failure is to a caller: LXD's status and words become a class and a next step.
//!
//! LXD answers 500 to much that it has refused before it did anything. Only what is certain to have had no effect gets
//! another class than `Unknown`.

use provisioning::provider::{Class, Error};

/// What a call stands on rather than what it is about: without them the same call fails again.
const NO_PROJECT: &str = "Project not found";
const NO_IMAGE: [&str; 3] = ["alias not found", "Image not found", "Image not provided"];

/// What was attempted, and whether it changes something.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// For people: `make server `web-1``.
    pub(crate) what: String,
    /// Whether it may have happened although no answer came.
    pub(crate) effect: bool,
}

impl Attempt {
    /// An attempt that only looks.
    pub(crate) fn look(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            effect: false,
        }
    }

    /// An attempt that changes something.
    pub(crate) fn change(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            effect: true,
        }
    }

    /// A failure of it.
    pub(crate) fn failed(&self, class: Class, message: &str) -> Error {
        Error::new(class, self.what.clone(), shown(message))
    }

    /// It has no certain end.
    pub(crate) fn lost(&self, message: &str) -> Error {
        let class = if self.effect {
            Class::Unknown
        } else {
            Class::Transient
        };
        self.failed(class, message)
    }

    /// LXD answered `code`.
    pub(crate) fn answered(&self, code: u16, message: &str) -> Error {
        let class = self.class(code, message);
        let error = self.failed(class, message).code(code.to_string());
        match hint(class, message) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// An operation ended with `message`: LXD has undone what there was of it.
    pub(crate) fn ended(&self, message: &str) -> Error {
        self.answered(400, message)
    }

    /// Its name belongs to something else.
    pub(crate) fn taken(&self, what: &str) -> Error {
        self.failed(Class::Taken, &format!("{what} is there already and is not ours"))
            .hint("choose another name, or remove it yourself if nobody needs it")
    }

    fn class(&self, code: u16, message: &str) -> Class {
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match code {
            401 | 403 => Class::Denied,
            _ if says(&[NO_PROJECT]) || (self.effect && says(&NO_IMAGE)) => Class::Permanent,
            404 => Class::Absent,
            412 => Class::Transient,
            429 => Class::Throttled { retry_after: None },
            _ if says(&["already exists"]) => Class::Taken,
            _ if says(&[
                "No space left",
                "quota",
                "Reached maximum",
                "exceed",
                "not enough space",
            ]) =>
            {
                Class::Quota
            }
            _ if says(&[
                "is busy running",
                "database is locked",
                "Operation not allowed while",
            ]) =>
            {
                Class::Transient
            }
            // It looks at what it was given before it does anything.
            _ if message.starts_with("Invalid ") => Class::Permanent,
            400..=499 => Class::Permanent,
            _ if self.effect => Class::Unknown,
            _ => Class::Transient,
        }
    }
}

fn hint(class: Class, message: &str) -> Option<&'static str> {
    if NO_IMAGE.iter().any(|said| message.contains(said)) {
        return Some(
            "`lxc image list` shows what images there are; set another one for this operating system in `images`",
        );
    }
    if message.contains(NO_PROJECT) {
        return Some("a region is a project of LXD: `lxc project list` shows those that there are");
    }
    match class {
        Class::Denied => Some("let the server trust our certificate: `lxc config trust add client.crt`"),
        Class::Quota => Some("make room: `lxc storage info` and the limits of the project say what is used"),
        _ => None,
    }
}

/// Other people's text, of a length that people read.
fn shown(message: &str) -> String {
    const MOST: usize = 600;
    let text = redacted::clean(message);
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_lxd_have_a_class() {
        let change = Attempt::change("make server `web`");
        let look = Attempt::look("read server `web`");
        for (code, message, class) in [
            (403, "not authorized", Class::Denied),
            (404, "Instance not found", Class::Absent),
            (404, "Image alias not found", Class::Permanent),
            (404, "Failed loading project: Project not found", Class::Permanent),
            (409, "Volume by that name already exists", Class::Taken),
            (400, "The network already exists", Class::Taken),
            (
                400,
                "Failed creating instance record: Add instance info to the database: This \"instances\" entry already exists",
                Class::Taken,
            ),
            (
                400,
                "Invalid instance name: Name can only contain alphanumeric and hyphen characters",
                Class::Permanent,
            ),
            (
                500,
                "Invalid devices: Device validation failed for \"eth0\": Invalid device option \"security.acls\"",
                Class::Permanent,
            ),
            (500, "The DNS and DHCP service exited prematurely", Class::Unknown),
            (502, "", Class::Unknown),
            (400, "write /var/lib/lxd/x: No space left on device", Class::Quota),
            (
                400,
                "Reached maximum number of instances in project \"small\"",
                Class::Quota,
            ),
            (
                400,
                "Failed to create instance delete operation: Instance is busy running a \"stop\" operation",
                Class::Transient,
            ),
            (412, "ETag doesn't match", Class::Transient),
        ] {
            assert_eq!(change.answered(code, message).class, class, "{code} {message}");
        }
        assert_eq!(look.answered(500, "x").class, Class::Transient);
        assert_eq!(
            (change.lost("x").class, look.lost("x").class),
            (Class::Unknown, Class::Transient)
        );
    }

    #[test]
    fn a_message_is_short_and_plain() {
        let error = Attempt::look("read").answered(400, &format!("\u{1b}[31mred{}", "ä".repeat(5000)));
        assert!(
            error.message.starts_with("red") && error.message.chars().count() < 610,
            "{error}"
        );
    }
}
