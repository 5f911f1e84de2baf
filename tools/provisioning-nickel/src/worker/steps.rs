//! Paths into a configuration, such as `servers[2].spec.cpu`: as people write them, and as steps.

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

/// A path as people write it.
pub(super) fn dotted(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Field(name) if is_plain(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Field(name) => text.push_str(&format!("[{name:?}]")),
        }
    }
    text
}

/// The steps of a path that somebody wrote, or what is wrong with it.
pub(super) fn parse(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = match inside.strip_prefix('"') {
                Some(name) => match name.split_once("\"]") {
                    Some((name, after)) => (Step::Field(name.to_owned()), after),
                    None => return Err("a `[\"` has no `\"]`".to_owned()),
                },
                None => match inside.split_once(']') {
                    Some((index, after)) => match index.parse() {
                        Ok(index) => (Step::Index(index), after),
                        Err(_) => {
                            return Err("between `[` and `]` stands a number or a name in quotes".to_owned());
                        }
                    },
                    None => return Err("a `[` has no `]`".to_owned()),
                },
            };
            steps.push(step);
            rest = after;
            continue;
        }
        let name = match rest.strip_prefix('.') {
            Some(name) if !steps.is_empty() => name,
            Some(_) => return Err("it begins with a dot".to_owned()),
            None if steps.is_empty() => rest,
            None => return Err("a dot or `[` stands between names".to_owned()),
        };
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (field, after) = name.split_at(end);
        if !is_plain(field) {
            return Err("a name that is not plain goes between `[\"` and `\"]`".to_owned());
        }
        steps.push(Step::Field(field.to_owned()));
        rest = after;
    }
    Ok(steps)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for path in ["a", "servers[0].spec.cpu", "tags[\"a b\"].c", "a[1][2]"] {
            assert_eq!(parse(path).map(|steps| dotted(&steps)).as_deref(), Ok(path));
        }
        for path in ["", ".a", "a..b", "a[", "a[x]", "a[\"b]", "a b", "a[0]b", "a."] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
