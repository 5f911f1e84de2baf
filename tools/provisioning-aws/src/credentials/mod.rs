//! Who signs: the standard chain of AWS, as functions of what the caller gives.
//!
//! This crate reads no environment and no file of its own accord: variables come as a snapshot, files through a function
//! that the caller brings, because tokens in files change while a process runs. In this order:
//!
//! 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, unless a profile is named;
//! 2. the profile `AWS_PROFILE` or `default` of the shared credentials and config files: keys, or a web identity;
//! 3. `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`: STS gives keys for the token;
//! 4. `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`: a container's keys (ECS, EKS);
//! 5. the instance's own keys (IMDSv2), unless `AWS_EC2_METADATA_DISABLED` is `true`.
//!
//! Not supported, and said so when a profile asks for it: `credential_process`, because it runs what a file says; `sso_*`;
//! `source_profile`. Whoever needs one of them puts the keys of `aws configure export-credentials` into the environment.

mod chain;
mod files;
mod remote;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use redacted::Redacted;
use tokio::sync::Mutex;

use crate::error::Failure;
pub(crate) use chain::choose;

/// How long before their end keys are fetched anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Reads the file at a path; nothing if there is none.
pub type Files = Arc<dyn Fn(&str) -> Option<Redacted<String>> + Send + Sync>;

/// What the chain may look at.
#[derive(Clone)]
pub struct Surroundings {
    /// The variables that begin with `AWS_`, and `HOME`.
    pub variables: BTreeMap<String, Redacted<String>>,
    /// The files that variables name, and those below `HOME/.aws`.
    pub files: Files,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("Surroundings")
            .field("variables", &names)
            .finish_non_exhaustive()
    }
}

impl Surroundings {
    /// The value of a variable, unless it is empty.
    fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.expose().as_str();
        (!value.is_empty()).then_some(value)
    }
}

/// What requests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The access key id. AWS treats it as no secret.
    pub(crate) id: String,
    pub(crate) secret: Redacted<String>,
    pub(crate) token: Option<Redacted<String>>,
    pub(crate) expires: Option<SystemTime>,
}

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// They are known and do not change.
    Fixed(Keys),
    /// STS gives them for a token in a file.
    WebIdentity {
        endpoint: String,
        role: String,
        session: String,
        token_file: String,
    },
    /// The agent of a container gives them.
    Container {
        url: String,
        authorization: Authorization,
    },
    /// The metadata service of the instance gives them.
    Instance { endpoint: String },
}

/// What is shown to the agent of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    Nothing,
    Token(Redacted<String>),
    File(String),
}

/// Keys that are fetched when they are needed and before they end.
pub(crate) struct Credentials {
    source: Source,
    files: Files,
    kept: Mutex<Option<Keys>>,
}

impl Credentials {
    pub(crate) fn new(source: Source, files: Files) -> Self {
        Self {
            source,
            files,
            kept: Mutex::new(None),
        }
    }

    /// Keys that are good at `now`. One caller fetches, the others wait for it.
    pub(crate) async fn current(&self, http: &reqwest::Client, now: SystemTime) -> Result<Keys, Failure> {
        if let Source::Fixed(keys) = &self.source {
            return Ok(keys.clone());
        }
        let mut kept = self.kept.lock().await;
        if let Some(keys) = kept.as_ref().filter(|keys| good(keys, now, REFRESH_BEFORE)) {
            return Ok(keys.clone());
        }
        match remote::fetch(&self.source, &self.files, http).await {
            Ok(keys) => Ok(kept.insert(keys).clone()),
            // What cannot be fetched early is fetched again at the next call, as long as the old keys hold.
            Err(failure) => match kept.as_ref().filter(|keys| good(keys, now, Duration::ZERO)) {
                Some(keys) => Ok(keys.clone()),
                None => Err(failure),
            },
        }
    }
}

fn good(keys: &Keys, now: SystemTime, before: Duration) -> bool {
    keys.expires.is_none_or(|expires| now + before < expires)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn keys_are_good_until_shortly_before_their_end() {
        let mut keys = Keys {
            id: "AKIA".to_owned(),
            secret: Redacted::new("hunter2-hunter2".to_owned()),
            token: None,
            expires: Some(UNIX_EPOCH + Duration::from_secs(1_000)),
        };
        let at = |second: u64| UNIX_EPOCH + Duration::from_secs(second);
        assert!(good(&keys, at(699), REFRESH_BEFORE));
        assert!(!good(&keys, at(700), REFRESH_BEFORE));
        assert!(good(&keys, at(999), Duration::ZERO));
        assert!(!format!("{keys:?}").contains("hunter2"));
        keys.expires = None;
        assert!(good(&keys, at(1_000_000), REFRESH_BEFORE));
    }
}
