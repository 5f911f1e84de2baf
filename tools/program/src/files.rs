//! Files and standard input as text, bounded; each way it can fail has its own exit code.

use std::io::Read as _;
use std::path::Path;

use console::{Exit, Failure};

/// The text of the file at `path`, of at most `limit` bytes; each way it can fail has its own exit code.
///
/// # Errors
/// `NotFound`, `InvalidEncoding`, `LimitExceeded` or `Unavailable`.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(Exit::NotFound, format!("there is no file `{shown}`"))
            .hint("check the path; it is read from the current folder"),
        _ => Failure::new(Exit::Unavailable, format!("cannot read `{shown}`")).because(error),
    };
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    if file.metadata().map_err(|error| failed(&error))?.is_dir() {
        return Err(
            Failure::new(Exit::InvalidArgument, format!("`{shown}` is a folder")).hint("name a file in it"),
        );
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(
            Exit::LimitExceeded,
            format!("`{shown}` has more than {limit} bytes"),
        )
        .hint("split it into files that import each other"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(
            Exit::InvalidEncoding,
            format!("`{shown}` is not valid UTF-8 at byte {at}"),
        )
        .hint("save it as UTF-8")
    })
}

/// What comes on standard input, at most `limit` bytes.
///
/// # Errors
/// `InvalidEncoding`, `LimitExceeded` or `Internal`.
pub fn read_standard_input(limit: u64) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Exit::Internal, "cannot read standard input").because(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(
            Exit::LimitExceeded,
            format!("standard input has more than {limit} bytes"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        Failure::new(Exit::InvalidEncoding, "standard input is not valid UTF-8").because(&error.utf8_error())
    })
}
