//! A description as words, numbers, quoted texts and marks, each with the characters it came from.

use super::Place;

/// A piece of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// As written; the inside, if it was quoted.
    pub(crate) text: String,
    /// In lower case and without accents: what the lexicon is asked for.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) shape: Shape,
}

/// What a token is by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A word, a number, or something that somebody knows whole, such as `us-east-1`.
    Word,
    /// Text in quotes.
    Quoted,
    /// `name=value`.
    Pair,
    /// A mark such as a comma.
    Mark,
}

/// Marks that end a chunk wherever they stand.
const MARKS: &[char] = &[',', ';', '!', '?', '(', ')', '[', ']', '¿', '¡', '…', '”', '»'];
/// Quotes and what closes them.
const QUOTES: &[(char, char)] = &[('"', '"'), ('“', '”'), ('«', '»'), ('`', '`'), ('\'', '\'')];

/// Splits `text`. What `whole` knows is not split at its hyphens and between its digits and letters.
pub(crate) fn tokens(text: &str, whole: &dyn Fn(&str) -> bool) -> Vec<Token> {
    let mut reader = Reader {
        characters: text.chars().collect(),
        at: 0,
        tokens: Vec::new(),
    };
    while let Some(character) = reader.peek(0) {
        if character.is_whitespace() || character.is_control() {
            reader.at += 1;
        } else if let Some(end) = reader.closing(character) {
            reader.quoted(end);
        } else if MARKS.contains(&character) || QUOTES.iter().any(|(open, _)| *open == character) {
            reader.push(reader.at, reader.at + 1, Shape::Mark);
            reader.at += 1;
        } else {
            reader.chunk(whole);
        }
    }
    reader.tokens
}

/// `text` in lower case without accents: `Región` is `region`.
pub(crate) fn normalise(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|character| match character {
            'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            '–' | '—' | '‑' | '−' => '-',
            '’' => '\'',
            other => other,
        })
        .collect()
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn text(&self, start: usize, end: usize) -> String {
        self.characters
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    fn push(&mut self, start: usize, end: usize, shape: Shape) {
        let text = self.text(start, end);
        self.tokens.push(Token {
            key: normalise(&text),
            text,
            place: Place { start, end },
            shape,
        });
    }

    /// Where the quote that `open` begins here is closed. An apostrophe inside a word opens nothing.
    fn closing(&self, open: char) -> Option<usize> {
        let (_, close) = QUOTES.iter().find(|(known, _)| *known == open)?;
        let rest = self.characters.get(self.at + 1..)?;
        let length = rest.iter().position(|character| character == close)?;
        Some(self.at + 1 + length)
    }

    fn quoted(&mut self, end: usize) {
        let text = self.text(self.at + 1, end);
        self.tokens.push(Token {
            key: normalise(&text),
            text,
            place: Place {
                start: self.at,
                end: end + 1,
            },
            shape: Shape::Quoted,
        });
        self.at = end + 1;
    }

    /// Reads up to the next space or mark.
    fn chunk(&mut self, whole: &dyn Fn(&str) -> bool) {
        let start = self.at;
        while let Some(character) = self.peek(0) {
            if character == '=' && self.at > start {
                self.at += 1;
                return self.pair(start);
            }
            let inside_number = character == ','
                && self.at > start
                && self.characters.get(self.at - 1).is_some_and(char::is_ascii_digit)
                && self.peek(1).is_some_and(|next| next.is_ascii_digit());
            let ends = character.is_whitespace()
                || character.is_control()
                || (MARKS.contains(&character) && !inside_number)
                || matches!(character, '"' | '“' | '”' | '«' | '»');
            if ends {
                break;
            }
            self.at += 1;
        }
        let mut end = self.at;
        while end > start + 1
            && self
                .characters
                .get(end - 1)
                .is_some_and(|last| matches!(last, '.' | ':' | '\'' | '`'))
        {
            end -= 1;
        }
        self.split(start, end, whole);
        for mark in end..self.at {
            self.push(mark, mark + 1, Shape::Mark);
        }
    }

    /// Reads the value after `name=`, quoted or up to the next space or mark.
    fn pair(&mut self, start: usize) {
        if let Some(end) = self.peek(0).and_then(|open| self.closing(open)) {
            let text = format!("{}{}", self.text(start, self.at), self.text(self.at + 1, end));
            self.at = end + 1;
            self.tokens.push(Token {
                key: normalise(&text),
                text,
                place: Place { start, end: self.at },
                shape: Shape::Pair,
            });
            return;
        }
        while let Some(character) = self.peek(0) {
            if character.is_whitespace() || character.is_control() || MARKS.contains(&character) {
                break;
            }
            self.at += 1;
        }
        let mut end = self.at;
        if end > start + 1 && self.characters.get(end - 1) == Some(&'.') {
            end -= 1;
        }
        self.push(start, end, Shape::Pair);
        for mark in end..self.at {
            self.push(mark, mark + 1, Shape::Mark);
        }
    }

    /// Whether it is a number with a sign, such as `-3`, `-8gb` or `3+`: the sign is no hyphen to be passed over.
    fn signed(&self, start: usize, end: usize) -> bool {
        let at = |at: usize| self.characters.get(at).copied().unwrap_or(' ');
        let sign = |character: char| matches!(normalise(&character.to_string()).as_str(), "-" | "+");
        let before =
            sign(at(start)) && (at(start + 1).is_ascii_digit() || matches!(at(start + 1), '€' | '$'));
        before || (end > start + 1 && at(end - 1) == '+' && at(end - 2).is_ascii_digit())
    }

    /// One token if `whole` knows it; else its parts between hyphens, slashes, and digits and letters.
    fn split(&mut self, start: usize, end: usize, whole: &dyn Fn(&str) -> bool) {
        if whole(&normalise(&self.text(start, end))) || self.signed(start, end) {
            return self.push(start, end, Shape::Word);
        }
        let divides = |character: &char| {
            matches!(
                normalise(&character.to_string()).as_str(),
                "-" | "/" | "_" | "'" | "’" | "+" | "&" | ":"
            )
        };
        let mut part = start;
        for at in start..=end {
            let divided = self.characters.get(at).filter(|_| at < end).is_none_or(divides);
            if divided {
                if at > part {
                    self.part(part, at, whole);
                }
                part = at + 1;
            }
        }
    }

    /// One token if `whole` knows it; else runs of digits and of letters.
    fn part(&mut self, start: usize, end: usize, whole: &dyn Fn(&str) -> bool) {
        if whole(&normalise(&self.text(start, end))) {
            return self.push(start, end, Shape::Word);
        }
        let digit = |at: usize| {
            self.characters
                .get(at)
                .is_some_and(|character| character.is_ascii_digit() || matches!(character, '.' | ','))
        };
        let cuts: Vec<usize> = (start + 1..end)
            .filter(|at| digit(*at) != digit(at - 1))
            .collect();
        let mut from = start;
        for cut in cuts.into_iter().chain([end]) {
            self.push(from, cut, Shape::Word);
            from = cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let whole = |key: &str| matches!(key, "us-east-1" | "k8s" | "10.0.0.0/16");
        tokens(text, &whole).into_iter().map(|token| token.key).collect()
    }

    #[test]
    fn words_numbers_and_what_is_known_whole() {
        assert_eq!(
            keys("a 3-node K8s cluster."),
            ["a", "3", "node", "k8s", "cluster", "."]
        );
        assert_eq!(
            keys("4GB in us-east-1, 10.0.0.0/16"),
            ["4", "gb", "in", "us-east-1", ",", "10.0.0.0/16"]
        );
        assert_eq!(
            keys("Región «A b» Ubuntu22.04"),
            ["region", "a b", "ubuntu", "22.04"]
        );
        assert_eq!(keys("owner=\"Team A\" x=y."), ["owner=team a", "x=y", "."]);
        assert_eq!(keys("1,000 servers"), ["1,000", "servers"]);
    }

    #[test]
    fn a_sign_is_no_hyphen() {
        assert_eq!(
            keys("-3 servers, 3+ nodes, -8GB"),
            ["-3", "servers", ",", "3+", "nodes", ",", "-8gb"]
        );
        assert_eq!(keys("- 3-node"), ["3", "node"]);
    }

    #[test]
    fn places_are_characters_of_the_text() {
        let token = tokens("ñandú web", &|_| false).pop().unwrap();
        assert_eq!(token.place, Place { start: 6, end: 9 });
    }

    #[test]
    fn an_open_quote_is_a_mark() {
        assert_eq!(keys("say \"hello"), ["say", "\"", "hello"]);
        assert_eq!(keys("the cluster's name"), ["the", "cluster", "s", "name"]);
    }
}
