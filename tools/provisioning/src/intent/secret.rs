//! Where a secret is kept, in one line: `vault:<mount>/<path>#<field>`. The secret itself is never in an intent.

/// Whether `name` says that its value is nobody's to read.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "private_key",
        "private-key",
        "api_key",
        "api-key",
        "apikey",
        "contrasena",
        "clave",
    ];
    let name = super::token::normalise(name);
    WORDS.iter().any(|word| name.contains(word))
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// Mount and path, such as `secret/shop/database`.
    pub path: String,
    /// The field of the entry.
    pub key: String,
}

impl SecretReference {
    /// What a reference looks like, for people.
    pub const FORM: &str = "must be a reference to a vault, such as `vault:secret/shop/database#password`; the secret \
                            itself does not belong here";
    /// The same as a regular expression.
    pub const PATTERN: &str = "^vault:[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+#[A-Za-z_][A-Za-z0-9_]*$";

    /// The reference that `text` is. What is none is not quoted anywhere: it may be the secret.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let (path, key) = text
            .strip_prefix("vault:")
            .and_then(|rest| rest.split_once('#'))
            .ok_or(Self::FORM)?;
        let name = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        let identifier = key
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let deep = path.contains('/') && path.split('/').all(name);
        if text.len() > 256 || !deep || !identifier {
            return Err(Self::FORM);
        }
        Ok(Self {
            path: path.to_owned(),
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_are_read() {
        let read = SecretReference::read("vault:secret/shop/database#password").unwrap();
        assert_eq!(
            (read.path.as_str(), read.key.as_str()),
            ("secret/shop/database", "password")
        );
        for bad in [
            "hunter2",
            "vault:secret#x",
            "vault:secret/#x",
            "vault:secret/a",
            "vault:secret/a#",
            "vault:secret/a#b\n",
            "vault:secret/a b#c",
            "vault:secret/a#1x",
            "vault:/a#b",
        ] {
            assert_eq!(SecretReference::read(bad), Err(SecretReference::FORM), "{bad}");
        }
    }
}
