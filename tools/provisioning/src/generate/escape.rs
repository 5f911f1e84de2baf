//! The one function that every value passes on its way into a generated text.

use std::io::{self, Write};

/// Writes `text` as it must stand between the quotes of a Nickel string.
///
/// Quotes, backslashes, line breaks and the beginning of an interpolation, `%{`, are escaped; other control characters
/// become `\u{…}`. What comes out reads as `text` and as nothing else, so that a value cannot end its string, and
/// cannot end the comment that quotes it.
pub(super) fn escape(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            '\n' => out.write_all(b"\\n")?,
            '\r' => out.write_all(b"\\r")?,
            '\t' => out.write_all(b"\\t")?,
            '%' if characters.peek() == Some(&'{') => out.write_all(b"\\%")?,
            control if control.is_control() || separator(control) => {
                write!(out, "\\u{{{:x}}}", u32::from(control))?;
            }
            other => write!(out, "{other}")?,
        }
    }
    Ok(())
}

/// Unicode's own line breaks, and marks that turn the direction of what a reader sees.
fn separator(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = escape(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_its_string() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\"b", "a\\\"b"),
            ("a\\", "a\\\\"),
            ("a\nb\r\t", "a\\nb\\r\\t"),
            ("%{x} 100% %%{", "\\%{x} 100% %\\%{"),
            ("{{ x }}", "{{ x }}"),
            ("\u{1b}\u{202e}", "\\u{1b}\\u{202e}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
