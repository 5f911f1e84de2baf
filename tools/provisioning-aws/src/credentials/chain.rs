//! Which source of keys the surroundings name. Nothing is fetched here.

use provisioning::provider::Class;
use redacted::Redacted;

use super::files::{self, Profile};
use super::{Authorization, Keys, Source, Surroundings};
use crate::error::Failure;

const CONTAINER: &str = "http://169.254.170.2";
const INSTANCE: &str = "http://169.254.169.254";
/// Hosts besides the own machine that an agent of containers has without TLS: ECS, and EKS in both families.
const AGENTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// Settings of a profile that are not followed.
const UNSUPPORTED: [&str; 5] = [
    "credential_process",
    "sso_session",
    "sso_start_url",
    "source_profile",
    "credential_source",
];

/// The source that comes first in the standard order.
pub(crate) fn choose(around: &Surroundings, region: &str) -> Result<Source, Failure> {
    let named = around.variable("AWS_PROFILE");
    if named.is_none()
        && let Some(keys) = variables(around)?
    {
        return Ok(Source::Fixed(keys));
    }
    let name = named.unwrap_or("default");
    let read = |path: Option<String>| path.and_then(|path| (around.files)(&path));
    let config = read(place(around, "AWS_CONFIG_FILE", "config"));
    let credentials = read(place(around, "AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    let text = |file: &Option<Redacted<String>>| file.as_ref().map(|file| file.expose().clone());
    let profile = files::profile(name, text(&config).as_deref(), text(&credentials).as_deref());
    match profile {
        Some(profile) => {
            if let Some(source) = of_profile(&profile, name, around, region)? {
                return Ok(source);
            }
        }
        None if named.is_some() => return Err(missing(format!("there is no profile `{name}`"))),
        None => {}
    }
    if let Some(source) = web_identity(around, region) {
        return Ok(source);
    }
    if let Some(source) = container(around)? {
        return Ok(source);
    }
    instance(around)
}

fn missing(message: impl Into<String>) -> Failure {
    Failure::new(Class::Denied, message).hint(
        "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a profile that has keys in `AWS_PROFILE`",
    )
}

fn variables(around: &Surroundings) -> Result<Option<Keys>, Failure> {
    let id = around.variable("AWS_ACCESS_KEY_ID");
    let secret = around.variable("AWS_SECRET_ACCESS_KEY");
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Some(keys(id, secret, around.variable("AWS_SESSION_TOKEN")))),
        (None, None) => Ok(None),
        _ => Err(missing(
            "only one of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` is set",
        )),
    }
}

fn keys(id: &str, secret: &str, token: Option<&str>) -> Keys {
    Keys {
        id: id.to_owned(),
        secret: Redacted::new(secret.to_owned()),
        token: token.map(|token| Redacted::new(token.to_owned())),
        expires: None,
    }
}

/// Where a file is: where the variable says, or in `.aws` of the home.
fn place(around: &Surroundings, variable: &str, name: &str) -> Option<String> {
    let home = || around.variable("HOME").map(|home| format!("{home}/.aws/{name}"));
    around.variable(variable).map(str::to_owned).or_else(home)
}

fn of_profile(
    profile: &Profile,
    name: &str,
    around: &Surroundings,
    region: &str,
) -> Result<Option<Source>, Failure> {
    let value = |setting: &str| {
        profile
            .get(setting)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    if let (Some(role), Some(file)) = (value("role_arn"), value("web_identity_token_file")) {
        let session = value("role_session_name").unwrap_or("prov");
        return Ok(Some(identity(role, session, file, around, region)));
    }
    let pair = value("aws_access_key_id").zip(value("aws_secret_access_key"));
    if let Some((id, secret)) = pair.filter(|_| value("role_arn").is_none()) {
        return Ok(Some(Source::Fixed(keys(id, secret, value("aws_session_token")))));
    }
    match UNSUPPORTED.iter().find(|setting| profile.contains_key(**setting)) {
        Some(setting) => Err(Failure::new(
            Class::Denied,
            format!("profile `{name}` uses `{setting}`, which is not followed here"),
        )
        .hint(format!(
            "run `aws configure export-credentials --profile {name} --format env` and set what it prints"
        ))),
        None => Ok(None),
    }
}

fn web_identity(around: &Surroundings, region: &str) -> Option<Source> {
    let file = around.variable("AWS_WEB_IDENTITY_TOKEN_FILE")?;
    let role = around.variable("AWS_ROLE_ARN")?;
    let session = around.variable("AWS_ROLE_SESSION_NAME").unwrap_or("prov");
    Some(identity(role, session, file, around, region))
}

fn identity(role: &str, session: &str, file: &str, around: &Surroundings, region: &str) -> Source {
    let end = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let endpoint = around.variable("AWS_ENDPOINT_URL_STS").map(str::to_owned);
    Source::WebIdentity {
        endpoint: endpoint.unwrap_or_else(|| format!("https://sts.{region}.{end}")),
        role: role.to_owned(),
        session: session.to_owned(),
        token_file: file.to_owned(),
    }
}

fn container(around: &Surroundings) -> Result<Option<Source>, Failure> {
    let relative = around.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = match (relative, around.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        (Some(path), _) => format!("{CONTAINER}{path}"),
        (None, Some(url)) if trusted(url) => url.to_owned(),
        (None, Some(_)) => {
            return Err(missing(
                "`AWS_CONTAINER_CREDENTIALS_FULL_URI` names neither `https` nor this machine nor an agent of AWS",
            ));
        }
        (None, None) => return Ok(None),
    };
    let file = around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let authorization = match (file, around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        (Some(file), _) => Authorization::File(file.to_owned()),
        (None, Some(token)) => Authorization::Token(Redacted::new(token.to_owned())),
        (None, None) => Authorization::Nothing,
    };
    Ok(Some(Source::Container { url, authorization }))
}

/// Whether a token may be sent to `url`.
fn trusted(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let near = host == "localhost" || host == "[::1]" || host.starts_with("127.") || AGENTS.contains(&host);
    // `127.` begins an address only if it is one: a name such as `127.example.com` is elsewhere.
    let address = !host.starts_with("127.") || host.parse::<std::net::Ipv4Addr>().is_ok();
    url.scheme() == "https" || (url.scheme() == "http" && near && address)
}

fn instance(around: &Surroundings) -> Result<Source, Failure> {
    let disabled = around.variable("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(missing("there are no credentials"));
    }
    let endpoint = around
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        .unwrap_or(INSTANCE);
    Ok(Source::Instance {
        endpoint: endpoint.trim_end_matches('/').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn around(variables: &[(&str, &str)], credentials: &'static str) -> Surroundings {
        let redacted = |text: &str| Redacted::new(text.to_owned());
        Surroundings {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), redacted(value)))
                .collect(),
            files: Arc::new(move |path| {
                (path == "/home/me/.aws/credentials").then(|| Redacted::new(credentials.to_owned()))
            }),
        }
    }

    const HOME: (&str, &str) = ("HOME", "/home/me");
    const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIA1");
    const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2");

    fn chosen(variables: &[(&str, &str)], credentials: &'static str) -> Result<Source, Failure> {
        choose(&around(variables, credentials), "eu-west-1")
    }

    #[test]
    fn variables_come_before_files_and_a_named_profile_before_both() {
        let file = "[default]\naws_access_key_id=AKIA2\naws_secret_access_key=b\n[w]\naws_access_key_id=AKIA3\naws_secret_access_key=c";
        let id = |variables: &[(&str, &str)]| match chosen(variables, file) {
            Ok(Source::Fixed(keys)) => keys.id,
            other => panic!("{other:?}"),
        };
        assert_eq!(id(&[HOME, ID, SECRET]), "AKIA1");
        assert_eq!(id(&[HOME]), "AKIA2");
        assert_eq!(id(&[HOME, ID, SECRET, ("AWS_PROFILE", "w")]), "AKIA3");
    }

    #[test]
    fn what_is_missing_is_said_without_the_secret() {
        for (variables, says) in [
            (&[SECRET][..], "only one of"),
            (&[HOME, ("AWS_PROFILE", "none")], "no profile `none`"),
            (&[HOME, ("AWS_PROFILE", "p")], "`credential_process`"),
            (&[("AWS_EC2_METADATA_DISABLED", "True")], "no credentials"),
            (
                &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")],
                "names neither",
            ),
        ] {
            let failure = chosen(variables, "[p]\ncredential_process = /bin/x").expect_err(says);
            assert!(failure.message.contains(says), "{failure:?}");
            assert_eq!(failure.class, Class::Denied);
            assert!(!format!("{failure:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_other_sources_follow_in_their_order() {
        let web = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "arn:r")];
        let container = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x");
        let Ok(Source::WebIdentity { endpoint, .. }) = chosen(&[web[0], web[1], container], "") else {
            panic!("a web identity")
        };
        assert_eq!(endpoint, "https://sts.eu-west-1.amazonaws.com");
        let Ok(Source::Container { url, .. }) = chosen(&[container], "") else {
            panic!("a container")
        };
        assert_eq!(url, "http://169.254.170.2/v2/x");
        assert!(matches!(chosen(&[], ""), Ok(Source::Instance { endpoint }) if endpoint == INSTANCE));
    }

    #[test]
    fn a_token_goes_to_agents_only() {
        for url in [
            "https://example.com/",
            "http://127.0.0.1:80/",
            "http://169.254.170.23/v1",
        ] {
            assert!(trusted(url), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://127.example.com/",
            "ftp://localhost/",
            "x",
        ] {
            assert!(!trusted(url), "{url}");
        }
    }
}
