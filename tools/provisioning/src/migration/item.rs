//! A resource before and after, what that amounts to, and how it is done.

use super::Matched;
use crate::desired::Desired;
use crate::resource::{Address, Kind};

/// A resource, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// As it is today; nothing if it is new.
    pub from: Option<Desired>,
    /// As it is to be; nothing if it goes.
    pub to: Option<Desired>,
    /// How the two were found to be one.
    pub matched: Option<Matched>,
    /// What it amounts to.
    pub class: Class,
    /// How that is done.
    pub method: Method,
    /// What differs, and why.
    pub reasons: Vec<Reason>,
    /// Whether the old one goes only when that is said by address.
    pub protected: bool,
    /// Whether the old one goes before the waves of retirement, because what it stands on is made anew.
    pub early: bool,
}

impl Item {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.address().map(|address| address.kind)
    }

    /// What it is called in the target, or today if it goes.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.to.as_ref().or(self.from.as_ref()).map(|one| &one.address)
    }

    /// Whether an old one is still there once the new one is in use.
    #[must_use]
    pub fn lingers(&self) -> bool {
        let two = self.method.replaces() && self.method != Method::OldFirst;
        self.from.is_some() && (two || self.method == Method::Remove) && !self.early
    }

    /// The address for people: both, if it has two.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from.address != to.address => {
                format!("{} -> {}", from.address, to.address)
            }
            (from, to) => to
                .as_ref()
                .or(from.as_ref())
                .map(|one| one.address.to_string())
                .unwrap_or_default(),
        }
    }
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It stays as it is.
    Keep,
    /// Only names change; its provider is not asked for anything.
    Rename,
    /// Settings change in place.
    Update,
    /// It becomes larger or smaller.
    Resize,
    /// It goes to another provider, region or zone.
    Move,
    /// It is made anew where it is.
    Recreate,
    /// It goes.
    Retire,
    /// It comes.
    New,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Keep,
        Self::Rename,
        Self::Update,
        Self::Resize,
        Self::Move,
        Self::Recreate,
        Self::Retire,
        Self::New,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Rename => "rename",
            Self::Update => "update",
            Self::Resize => "resize",
            Self::Move => "move",
            Self::Recreate => "recreate",
            Self::Retire => "retire",
            Self::New => "new",
        }
    }
}

/// How it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Nothing is done.
    Nothing,
    /// It is made.
    Make,
    /// It is changed where it is.
    InPlace,
    /// The new one is made, then the old one goes.
    NewFirst,
    /// The same, but the new one has a name of its own until the old one is gone, because names allow only one.
    NewFirstTemporary,
    /// The old one goes, then the new one is made, because names allow only one.
    OldFirst,
    /// It goes.
    Remove,
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Make => "make",
            Self::InPlace => "in_place",
            Self::NewFirst => "new_first",
            Self::NewFirstTemporary => "new_first_temporary_name",
            Self::OldFirst => "old_first",
            Self::Remove => "remove",
        }
    }

    /// Whether there are an old one and a new one.
    #[must_use]
    pub fn replaces(self) -> bool {
        matches!(self, Self::NewFirst | Self::NewFirstTemporary | Self::OldFirst)
    }
}

/// An attribute that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The attribute, or `provider`, `region`, `name`.
    pub attribute: String,
    /// What it is, for people.
    pub before: String,
    /// What it is to be.
    pub after: String,
    /// Why it changes.
    pub because: Because,
    /// Whether it changes without the resource being made anew.
    pub in_place: bool,
}

/// Why an attribute changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The target says otherwise.
    Configured,
    /// What it refers to has another name and is the same.
    Follows,
    /// What it refers to is made anew.
    ForcedBy(Address),
}
