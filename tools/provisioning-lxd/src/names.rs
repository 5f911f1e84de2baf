//! Names as LXD takes them, and paths made of them.
//!
//! A name that fits stays as it is. One that does not becomes as much of it as fits with six letters of its hash, so that
//! the same name always gives the same; who owns what is decided by markers and not by names.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The most letters of a network interface.
const INTERFACE: usize = 15;
/// The most letters of a host name.
const HOST: usize = 63;

/// The name of an instance, an access list or a volume: a host name.
pub(crate) fn host(name: &str) -> String {
    fitted(name, HOST)
}

/// The name of a bridge, which is a network interface of the machine too.
pub(crate) fn bridge(name: &str) -> String {
    fitted(name, INTERFACE)
}

fn fitted(name: &str, most: usize) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if begins && !name.ends_with('-') && name.chars().all(fits) && (2..=most).contains(&name.len()) {
        return name.to_owned();
    }
    let kept: String = name
        .chars()
        .map(|letter| if fits(letter) { letter } else { '-' })
        .skip_while(|letter| !letter.is_ascii_alphabetic())
        .take(most.saturating_sub(7))
        .collect();
    let kept = if kept.is_empty() {
        "x"
    } else {
        kept.trim_end_matches('-')
    };
    let mut digest = hex(&Sha256::digest(name.as_bytes()));
    digest.truncate(6);
    format!("{kept}-{digest}")
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A name as one part of a path. What would lead to another path becomes a name that nothing can have.
pub(crate) fn segment(name: &str) -> String {
    if name.chars().all(|letter| letter == '.') {
        return "_".to_owned();
    }
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_and_the_rest_is_always_the_same() {
        assert_eq!(host("web-1"), "web-1");
        assert_eq!(bridge("private"), "private");
        let long = "a-private-network-of-production";
        assert_eq!(bridge(long), bridge(long));
        assert_ne!(bridge(long), bridge("a-private-network-of-staging"));
        for name in [
            long,
            "logs.example.com",
            "1web",
            "",
            "web-",
            "-",
            "ä",
            "x",
            "..",
            &"x".repeat(80),
        ] {
            for (name, most) in [(bridge(name), 15), (host(name), 63)] {
                assert!((2..=most).contains(&name.len()), "{name}");
                assert!(
                    name.starts_with(|first: char| first.is_ascii_alphabetic()),
                    "{name}"
                );
                assert!(
                    name.chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-'),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_name_does_not_lead_elsewhere() {
        assert_eq!(segment("web-1"), "web-1");
        assert_eq!(segment("../../1.0"), "..%2F..%2F1.0");
        assert_eq!(segment("a?b#c d"), "a%3Fb%23c%20d");
        assert_eq!((segment(".."), segment("")), ("_".to_owned(), "_".to_owned()));
    }
}
