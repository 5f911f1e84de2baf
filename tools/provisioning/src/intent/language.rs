//! Whether a description is in a language that nobody taught it.

use super::Refusal;
use super::classify::{Item, What};
use super::lexicon::Lexicon;
use super::token::normalise;

/// Refuses a description of which the words that were left are another language's.
pub(super) fn check(
    text: &str,
    items: &[Item<'_>],
    left: &[usize],
    lexicon: &Lexicon,
) -> Result<(), Refusal> {
    script(text)?;
    let unknown: Vec<String> = left
        .iter()
        .filter_map(|at| items.get(*at))
        .filter(|item| matches!(item.what, What::Word))
        .map(|item| normalise(&item.text))
        .collect();
    let counts = lexicon.languages.iter().map(|language| {
        let count = unknown
            .iter()
            .filter(|word| language.words.contains(word))
            .count();
        (count, &language.name)
    });
    // Two words, so that one slip or one name does not make a language.
    match counts.max_by_key(|(count, _)| *count) {
        Some((count, name)) if count >= 2 => Err(Refusal::Language {
            language: name.clone(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a description most of whose letters are not Latin.
fn script(text: &str) -> Result<(), Refusal> {
    let letters = text.chars().filter(|character| character.is_alphabetic());
    let (mut latin, mut other) = (0_usize, 0_usize);
    for letter in letters {
        // Latin, Latin-1 and Latin Extended.
        if u32::from(letter) < 0x250 {
            latin += 1;
        } else {
            other += 1;
        }
    }
    if other > latin {
        return Err(Refusal::Language {
            language: "another script".to_owned(),
        });
    }
    Ok(())
}
