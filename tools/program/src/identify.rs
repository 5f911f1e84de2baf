//! Who may identify how, from the settings.

use std::path::PathBuf;
use std::time::Duration;

use console::{Exit, Failure};
use identity::{Identity, JwksSource, TokenRules};

use crate::config::{Anonymous, Common};

/// The identity stage that the settings ask for. `resource` is our canonical URI, the audience of tokens.
pub(crate) fn identity(common: Common<'_>, resource: Option<&str>) -> Result<Identity, Failure> {
    let settings = common.identity;
    let anonymous = match settings.anonymous {
        Anonymous::Auto => settings.issuer.is_empty(),
        Anonymous::Yes => true,
        Anonymous::No => false,
    };
    if settings.issuer.is_empty() {
        // Half a configuration would let everybody in while its author believes that tokens are checked.
        let given = [
            ("identity.jwks_file", &settings.jwks_file),
            ("identity.jwks_url", &settings.jwks_url),
            ("identity.audience", &settings.audience),
        ];
        return match given.iter().find(|(_, value)| !value.is_empty()) {
            Some((key, _)) => Err(unset(key, "identity.issuer")),
            None => Ok(known(anonymous)),
        };
    }
    let jwks = match (settings.jwks_file.as_str(), settings.jwks_url.as_str()) {
        ("", "") => {
            return Err(unset(
                "identity.issuer",
                "identity.jwks_file` or `identity.jwks_url",
            ));
        }
        (file, "") => JwksSource::File(PathBuf::from(file)),
        ("", url) => JwksSource::Url(url.to_owned()),
        _ => {
            return Err(Failure::new(
                Exit::Settings,
                "both `identity.jwks_file` and `identity.jwks_url` are set",
            )
            .hint("keep the one that the issuer publishes"));
        }
    };
    let audience = [
        settings.audience.as_str(),
        common.http.resource.as_str(),
        resource.unwrap_or_default(),
    ]
    .into_iter()
    .find(|text| !text.is_empty())
    .ok_or_else(|| unset("identity.issuer", "identity.audience"))?;
    let rules = TokenRules {
        issuer: settings.issuer.clone(),
        audience: audience.to_owned(),
        jwks,
        leeway: Duration::from_secs(settings.leeway_seconds),
        roles_claim: settings.roles_claim.clone(),
    };
    known(anonymous)
        .with_tokens(rules)
        .map_err(|error| Failure::new(Exit::Settings, "tokens cannot be checked").because(&error))
}

/// Who is known without a token.
fn known(anonymous: bool) -> Identity {
    match anonymous {
        true => Identity::new().with_anonymous(),
        false => Identity::new(),
    }
}

fn unset(set: &str, needed: &str) -> Failure {
    Failure::new(Exit::Settings, format!("`{set}` is set, but not `{needed}`"))
        .hint(format!("set `{needed}` too"))
}
