//! The words that questions are asked in: every file of `query/`, read and checked as one.

use std::collections::HashMap;

use serde::Deserialize;

use crate::intent::normalise;
use crate::{AssetKind, Assets};

use super::Field;

/// Most words of one phrase.
pub(super) const LONGEST: usize = 5;

/// The words that questions are asked in.
#[derive(Debug)]
pub struct Lexicon {
    words: Vec<Word>,
    phrases: HashMap<String, usize>,
}

/// Words of one meaning.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    pub(super) kind: Kind,
    /// What exactly: the name of an entity or a field, an operator, a value.
    #[serde(default)]
    pub(super) is: String,
    /// The field of a value, the measure of a unit, what a superlative is about.
    #[serde(default)]
    pub(super) field: String,
    /// What a number word is, or how many a unit is.
    #[serde(default)]
    pub(super) number: f64,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    es: Vec<String>,
}

/// What words can do in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Entity,
    Field,
    Value,
    /// How something is, and what a service does on a server.
    Runs,
    Compare,
    AfterNumber,
    Between,
    Not,
    Except,
    Neither,
    Nor,
    Or,
    Either,
    And,
    Both,
    Only,
    Absent,
    Sort,
    Direction,
    Superlative,
    Top,
    First,
    Group,
    By,
    Count,
    Aggregate,
    Within,
    Moment,
    Day,
    Ago,
    Unit,
    Currency,
    Monthly,
    Number,
    Pattern,
    Named,
    Tagged,
    /// Before a condition.
    Link,
    Filler,
    Vague,
    Outside,
}

/// Why the words cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What should be in force cannot be had.
    #[error(transparent)]
    Assets(#[from] crate::assets::Error),
    /// A file that is not what it should be.
    #[error("`{file}`: {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    word: Vec<Word>,
}

impl Lexicon {
    /// The words of `assets`.
    ///
    /// # Errors
    /// If a file is broken, a phrase has two meanings, or a field is named that there is not.
    pub fn load(assets: &dyn Assets) -> Result<Self, Error> {
        let mut lexicon = Self {
            words: Vec::new(),
            phrases: HashMap::new(),
        };
        for asset in assets.load(AssetKind::Query)? {
            let wrong = |why: String| Error::File {
                file: format!("query/{} ({})", asset.path, asset.origin),
                why,
            };
            let file: File = toml::from_str(&asset.text).map_err(|error| wrong(error.to_string()))?;
            for word in file.word {
                word.check().map_err(wrong)?;
                lexicon.add(word).map_err(wrong)?;
            }
        }
        Ok(lexicon)
    }

    fn add(&mut self, word: Word) -> Result<(), String> {
        let at = self.words.len();
        let mut own = Vec::new();
        for phrase in word.en.iter().chain(&word.es) {
            let phrase = normalise(phrase);
            if phrase.split(' ').count() > LONGEST {
                return Err(format!("`{phrase}` has more than {LONGEST} words"));
            }
            // One phrase may be English and Spanish for the same.
            if own.contains(&phrase) {
                continue;
            }
            if self.phrases.insert(phrase.clone(), at).is_some() {
                return Err(format!("`{phrase}` has two meanings"));
            }
            own.push(phrase);
        }
        self.words.push(word);
        Ok(())
    }

    /// What `phrase`, normalised, means.
    pub(super) fn word(&self, phrase: &str) -> Option<&Word> {
        self.words.get(*self.phrases.get(phrase)?)
    }

    /// The names of the values that `field` has by the lexicon.
    pub(super) fn values(&self, field: &Field) -> Vec<&str> {
        let of = |word: &&Word| {
            matches!(word.kind, Kind::Value | Kind::Runs) && word.field() == Some(field.clone())
        };
        self.words
            .iter()
            .filter(of)
            .map(|word| word.is.as_str())
            .collect()
    }

    /// Whether `phrase` is a name of `field`.
    pub(super) fn names(&self, phrase: &str, field: &Field) -> bool {
        self.word(phrase)
            .is_some_and(|word| word.kind == Kind::Field && word.field() == Some(field.clone()))
    }
}

impl Word {
    /// The field that it names or is a value of.
    pub(super) fn field(&self) -> Option<Field> {
        match self.kind {
            Kind::Field => Field::named(&self.is),
            Kind::Runs => Some(Field::Status),
            Kind::Entity if matches!(self.is.as_str(), "network" | "subnet" | "cluster") => {
                Field::named(&self.is)
            }
            _ => Field::named(&self.field),
        }
    }

    fn check(&self) -> Result<(), String> {
        let needs = matches!(self.kind, Kind::Field | Kind::Value);
        if needs && self.field().is_none() {
            return Err(format!("there is no field `{}{}`", self.field, self.is));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedded;

    #[test]
    fn what_is_shipped_holds() {
        let lexicon = Lexicon::load(&Embedded).unwrap();
        assert_eq!(
            lexicon.word("servidores").map(|word| word.kind),
            Some(Kind::Entity)
        );
        assert!(lexicon.values(&Field::Status).contains(&"stopped"));
    }
}
