//! The words that are understood and the rules that combine them: every file of `lexicon/`, read and checked as one.
//!
//! A workspace adds a file to add words, or replaces one whole. A word with two meanings, a rule about a word that is
//! not there, or a slot that nobody fills is refused when the files are read, not when somebody uses them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;

use super::release::Release;
use super::rule::{Rule, WrittenRule};
use super::token::normalise;
use super::{Catalogue, Refusal, Resource, frame};
use crate::{AssetKind, Assets};

/// Most words of one phrase.
pub(super) const LONGEST: usize = 6;

/// Words, rules and slots.
pub struct Lexicon {
    pub(super) concepts: Vec<Concept>,
    pub(super) rules: Vec<Rule>,
    pub(super) slots: BTreeMap<String, Slot>,
    pub(super) languages: Vec<Language>,
    /// Concepts by their phrases, normalised, words divided by one space.
    phrases: HashMap<String, usize>,
    /// Words that are a place of a provider's region, with the title in the price book.
    places: HashMap<String, String>,
    /// Words with a hyphen or a digit in them, which are not to be split.
    whole: HashSet<String>,
    /// Phrases that mean more than one.
    plural: HashSet<String>,
}

/// What a group of words means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Concept {
    /// Its name in rules.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Words and phrases in English.
    #[serde(default)]
    en: Vec<String>,
    /// Words and phrases in Spanish.
    #[serde(default)]
    es: Vec<String>,
    /// Words and phrases of both that say more than one without saying how many.
    #[serde(default)]
    plural: Vec<String>,
    /// What a `choice` or a `flag` fills.
    #[serde(default)]
    pub(super) slot: Option<String>,
    /// What a `choice` fills it with.
    #[serde(default)]
    pub(super) value: Option<String>,
    /// What a `number` word is, and how many of `of` a `unit` is.
    #[serde(default)]
    pub(super) number: Option<u64>,
    /// What a `unit` is counted in.
    #[serde(default)]
    pub(super) of: Option<String>,
}

impl Concept {
    /// A concept of one phrase.
    fn named(name: String, kind: Kind, words: &str) -> Self {
        Self {
            name,
            kind,
            en: vec![words.to_owned()],
            es: Vec::new(),
            plural: Vec::new(),
            slot: None,
            value: None,
            number: None,
            of: None,
        }
    }
}

/// What a concept can do in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Something that can be built.
    Resource,
    /// A name of a provider.
    Provider,
    /// A value of a slot.
    Choice,
    /// Something that is wanted or not.
    Flag,
    /// A noun that a number or a value belongs to.
    Noun,
    /// A number in words.
    Number,
    /// A unit of measure or a currency.
    Unit,
    /// Turns around what follows.
    Negation,
    /// Limits or opens what follows; never passed over.
    Scope,
    /// Divides parts of a sentence.
    Separator,
    /// Divides them if nothing stronger does.
    Joint,
    /// Means nothing for a configuration.
    Filler,
}

/// A value of an intent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    name: String,
    /// What people call it.
    pub(super) title: String,
    /// Resources that have it; none if it is of the whole configuration.
    #[serde(default)]
    of: Vec<String>,
    /// Whether it may be filled more than once.
    #[serde(default)]
    pub(super) many: bool,
    /// The list of the catalogue that its words come from.
    #[serde(default)]
    pub(super) words: Option<String>,
}

impl Slot {
    /// Whether it belongs to the configuration as a whole.
    pub(super) fn global(&self) -> bool {
        self.of.is_empty()
    }

    /// Whether `resource` has it.
    pub(super) fn fits(&self, resource: Resource) -> bool {
        self.of.iter().any(|name| name == resource.name())
    }
}

/// Words of a language that is not understood.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    pub(super) name: String,
    pub(super) words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    concept: Vec<Concept>,
    #[serde(default)]
    rule: Vec<WrittenRule>,
    #[serde(default)]
    slot: Vec<Slot>,
    #[serde(default)]
    place: Vec<WrittenPlace>,
    #[serde(default)]
    language: Vec<Language>,
    #[serde(default)]
    #[expect(dead_code, reason = "the catalogue reads them; here they are only checked")]
    release: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlace {
    of: String,
    words: Vec<String>,
}

impl Lexicon {
    /// Reads every lexicon file of `assets`, and the words of `catalogue`.
    ///
    /// # Errors
    /// [`Refusal::Lexicon`] names the file and what is wrong with it.
    pub fn load(assets: &dyn Assets, catalogue: &Catalogue) -> Result<Self, Refusal> {
        let mut lexicon = Self {
            concepts: Vec::new(),
            rules: Vec::new(),
            slots: BTreeMap::new(),
            languages: Vec::new(),
            phrases: HashMap::new(),
            places: HashMap::new(),
            whole: HashSet::new(),
            plural: HashSet::new(),
        };
        let mut files = Vec::new();
        let assets = assets
            .load(AssetKind::Lexicon)
            .map_err(|error| refuse(error.place(), error.to_string()))?;
        for asset in assets {
            let file: File =
                toml::from_str(&asset.text).map_err(|error| refuse(&asset.path, error.to_string()))?;
            files.push((asset.path, file));
        }
        // Each kind for all files before the next: a rule may be about words of any file.
        for (path, file) in &mut files {
            for slot in file.slot.drain(..) {
                frame::known(&slot.name).map_err(|problem| refuse(path, problem))?;
                lexicon.slots.insert(slot.name.clone(), slot);
            }
        }
        let mut rules = Vec::new();
        for (path, file) in files {
            lexicon.languages.extend(file.language);
            for concept in file.concept {
                lexicon.add(concept).map_err(|problem| refuse(&path, problem))?;
            }
            for place in file.place {
                for words in place.words {
                    lexicon.places.insert(key(&words), place.of.clone());
                }
            }
            rules.extend(file.rule.into_iter().map(|rule| (path.clone(), rule)));
        }
        lexicon
            .add_catalogue(catalogue)
            .map_err(|problem| refuse("*.toml", problem))?;
        for (path, rule) in rules {
            let rule = rule.read(&lexicon.concepts, &lexicon.slots);
            let rule = rule.map_err(|problem| refuse(&path, problem))?;
            lexicon.rules.push(rule);
        }
        Ok(lexicon)
    }

    /// The concept of a normalised phrase.
    pub(super) fn concept(&self, phrase: &str) -> Option<&Concept> {
        self.phrases.get(phrase).and_then(|at| self.concepts.get(*at))
    }

    /// Whether a normalised phrase means more than one.
    pub(super) fn plural(&self, phrase: &str) -> bool {
        self.plural.contains(phrase)
    }

    /// Whether `word` is one word, although it has a hyphen or a digit in it.
    pub(super) fn whole(&self, word: &str) -> bool {
        self.whole.contains(word)
    }

    /// The title of the place that a normalised phrase names.
    pub(super) fn place(&self, phrase: &str) -> Option<&str> {
        self.places.get(phrase).map(String::as_str)
    }

    /// Every phrase, for suggestions.
    pub(super) fn phrases(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }

    /// What people call the slot `name`.
    pub(super) fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.slots.get(name).map_or(name, |slot| slot.title.as_str())
    }

    fn add(&mut self, concept: Concept) -> Result<(), String> {
        let name = concept.name.clone();
        let needs = match concept.kind {
            Kind::Choice => concept.slot.is_some() && concept.value.is_some(),
            Kind::Flag => concept.slot.is_some(),
            Kind::Number => concept.number.is_some(),
            Kind::Unit => concept.of.is_some() && concept.number.is_some(),
            Kind::Resource => Resource::named(&name).is_some(),
            _ => true,
        };
        if !needs {
            return Err(format!("concept `{name}` lacks what its kind needs"));
        }
        if let Some(slot) = concept
            .slot
            .as_ref()
            .filter(|slot| !self.slots.contains_key(*slot))
        {
            return Err(format!("concept `{name}` fills `{slot}`, which is no slot"));
        }
        let at = self.concepts.len();
        let plural = concept.plural.iter().map(|words| key(words));
        self.plural.extend(plural);
        for words in concept.en.iter().chain(&concept.es).chain(&concept.plural) {
            let phrase = key(words);
            for word in phrase
                .split(' ')
                .filter(|word| word.contains(|c: char| !c.is_alphabetic()))
            {
                self.whole.insert(word.to_owned());
            }
            // `multi-az` is also written `multi az`.
            for phrase in [phrase.replace('-', " "), phrase] {
                match self.phrases.insert(phrase.clone(), at) {
                    Some(other) if other != at => {
                        let other = self.concepts.get(other).map_or("", |other| other.name.as_str());
                        return Err(format!(
                            "`{phrase}` is of `{other}` and of `{name}`: a word has one meaning"
                        ));
                    }
                    _ => {}
                }
            }
        }
        self.concepts.push(concept);
        Ok(())
    }

    /// Adds the catalogue's own words; the lexicon has only other names for them.
    fn add_catalogue(&mut self, catalogue: &Catalogue) -> Result<(), String> {
        let lists: Vec<(String, String)> = self
            .slots
            .values()
            .filter_map(|slot| Some((slot.name.clone(), slot.words.clone()?)))
            .collect();
        for (slot, list) in lists {
            let words = catalogue.words(&list).to_vec();
            let strange = self.concepts.iter().find(|concept| {
                let value = concept
                    .value
                    .as_ref()
                    .filter(|_| concept.slot.as_ref() == Some(&slot));
                !words.is_empty() && value.is_some_and(|value| !words.contains(value))
            });
            if let Some(concept) = strange {
                let name = &concept.name;
                return Err(format!(
                    "`{name}` is for a value of `{slot}` that the schemas do not have"
                ));
            }
            for word in words {
                if self.concept(&key(&word)).is_none() {
                    let concept = Concept::named(format!("{slot} {word}"), Kind::Choice, &word);
                    self.add(Concept {
                        slot: Some(slot.clone()),
                        value: Some(word),
                        ..concept
                    })?;
                }
            }
        }
        for provider in catalogue.providers() {
            for words in [&provider.name, &provider.title] {
                if self.concept(&key(words)).is_none() {
                    self.add(Concept::named(provider.name.clone(), Kind::Provider, words))?;
                }
            }
            // The user's own machines have no place in the world.
            for title in provider.regions.values().filter(|_| provider.regions.len() > 1) {
                self.places.entry(key(title)).or_insert_with(|| title.clone());
                // `Helsinki 1` is in Helsinki.
                let city = title.trim_end_matches(|last: char| last.is_ascii_digit() || last == ' ');
                self.places.entry(key(city)).or_insert_with(|| city.to_owned());
            }
        }
        Ok(())
    }
}

fn refuse(file: &str, problem: String) -> Refusal {
    Refusal::Lexicon {
        file: file.to_owned(),
        problem,
    }
}

/// `words` as the tokens of a description are asked for.
pub(super) fn key(words: &str) -> String {
    let words = normalise(words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
