//! Layers, origins, and what an error says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Config {
    /// What the server
    /// calls itself.
    name: String,
    audit: Audit,
    /// Proof of who we are.
    #[schemars(extend("x-secret" = true))]
    token: Option<String>,
    /// An optional section.
    http: Option<Http>,
    /// Free keys.
    labels: BTreeMap<String, String>,
}

/// About the log.
#[derive(Debug, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Audit {
    /// Size | of a full file.
    rotate_bytes: u32,
    /// How it is written.
    format: Format,
    enabled: bool,
    ratio: f64,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            rotate_bytes: 64,
            format: Format::Json,
            enabled: true,
            ratio: 0.5,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Http {
    /// Where to listen.
    listen: Option<String>,
    origins: Vec<String>,
}

/// How lines are written.
#[derive(Debug, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// For programs.
    Json,
    /// For people.
    Text,
}

fn with(
    files: &[&Path],
    variables: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Settings<Config>, Error> {
    Settings::resolve(Sources {
        files: files
            .iter()
            .map(|path| SourceFile::optional("user", *path))
            .collect(),
        environment: Environment::from_pairs(variables.iter().copied()),
        other_variables: vec!["DEMO_CONFIG".to_owned()],
        overrides: flags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..Sources::new("DEMO")
    })
}

#[track_caller]
fn check(result: Result<Settings<Config>, Error>, message: &str, hint: &str) {
    let error = result.expect_err("it should not resolve");
    assert_eq!(error.to_string(), message);
    assert_eq!(error.hint().unwrap_or_default(), hint);
}

#[test]
fn each_layer_wins_over_the_one_before_and_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let [system, user] = ["system.toml", "user.toml"].map(|name| directory.path().join(name));
    fs::write(&system, "name = 'system'\n[audit]\nrotate_bytes = 1\nratio = 2\n").unwrap();
    fs::write(
        &user,
        "# mine\n\n[audit]\nrotate_bytes = 0x2\nformat = 'text'\n[labels]\nzone = 'fi'\n",
    )
    .unwrap();
    let variables = [
        ("DEMO_AUDIT_FORMAT", "json"),
        ("DEMO_CONFIG", "x"),
        ("DEMO_NAME", ""),
        ("OTHER", "y"),
    ];
    let settings = with(
        &[&system, &user],
        &variables,
        &[("audit.enabled", "0"), ("http.origins", "a, b")],
    )
    .unwrap();
    let config = settings.value();
    assert_eq!((config.name.as_str(), config.audit.rotate_bytes), ("system", 2));
    assert_eq!(
        (config.audit.enabled, &config.audit.format),
        (false, &Format::Json)
    );
    assert_eq!(config.http.as_ref().unwrap().origins, ["a", "b"]);
    assert_eq!(config.labels["zone"], "fi");
    let origin = |key: &str| settings.get(key).unwrap().origin.to_string();
    assert_eq!(origin("name"), format!("file {}:1", system.display()));
    assert_eq!(origin("audit.rotate_bytes"), format!("file {}:4", user.display()));
    assert_eq!(origin("audit.format"), "env DEMO_AUDIT_FORMAT");
    assert_eq!(origin("audit.enabled"), "flag");
    assert_eq!(origin("token"), "default");
    let keys: Vec<&str> = settings
        .entries()
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    let mut expected = vec![
        "name",
        "audit.rotate_bytes",
        "audit.format",
        "audit.enabled",
        "audit.ratio",
        "token",
        "http.listen",
        "http.origins",
        "labels",
    ];
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
}

#[test]
fn secrets_are_hidden_in_entries_and_errors() {
    let settings = with(&[], &[("DEMO_TOKEN", "t0ps3cret")], &[]).unwrap();
    assert_eq!(settings.value().token.as_deref(), Some("t0ps3cret"));
    assert_eq!(settings.get("token").unwrap().value, redacted::MARKER);
    assert!(!format!("{settings:?}").contains("t0ps3cret"));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("user.toml");
    fs::write(&file, "token = 918273645\n").unwrap();
    let error = with(&[&file], &[], &[]).unwrap_err().to_string();
    assert!(
        error.ends_with("user.toml:1: `token` must be a string, not what was given ([redacted])"),
        "{error}"
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("user.toml");
    fs::write(&file, "[audit]\n\nrotate_byte = 2\n").unwrap();
    let place = format!("{}:3: ", file.display());
    check(
        with(&[&file], &[], &[]),
        &format!("{place}unknown setting `audit.rotate_byte`"),
        "did you mean `audit.rotate_bytes`?",
    );
    fs::write(&file, "format = 'json'\n").unwrap();
    let place = format!("{}:1: ", file.display());
    check(
        with(&[&file], &[], &[]),
        &format!("{place}unknown setting `format`"),
        "did you mean `audit.format`?",
    );
    check(
        with(&[], &[("DEMO_AUDIT_FORMT", "json")], &[]),
        "the environment variable `DEMO_AUDIT_FORMT` is no setting",
        "did you mean `DEMO_AUDIT_FORMAT`?",
    );
    check(
        with(&[], &[], &[("zzz", "1")]),
        "command line: unknown setting `zzz`",
        "`config show` lists every setting",
    );
}

#[test]
fn wrong_values_name_place_key_type_and_value() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("user.toml");
    let in_file = |text: &str, message: &str, hint: &str| {
        fs::write(&file, text).unwrap();
        check(
            with(&[&file], &[], &[]),
            &format!("{}:{message}", file.display()),
            hint,
        );
    };
    in_file(
        "\nname = 7",
        "2: `name` must be a string, not the integer `7`",
        "give `name` as a string",
    );
    in_file(
        "[audit]\nrotate_bytes = 5_000_000_000",
        "2: `audit.rotate_bytes` must be an integer from 0 to 4294967295, not the integer `5000000000`",
        "give `audit.rotate_bytes` as an integer from 0 to 4294967295",
    );
    in_file(
        "audit = 1",
        "1: `audit` must be a table, not the integer `1`",
        "give `audit` as a table",
    );
    in_file(
        "[labels]\na = 1",
        "1: `labels.a`: invalid type: integer `1`, expected a string",
        "",
    );
    in_file(
        "name = \n",
        "1: not valid TOML: string values must be quoted, expected literal string",
        "",
    );
    check(
        with(&[], &[("DEMO_AUDIT_FORMAT", "yaml")], &[]),
        "environment variable `DEMO_AUDIT_FORMAT`: `audit.format` must be one of \"json\", \"text\", not the string `\"yaml\"`",
        "give `audit.format` as one of \"json\", \"text\"",
    );
    check(
        with(&[], &[], &[("audit.enabled", "maybe")]),
        "command line: `audit.enabled` must be a boolean, not the string `\"maybe\"`",
        "give `audit.enabled` as a boolean",
    );
}

#[test]
fn a_named_file_must_be_there() {
    let missing = Path::new("/nowhere/at-all.toml");
    assert!(with(&[missing], &[], &[]).is_ok());
    let sources = Sources {
        files: vec![SourceFile::named("named", missing)],
        ..Sources::new("DEMO")
    };
    let error = Settings::<Config>::resolve(sources).unwrap_err();
    assert!(matches!(error, Error::Absent { .. }));
    assert_eq!(
        error.to_string(),
        "there is no named settings file `/nowhere/at-all.toml`"
    );
}

#[test]
fn two_keys_may_not_share_a_variable() {
    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    struct A {
        b_c: u8,
    }
    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    struct Clash {
        a: A,
        a_b: B,
    }
    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    struct B {
        c: u8,
    }
    assert!(matches!(
        Settings::<Clash>::resolve(Sources::new("X")),
        Err(Error::Declaration(_))
    ));
}

#[test]
fn the_reference_lists_every_setting() {
    let page = reference::<Config>("DEMO").unwrap();
    assert!(
        page.contains("| `name` | `DEMO_NAME` | string | — | What the server calls itself. |"),
        "{page}"
    );
    assert!(page.contains("| `audit.rotate_bytes` | `DEMO_AUDIT_ROTATE_BYTES` | integer from 0 to 4294967295 | `64` | Size \\| of a full file. |"), "{page}");
    assert!(
        page.contains("| `token` | `DEMO_TOKEN` | string, secret | — | Proof of who we are. |"),
        "{page}"
    );
    assert!(page.contains("one of \"json\", \"text\""), "{page}");
}

#[test]
fn a_restricted_file_sets_nothing_outside_its_sections() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("workspace.toml");
    let resolve = |text: &str, sections: &[&str]| {
        fs::write(&file, text).unwrap();
        let files = vec![SourceFile::restricted("workspace", &file, sections)];
        let sources = Sources {
            files,
            ..Sources::new("DEMO")
        };
        Settings::<Config>::resolve(sources)
    };
    assert_eq!(
        resolve("[audit]\nratio = 1", &["audit"])
            .unwrap()
            .value()
            .audit
            .ratio,
        1.0
    );
    let place = format!("{}:2: a workspace file may not set `audit.ratio`", file.display());
    check(
        resolve("[audit]\nratio = 1", &["labels"]),
        &place,
        "set it in your own file; this one may set `labels`",
    );
    check(
        resolve("[audit]\nratio = 1", &["aud"]),
        &place,
        "set it in your own file; this one may set `aud`",
    );
    check(
        resolve("[audit]\nratio = 1", &[]),
        &place,
        "set it in your own file",
    );
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("user.toml");
    fs::write(&file, "#".repeat(2 << 20)).unwrap();
    assert!(matches!(with(&[&file], &[], &[]), Err(Error::Unreadable { .. })));
}

/// What resolving says of a restricted file at `path`.
fn restricted(path: &Path) -> Result<Settings<Config>, Error> {
    Settings::<Config>::resolve(Sources {
        files: vec![SourceFile::restricted("workspace", path, &["audit"])],
        ..Sources::new("DEMO")
    })
}

/// An error with everything below it.
fn whole(result: Result<Settings<Config>, Error>) -> String {
    let error = result.err().unwrap();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error} {source:?} {:?}", error.hint())
}

#[test]
fn a_restricted_file_that_is_a_link_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("elsewhere");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("config.toml"), "hunter2-is-the-password = 1\n").unwrap();
    let own = directory.path().join(".demo");
    fs::create_dir(&own).unwrap();
    let file = own.join("config.toml");
    std::os::unix::fs::symlink(secret.join("config.toml"), &file).unwrap();
    let said = whole(restricted(&file));
    assert!(said.contains("is a link") && !said.contains("hunter2"), "{said}");
    // The folder in its place is no better.
    fs::remove_dir_all(&own).unwrap();
    std::os::unix::fs::symlink(&secret, &own).unwrap();
    let said = whole(restricted(&file));
    assert!(said.contains("is a link") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_restricted_file_that_is_a_pipe_does_not_hang() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(whole(restricted(&file))));
    let said = receive.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert!(said.contains("no regular file"), "{said}");
}

#[test]
fn of_a_restricted_file_only_the_key_at_fault_is_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let secret = "hunter2".repeat(40);
    for text in [
        format!("root:{secret}:0:0"),
        format!("audit = \"{secret}\""),
        format!("{secret} = 1"),
        format!("[\"{secret}\nx\"]"),
    ] {
        fs::write(&file, &text).unwrap();
        let said = whole(restricted(&file));
        assert!(!said.contains(secret.get(..70).unwrap()), "{said}");
    }
    // A long key still names its line.
    fs::write(&file, format!("\n{secret} = 1")).unwrap();
    assert!(whole(restricted(&file)).contains(&format!(
        "config.toml:2: unknown setting `{}…`",
        secret.get(..64).unwrap()
    )));
}
