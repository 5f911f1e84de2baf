//! Other people's text: what a terminal or a model would obey and a reader would not see is taken out.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';
/// String terminator, the one-character form.
const STRING_END: char = '\u{9c}';

/// `text` without ANSI escape sequences, control characters other than newline and tab, bidirectional
/// controls, zero-width characters, invisible fillers, tag characters and rare variation selectors.
///
/// The emoji variation selector U+FE0F stays: it is in ordinary text and carries nothing by itself. Joiners
/// (U+200C, U+200D) go, so composed emoji fall apart and some scripts lose a ligature: text that names
/// infrastructure does not need them, and hidden instructions do.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    // Bytes of printable ASCII, tab and newline are all there is in most text.
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) || !text.chars().any(unwanted) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ESCAPE => skip_escape(&mut rest),
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut rest),
            character if unwanted(character) => {}
            character => kept.push(character),
        }
    }
    Cow::Owned(kept)
}

fn unwanted(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator, combining grapheme joiner.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{34f}' => true,
        // Zero-width spaces and joiners, direction marks, embeddings, overrides, isolates, invisible operators.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Fillers that print as nothing.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => true,
        // Byte order mark, interlinear annotation, variation selectors that can carry hidden bytes.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fe00}'..='\u{fe0e}' => true,
        // Tags and supplementary variation selectors.
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// After ESC: the rest of the sequence.
fn skip_escape(rest: &mut Peekable<Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            skip_string(rest);
        }
        Some(' '..='~') => {
            while rest.next_if(|next| matches!(next, ' '..='/')).is_some() {}
            rest.next_if(|next| matches!(next, '0'..='~'));
        }
        _ => {}
    }
}

/// After CSI: parameters, intermediates, and the final character.
fn skip_control_sequence(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    rest.next_if(|next| matches!(next, '@'..='~'));
}

/// After OSC and its kin: everything up to the terminator, the end of the line, or the next escape, which
/// cancels the string as it does in a terminal. So every character is looked at once.
fn skip_string(rest: &mut Peekable<Chars<'_>>) {
    while let Some(next) = rest.next_if(|next| !matches!(next, '\n' | &ESCAPE)) {
        if matches!(next, BELL | STRING_END) {
            return;
        }
    }
    // `ESC \` ends the string; the loop of `clean` takes it out as any other escape.
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(clean(text), expected);
        assert_eq!(clean(expected), expected);
    }

    #[test]
    fn ordinary_text_is_borrowed_unchanged() {
        for text in ["", "plain", "größe\n\tß 漢字 ❤\u{fe0f} — “x”"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn terminal_sequences_go_with_their_parameters() {
        check("a\u{1b}[1;31mred\u{1b}[0m", "ared");
        check(
            "\u{1b}]0;title\u{7}x\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
            "xlink",
        );
        check("\u{9b}31mx\u{90}q\u{9c}y", "xy");
        check("a\u{1b}(Bb\u{1b}cz\r\n\u{8}", "abz\n");
        check("\u{1b}]never ended\nnext", "\nnext");
        check("\u{1b}", "");
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        check("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{ad}f\u{61c}", "abcdef");
        let tags: String = "ignore"
            .chars()
            .filter_map(|c| char::from_u32(0xe0000 + c as u32))
            .collect();
        check(&format!("ok{tags}\u{e0101}\u{fe01}"), "ok");
    }

    proptest! {
        #[test]
        fn the_result_is_clean_and_cleaning_again_changes_nothing(text in "(\\PC|\\pC|\u{1b}|\\[|\\]|m|[0-9]){0,60}") {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(unwanted));
            prop_assert_eq!(clean(&once), once.as_str());
        }

        #[test]
        fn printable_text_survives(text in "[ -~\n\täöü漢字]{0,60}") {
            prop_assert_eq!(clean(&text), text.as_str());
        }
    }
}
