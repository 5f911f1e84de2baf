//! Secrets that we do not know but whose shape gives them away.
//!
//! Hand-written and linear: every scan is bounded or remembered, so text made to be slow is not. Assignments
//! such as `password=…` are no pattern: configuration is full of them, and most name no secret.

/// The shortest tail that makes a prefixed token, such as `ghp_…`.
const SHORTEST_TAIL: usize = 20;

/// Prefixes of tokens that nothing else has.
const PREFIXES: &[&[u8]] = &[
    b"hvs.",
    b"hvb.",
    b"ucat_",
    b"ghp_",
    b"gho_",
    b"ghu_",
    b"ghs_",
    b"ghr_",
    b"github_pat_",
];

/// What stands behind `sk-` in keys whose tail may hold dashes.
const ISSUERS: &[&[u8]] = &[
    b"ant-",
    b"proj-",
    b"svcacct-",
    b"admin-",
    b"or-v1-",
    b"lf-",
    b"live-",
    b"live_",
    b"test-",
    b"test_",
];

/// How far the scans of each kind have looked, so that nothing is looked at again.
#[derive(Default)]
pub(crate) struct Seen {
    web_token: usize,
    secret_key: usize,
    prefixed: usize,
    private_key: usize,
    no_pem_end: bool,
}

/// The pairs of bytes with which a pattern can begin.
pub(crate) fn starts() -> impl Iterator<Item = u16> {
    let fixed: &[&[u8]] = &[b"AKIA", b"ASIA", b"eyJ", b"sk-", b"-----BEGIN"];
    fixed.iter().chain(PREFIXES).filter_map(|prefix| {
        let (one, two) = (prefix.first()?, prefix.get(1)?);
        Some(u16::from_be_bytes([*one, *two]))
    })
}

/// Where the secret that begins at `at` ends, if one does. `fresh`: whether `at` follows something redacted.
pub(crate) fn find(text: &[u8], at: usize, fresh: bool, seen: &mut Seen) -> Option<usize> {
    let rest = text.get(at..)?;
    match rest.first()? {
        b'A' => access_key_id(text, at, rest, fresh),
        b'e' => web_token(at, rest, seen),
        b's' => secret_key(text, at, rest, fresh, seen),
        b'-' => private_key(at, rest, seen),
        _ => prefixed(text, at, rest, fresh, seen),
    }
}

fn run(text: &[u8], within: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| within(**byte)).count()
}

fn token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn previous(text: &[u8], at: usize, back: usize) -> Option<u8> {
    at.checked_sub(back).and_then(|before| text.get(before)).copied()
}

/// Tokens of issuers that mark theirs. They are random, so a capital and a digit are among their characters; the
/// host `archvs.internal-load-balancer-1` and the variable `ghp_runner_secret_name_2` are none.
fn prefixed(text: &[u8], at: usize, rest: &[u8], fresh: bool, seen: &mut Seen) -> Option<usize> {
    if at < seen.prefixed {
        return None;
    }
    let prefix = PREFIXES.iter().find(|prefix| rest.starts_with(prefix))?;
    if !fresh && within_word(text, at) {
        return None;
    }
    let tail = rest.get(prefix.len()..)?;
    let length = run(tail, token_byte);
    seen.prefixed = at + prefix.len() + length;
    let tail = tail.get(..length)?;
    let random = tail.iter().any(u8::is_ascii_uppercase) && tail.iter().any(u8::is_ascii_digit);
    (length >= SHORTEST_TAIL && random).then_some(seen.prefixed)
}

/// Whether the byte at `at` goes on a word. In JSON text a line break is written `\n`, and its `n` is not part of one.
fn within_word(text: &[u8], at: usize) -> bool {
    let escaped =
        matches!(previous(text, at, 1), Some(b'n' | b'r' | b't')) && previous(text, at, 2) == Some(b'\\');
    !escaped && previous(text, at, 1).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// `AKIA…` and `ASIA…`: 16 more capitals and digits.
fn access_key_id(text: &[u8], at: usize, rest: &[u8], fresh: bool) -> Option<usize> {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !(rest.starts_with(b"AKIA") || rest.starts_with(b"ASIA")) {
        return None;
    }
    if !fresh && previous(text, at, 1).is_some_and(capital) {
        return None;
    }
    let length = run(rest, capital);
    (length >= 20).then_some(at + length)
}

/// `sk-…` of an issuer we know, or with a tail that looks random. `sk-bratislava-prod-node-01`, `disk-…` and class
/// names are none: hosts in Slovakia begin like this.
fn secret_key(text: &[u8], at: usize, rest: &[u8], fresh: bool, seen: &mut Seen) -> Option<usize> {
    if at < seen.secret_key || !rest.starts_with(b"sk-") || (!fresh && within_word(text, at)) {
        return None;
    }
    let tail = rest.get(3..)?;
    let length = run(tail, token_byte);
    seen.secret_key = at + 3 + length;
    let tail = tail.get(..length)?;
    let issued = length >= SHORTEST_TAIL
        && ISSUERS.iter().any(|issuer| tail.starts_with(issuer))
        && tail.iter().any(u8::is_ascii_uppercase)
        && tail.iter().any(u8::is_ascii_digit);
    (issued || random(tail)).then_some(seen.secret_key)
}

/// Whether `tail` begins with a run without dashes that nobody would have thought up.
fn random(tail: &[u8]) -> bool {
    let start = tail.split(|byte| *byte == b'-').next().unwrap_or_default();
    let has = |kind: fn(&u8) -> bool| start.iter().any(kind);
    start.len() >= SHORTEST_TAIL
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// JSON web tokens: three parts of base64url, or the five of an encrypted one, of which one may be empty.
fn web_token(at: usize, rest: &[u8], seen: &mut Seen) -> Option<usize> {
    if at < seen.web_token || !rest.starts_with(b"eyJ") {
        return None;
    }
    let header = run(rest, token_byte);
    let mut length = header;
    let mut parts = 1;
    while parts < 5 && rest.get(length) == Some(&b'.') {
        length += 1 + run(rest.get(length + 1..)?, token_byte);
        parts += 1;
    }
    if parts >= 3 && header >= 10 && length - header >= SHORTEST_TAIL {
        seen.web_token = at + length;
        return Some(at + length);
    }
    seen.web_token = at + header;
    None
}

/// PEM blocks whose label says private key. Without an end the block goes as far as it could.
fn private_key(at: usize, rest: &[u8], seen: &mut Seen) -> Option<usize> {
    if at < seen.private_key {
        return None;
    }
    let label = rest.strip_prefix(b"-----BEGIN ")?;
    let length = run(label.get(..64).unwrap_or(label), |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
    });
    let name = label.get(..length)?;
    let body = label.get(length..)?.strip_prefix(b"-----")?;
    if !(name.ends_with(b"PRIVATE KEY") || name.ends_with(b"PRIVATE KEY BLOCK")) {
        return None;
    }
    let start = at + rest.len() - body.len();
    let end = if seen.no_pem_end {
        None
    } else {
        find_bytes(body, b"-----END ")
    };
    let Some(end) = end else {
        seen.no_pem_end = true;
        // Cut off: base64, blanks and headers up to the first byte that is none of them.
        return Some(
            start
                + run(body, |byte| {
                    byte.is_ascii_alphanumeric() || b"+/= \t\r\n\\:,".contains(&byte)
                }),
        );
    };
    let tail = body.get(end + 9..)?;
    let label = run(tail.get(..64).unwrap_or(tail), |byte| byte != b'-');
    let dashes = run(tail.get(label..)?, |byte| byte == b'-').min(5);
    seen.private_key = start + end + 9 + label + dashes;
    Some(seen.private_key)
}

fn find_bytes(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
