//! What can be wrong with policies. Found when they are loaded, all at once.

use std::fmt;

/// Why policies cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No schema can be made from the catalogue: a fault of the executable, not of a policy.
    #[error("cannot make a policy schema from the tools of this executable")]
    Catalogue {
        /// What Cedar says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Policies are wrong; every problem that was found, in the order of the files.
    #[error("{}", listed(.problems))]
    Policies {
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// One thing wrong with one policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file.
    pub file: String,
    /// Line, from 1; 0 if it is about the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl Error {
    pub(crate) fn catalogue(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Catalogue {
            source: Box::new(source),
        }
    }

    /// The problems in policy files; none if the catalogue is at fault.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Catalogue { .. } => &[],
            Self::Policies { problems } => problems,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.problems().iter().find_map(|problem| problem.hint.as_deref())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "`{}`: {}", self.file, self.message),
            line => write!(f, "`{}` line {line}: {}", self.file, self.message),
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
