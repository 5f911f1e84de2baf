//! The issuer's keys as they are now, from a file or a URL.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::fetch::{Fetched, Pace};
use crate::keys::{Keys, LIMIT};
use crate::{Error, JwksSource};

/// Where keys come from, and what came of it last.
pub(crate) enum Jwks {
    File(Watched),
    Url(Box<Fetched>),
}

impl Jwks {
    /// Keys from `source`. A file must be usable now; a URL must only be safe.
    pub(crate) fn new(source: &JwksSource, pace: Pace) -> Result<Self, Error> {
        match source {
            JwksSource::File(path) => Watched::new(path.clone()).map(Self::File),
            JwksSource::Url(url) => Ok(Self::Url(Box::new(Fetched::new(url, pace)?))),
        }
    }

    /// The keys as they are now.
    pub(crate) async fn current(&self) -> Result<Arc<Keys>, Error> {
        match self {
            Self::File(file) => file.current(),
            Self::Url(url) => url.current().await,
        }
    }

    /// The keys, looked at again because `seen` lacks one; `None` if there can be nothing new.
    pub(crate) async fn newer(&self, seen: &Arc<Keys>) -> Result<Option<Arc<Keys>>, Error> {
        match self {
            // The file's time can be the same for two writes in quick succession.
            Self::File(file) => file.read().map(Some),
            Self::Url(url) => url.newer(seen).await,
        }
    }
}

/// A key file, read again when its time or size changes.
pub(crate) struct Watched {
    path: PathBuf,
    last: Mutex<Option<(Stamp, Arc<Keys>)>>,
}

/// What tells one version of a file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
        }
    }
}

impl Watched {
    fn new(path: PathBuf) -> Result<Self, Error> {
        let watched = Self {
            path,
            last: Mutex::new(None),
        };
        watched.read()?;
        Ok(watched)
    }

    /// A file that has gone or went bad is an error, not a reason to trust the keys it had: an operator may have
    /// removed them on purpose.
    fn current(&self) -> Result<Arc<Keys>, Error> {
        let stamp = Stamp::of(&std::fs::metadata(&self.path).map_err(|source| self.unreadable(source))?);
        match self.last() {
            Some((seen, keys)) if seen == stamp => Ok(keys),
            _ => self.read(),
        }
    }

    fn read(&self) -> Result<Arc<Keys>, Error> {
        let file = File::open(&self.path).map_err(|source| self.unreadable(source))?;
        // The stamp is taken before reading: a change in between is seen the next time.
        let stamp = Stamp::of(&file.metadata().map_err(|source| self.unreadable(source))?);
        let text = bounded(file, &self.path)?;
        let last = self.last().map(|(_, keys)| keys);
        let keys = Keys::parse(text, &self.path.display().to_string(), last.as_ref())?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, Arc::clone(&keys)));
        Ok(keys)
    }

    fn last(&self) -> Option<(Stamp, Arc<Keys>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn unreadable(&self, source: std::io::Error) -> Error {
        Error::File {
            path: self.path.clone(),
            source,
        }
    }
}

fn bounded(file: File, path: &Path) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let limit = u64::try_from(LIMIT).unwrap_or(u64::MAX);
    file.take(limit.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
    if text.len() > LIMIT {
        return Err(Error::Large {
            place: path.display().to_string(),
            limit: LIMIT,
        });
    }
    Ok(text)
}
