//! What a configuration asks for, as resources that a provider can make: a kind, a name and attributes.
//!
//! A resource is known by its [`Address`] for as long as it is called the same; whatever a provider calls it is its id.
//! Attributes use the names of the schemas, so that what is read back can be compared with what was asked for.
//!
//! | kind | attributes |
//! |---|---|
//! | `network` | `cidr` |
//! | `subnet` | `network`, `cidr`, `zone`, `public` |
//! | `security_group` | `network`, `description`, `rules` (list of `direction`, `protocol`, `from_port`, `to_port`, `sources`) |
//! | `volume` | `size_gb`, `type`, `encrypted`, `server` |
//! | `server` | `plan`, `cpu`, `memory_gb`, `disk_gb`, `disk_encrypted`, `os_family`, `os_version`, `public_ip`, `network`, `subnet`, `security_groups`, `role` |
//! | `bucket` | `versioning`, `encrypted`, `public` |
//! | `database` | `engine`, `version`, `plan`, `storage_gb`, `replicas`, `encrypted`, `public`, `deletion_protection`, `backup_days` |
//!
//! Every kind also has `tags`, a record of texts. An attribute that is left out is the provider's to choose.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A private network (VPC, bridge).
    Network,
    /// A part of a private network.
    Subnet,
    /// A named set of firewall rules.
    SecurityGroup,
    /// A block-storage volume.
    Volume,
    /// A server, virtual or container.
    Server,
    /// A bucket of object storage.
    Bucket,
    /// A managed database.
    Database,
}

impl Kind {
    /// Every kind, in the order in which they are made.
    pub const ALL: [Self; 7] = [
        Self::Network,
        Self::Subnet,
        Self::SecurityGroup,
        Self::Volume,
        Self::Server,
        Self::Bucket,
        Self::Database,
    ];

    /// The name in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::SecurityGroup => "security_group",
            Self::Volume => "volume",
            Self::Server => "server",
            Self::Bucket => "bucket",
            Self::Database => "database",
        }
    }

    /// Whether what it holds is lost with it: such a resource is deleted only when that is said by address.
    #[must_use]
    pub fn stateful(self) -> bool {
        matches!(self, Self::Volume | Self::Bucket | Self::Database)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| Malformed(text.to_owned()))
    }
}

/// A kind and a name, such as `server.web` or `server.web[2]`: what a resource is called in plans, state and commands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// What it is.
    pub kind: Kind,
    /// Its name in the configuration.
    pub name: String,
    /// Which of several of that name, from 0; nothing if there is one.
    pub index: Option<u32>,
}

impl Address {
    /// The address of the only resource of that name.
    #[must_use]
    pub fn new(kind: Kind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            index: None,
        }
    }

    /// What it is called at a provider: the name, with the place in the row from 1 if there are several.
    #[must_use]
    pub fn label(&self) -> String {
        match self.index {
            Some(index) => format!("{}-{}", self.name, u64::from(index).saturating_add(1)),
            None => self.name.clone(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}

/// A text that is no kind or no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: write a kind, a dot and a name, such as `server.web` or `server.web[0]`")]
pub struct Malformed(pub String);

impl FromStr for Address {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed(text.to_owned());
        let (kind, rest) = text.split_once('.').ok_or_else(malformed)?;
        let kind = kind.parse().map_err(|_| malformed())?;
        let (name, index) = match rest.strip_suffix(']') {
            None => (rest, None),
            Some(rest) => {
                let (name, index) = rest.split_once('[').ok_or_else(malformed)?;
                (name, Some(index.parse().map_err(|_| malformed())?))
            }
        };
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(malformed());
        }
        Ok(Self {
            kind,
            name: name.to_owned(),
            index,
        })
    }
}

/// A value of an attribute: what JSON has, with exact whole numbers and ordered names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Record(Attributes),
}

/// Values by name.
pub type Attributes = BTreeMap<String, Value>;

impl Value {
    /// The text, if this is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements, if this is a list; none otherwise.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The fields, if this is a record.
    #[must_use]
    pub fn record(&self) -> Option<&Attributes> {
        match self {
            Self::Record(fields) => Some(fields),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in [
            "server.web",
            "server.web[12]",
            "bucket.logs.example.com",
            "subnet.a-b_c",
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            "server",
            "server.",
            "pod.web",
            "server.web[",
            "server.web[]",
            "server.web[-1]",
            "server.a b",
            "server.web[0]x",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        let third: Address = "server.web[2]".parse().expect("an address");
        assert_eq!((third.label().as_str(), third.kind), ("web-3", Kind::Server));
    }
}
