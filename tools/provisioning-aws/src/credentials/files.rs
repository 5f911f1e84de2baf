//! The shared credentials and config files: sections in brackets, `name = value` in them.
//!
//! Nothing is expanded and nothing is run. What is no setting is passed over, as the tools of AWS do.

use std::collections::BTreeMap;

/// The settings of a profile.
pub(crate) type Profile = BTreeMap<String, String>;

/// The settings of the profile `name` in both files; the credentials file stands above the config file.
pub(crate) fn profile(name: &str, config: Option<&str>, credentials: Option<&str>) -> Option<Profile> {
    // In the config file every profile but the default is called `profile NAME`.
    let long = format!("profile {name}");
    let mut sections = config.map(parse).unwrap_or_default();
    let mut found = sections.remove(&long);
    if name == "default" {
        found = found.or_else(|| sections.remove(name));
    }
    let own = credentials.map(parse).unwrap_or_default().remove(name);
    match (found, own) {
        (None, own) => own,
        (Some(found), None) => Some(found),
        (Some(mut found), Some(own)) => {
            found.extend(own);
            Some(found)
        }
    }
}

/// The sections of a file. A section that is there twice is one.
fn parse(text: &str) -> BTreeMap<String, Profile> {
    let mut sections: BTreeMap<String, Profile> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        // An indented line belongs to a nested setting, such as those of `s3`: no key of ours.
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = section(line) {
            sections.entry(name.clone()).or_default();
            current = Some(name);
        } else if let (Some(section), Some((name, value)), false) = (&current, line.split_once('='), nested) {
            let profile = sections.entry(section.clone()).or_default();
            profile.insert(name.trim().to_ascii_lowercase(), uncommented(value).to_owned());
        }
    }
    sections
}

fn section(line: &str) -> Option<String> {
    let (name, _comment) = line.strip_prefix('[')?.split_once(']')?;
    Some(name.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A value without the comment behind it. A `#` without a space before it belongs to the value.
fn uncommented(value: &str) -> &str {
    let comment = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min();
    let value = comment.and_then(|at| value.get(..at)).unwrap_or(value);
    value.trim()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CONFIG: &str = "[default]\nregion=eu-west-1\n[profile  work] # mine\nregion = us-east-2\ns3 =\n  max = 1\n\
        [work]\nregion = nowhere\n[profile empty]\n";
    const CREDENTIALS: &str = "\u{feff}; mine\r\n[default]\r\nAWS_ACCESS_KEY_ID = AKIA1 # old\r\n\
        aws_secret_access_key = a#b=c\r\n[work]\naws_access_key_id=AKIA2\nnonsense\n";

    fn value(name: &str, setting: &str) -> Option<String> {
        profile(name, Some(CONFIG), Some(CREDENTIALS))?.remove(setting)
    }

    #[test]
    fn both_files_make_a_profile() {
        assert_eq!(value("default", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(value("default", "aws_access_key_id").as_deref(), Some("AKIA1"));
        assert_eq!(
            value("default", "aws_secret_access_key").as_deref(),
            Some("a#b=c")
        );
        assert_eq!(value("work", "region").as_deref(), Some("us-east-2"));
        assert_eq!(value("work", "aws_access_key_id").as_deref(), Some("AKIA2"));
        assert_eq!(value("work", "max"), None);
        assert_eq!(profile("empty", Some(CONFIG), None), Some(Profile::new()));
        assert_eq!(profile("none", Some(CONFIG), Some(CREDENTIALS)), None);
    }

    #[test]
    fn arbitrary_files_end() {
        bolero::check!()
            .with_iterations(2_000)
            .with_test_time(Duration::from_secs(3))
            .for_each(|bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                let _ = profile("default", Some(&text), Some(&text));
            });
    }

    #[test]
    fn nearly_right_files_end() {
        const PIECES: [&str; 10] = [
            "[default]\n",
            "[profile a]\n",
            "[",
            "]",
            "=",
            " #",
            "a = b\n",
            "  x = y\n",
            "\r\n",
            "é",
        ];
        bolero::check!()
            .with_iterations(3_000)
            .with_test_time(Duration::from_secs(3))
            .with_type::<Vec<u8>>()
            .for_each(|choices| {
                let pieces = choices
                    .iter()
                    .map(|choice| PIECES[usize::from(*choice) % PIECES.len()]);
                let text = pieces.collect::<String>();
                for value in profile("a", Some(&text), Some(&text))
                    .unwrap_or_default()
                    .values()
                {
                    assert_eq!(value.trim(), value);
                }
            });
    }
}
