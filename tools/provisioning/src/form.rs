//! Forms: questions whose answers make an intent.
//!
//! A form is a TOML file of `forms/`; a workspace's file of the same name replaces the shipped one whole. One definition
//! drives everything that asks: the terminal, a JSON schema, an MCP client. It is checked when it is read, so that a
//! mistake in it is its author's and never that of whoever answers. Answers become the same
//! [`Intent`](crate::intent::Intent) that a description becomes, and are held to the same rules.

mod check;
mod condition;
mod definition;
mod fill;
mod kind;
mod options;
mod read;
mod rule;
mod value;

use crate::intent::Catalogue;
use crate::{AssetKind, Assets, assets};

pub use check::{Asked, Breach, Wrong};
pub use condition::Condition;
pub use kind::Kind;
pub use options::{Choices, Options, Source};
pub use rule::{Rule, Test};
pub use value::{Answers, Value};

/// A form, read and checked.
#[derive(Debug)]
pub struct Form {
    /// Its name, which is also its file's.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it makes.
    pub description: String,
    /// Raised when its fields change their meaning.
    pub version: u32,
    /// Questions that belong together, in the order in which they are asked.
    pub groups: Vec<Group>,
}

/// Questions that belong together.
#[derive(Debug)]
pub struct Group {
    /// Its name for people.
    pub title: String,
    /// When it is asked; always if there is none.
    pub when: Option<Condition>,
    /// The questions.
    pub fields: Vec<Field>,
}

/// A question.
#[derive(Debug)]
pub struct Field {
    /// Its name in answers.
    pub key: String,
    /// What an answer is.
    pub kind: Kind,
    /// The question in a few words.
    pub label: String,
    /// What helps to answer it.
    pub help: Option<String>,
    /// What a number counts, such as `GB`.
    pub unit: Option<String>,
    /// Whether it may stay without an answer.
    pub optional: bool,
    /// What is taken without an answer: the first that applies.
    pub defaults: Vec<Fallback>,
    /// What there is to choose from.
    pub options: Option<Options>,
    /// What an answer must keep beside its kind.
    pub rules: Vec<Rule>,
    /// When it is asked; always if there is none.
    pub when: Option<Condition>,
    sets: Option<fill::Path>,
    fixed: Vec<(fill::Path, Value)>,
}

/// What is taken without an answer.
#[derive(Debug)]
pub struct Fallback {
    /// When; always if there is none.
    pub when: Option<Condition>,
    /// What.
    pub value: Taken,
}

/// A default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// This value.
    Value(Value),
    /// The usual region of the chosen provider.
    DefaultRegion,
}

/// Why there is no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody has a form of that name.
    #[error("there is no form `{name}`")]
    Absent {
        /// The name, shortened.
        name: String,
        /// The forms there are.
        valid: Vec<String>,
        /// The nearest of them, if one is near.
        suggestion: Option<String>,
    },
    /// Its definition is not as it must be.
    #[error("`{file}`, line {line}: {problem}")]
    Definition {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What may stand there, if that is a list.
        valid: Vec<String>,
    },
    /// The forms that are in force cannot be had.
    #[error(transparent)]
    Assets(#[from] assets::Error),
}

impl Form {
    /// The form `name` of `assets`.
    ///
    /// # Errors
    /// If there is none, or its definition is not as it must be.
    pub fn load(name: &str, assets: &dyn Assets, catalogue: &Catalogue) -> Result<Self, Error> {
        let forms = assets.load(AssetKind::Form)?;
        let stem = |path: &str| path.strip_suffix(".toml").map(str::to_owned);
        let Some(asset) = forms
            .iter()
            .find(|asset| stem(&asset.path).as_deref() == Some(name))
        else {
            let valid: Vec<String> = forms.iter().filter_map(|asset| stem(&asset.path)).collect();
            return Err(Error::Absent {
                name: value::shown(name),
                suggestion: value::nearest(name, valid.iter().map(String::as_str)),
                valid,
            });
        };
        let file = match asset.origin.as_str() {
            "builtin" => format!("forms/{}", asset.path),
            origin => origin.to_owned(),
        };
        let form = Self::read(&file, &asset.text, catalogue)?;
        if form.id == name {
            return Ok(form);
        }
        Err(Error::Definition {
            file,
            line: 1,
            problem: format!("`id` is `{}`, and the file is called `{name}.toml`", form.id),
            valid: vec![name.to_owned()],
        })
    }

    /// Every question, in the order in which they are asked, with the group that it is in.
    pub fn fields(&self) -> impl Iterator<Item = (&Group, &Field)> {
        self.groups
            .iter()
            .flat_map(|group| group.fields.iter().map(move |field| (group, field)))
    }

    /// The question `key`.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields()
            .map(|(_, field)| field)
            .find(|field| field.key == key)
    }

    /// The question that is answered with the provider.
    #[must_use]
    pub fn provider_field(&self) -> Option<&Field> {
        self.fields()
            .map(|(_, field)| field)
            .find(|field| field.sets.as_ref().is_some_and(|path| path.text() == "provider"))
    }
}

impl Field {
    /// The path in the intent that the answer fills.
    #[must_use]
    pub fn sets(&self) -> Option<&str> {
        self.sets.as_ref().map(fill::Path::text)
    }

    /// The default that stands whatever else is answered.
    #[must_use]
    pub fn fixed_default(&self) -> Option<&Value> {
        match self.defaults.first()? {
            Fallback {
                when: None,
                value: Taken::Value(value),
            } => Some(value),
            _ => None,
        }
    }
}
