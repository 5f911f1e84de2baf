//! What a store keeps, as one JSON file with a checksum: a backup, and the way from one store to another.
//!
//! Any store can write it and any unused one can be filled with it. It holds no lease; see [`Whole`].
//!
//! INVARIANT: a file that is newer than this version, or not letter for letter what was written, changes nothing.

mod wire;

use provisioning::state::{self, Archive, Whole};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What the file says it is.
const KIND: &str = "prov state";

/// The newest format that is known.
const FORMAT: u32 = 1;

/// The file. The checksum is that of `state` without spaces between its parts, so that it may be laid out anew.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kind: String,
    format: u32,
    sha256: String,
    state: Value,
}

/// What is read first: a newer format may differ in everything else.
#[derive(Debug, Deserialize)]
struct Head {
    kind: String,
    format: u32,
}

/// Why a store was not written out or filled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no such file.
    #[error("it is no state that was exported: {0}")]
    Foreign(String),
    /// A newer version wrote it.
    #[error("it has format {found}, and this version reads up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It is not what was written.
    #[error("its checksum is {found}, and it says {said}: it was changed or cut off")]
    Changed {
        /// That of what it holds.
        found: String,
        /// What it says.
        said: String,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] state::Error),
}

/// Everything that `store` keeps, as text.
///
/// # Errors
/// Whatever the store answers.
pub async fn export(store: &dyn Archive) -> Result<String, Error> {
    write(&store.whole().await?)
}

/// Lays what `text` holds down in `store`, which must be unused.
///
/// # Errors
/// If `text` is not what was exported, is of a newer format, or the store refuses. Nothing was changed.
pub async fn restore(store: &dyn Archive, text: &str) -> Result<(), Error> {
    Ok(store.fill(read(text)?).await?)
}

/// `whole` as text.
///
/// # Errors
/// If it holds what no store keeps.
pub fn write(whole: &Whole) -> Result<String, Error> {
    let foreign = |error: serde_json::Error| Error::Foreign(error.to_string());
    let state = serde_json::to_value(wire::State::of(whole)).map_err(foreign)?;
    let document = Document {
        kind: KIND.to_owned(),
        format: FORMAT,
        sha256: checksum(&state)?,
        state,
    };
    let mut text = serde_json::to_string_pretty(&document).map_err(foreign)?;
    text.push('\n');
    Ok(text)
}

/// What `text` holds.
///
/// # Errors
/// If it is not what [`write`] wrote, or a newer version wrote it.
pub fn read(text: &str) -> Result<Whole, Error> {
    let foreign = |error: serde_json::Error| Error::Foreign(error.to_string());
    let head: Head = serde_json::from_str(text).map_err(foreign)?;
    if head.kind != KIND {
        return Err(Error::Foreign(format!("it says that it is `{}`", head.kind)));
    }
    if head.format > FORMAT {
        return Err(Error::Newer { found: head.format });
    }
    let document: Document = serde_json::from_str(text).map_err(foreign)?;
    let found = checksum(&document.state)?;
    if found != document.sha256 {
        let said = document.sha256;
        return Err(Error::Changed { found, said });
    }
    let state: wire::State = serde_json::from_value(document.state).map_err(foreign)?;
    state.whole().map_err(Error::Foreign)
}

fn checksum(state: &Value) -> Result<String, Error> {
    let bytes = serde_json::to_vec(state).map_err(|error| Error::Foreign(error.to_string()))?;
    let digest = Sha256::digest(&bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
