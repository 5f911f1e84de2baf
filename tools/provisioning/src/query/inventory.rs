//! The port to what is recorded of resources.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use super::{Field, Filter, Row, Scalar};

/// What a call to an inventory is.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What is recorded of resources.
pub trait Inventory: Send + Sync {
    /// The values that there are, of the fields that have few, and of all fields those among `words`.
    fn vocabulary<'a>(&'a self, words: &'a [String]) -> Call<'a, Vocabulary>;

    /// What `filter` selects: at most `most` rows, and how many there are.
    fn run<'a>(&'a self, filter: &'a Filter, most: u32) -> Call<'a, Rows>;

    /// How `filter` is asked for, with `?` for values, if there is such a text.
    fn explained(&self, _filter: &Filter) -> Option<String> {
        None
    }
}

/// The values that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// By field; a tag's key is there even if its values are not.
    pub values: BTreeMap<Field, Vec<String>>,
    /// Whether nothing is recorded at all.
    pub empty: bool,
}

impl Vocabulary {
    /// The most values of a field that are listed without being asked for by name.
    pub const MOST: usize = 500;

    /// The values of `field`.
    #[must_use]
    pub fn of(&self, field: &Field) -> &[String] {
        self.values.get(field).map_or(&[], Vec::as_slice)
    }
}

/// What a filter selects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// How many resources or clusters the conditions hold for, whatever the limit.
    pub total: u64,
    /// The rows, in order.
    pub rows: Vec<Entry>,
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A resource.
    Resource(Box<Row>),
    /// A cluster and how many servers it has.
    Cluster {
        /// Its name.
        name: String,
        /// How many servers it has.
        servers: u64,
    },
    /// A figure.
    Figure {
        /// The value of the grouping field; `None` where it is not recorded or there are no groups.
        group: Option<String>,
        /// How many resources are in it.
        count: u64,
        /// The figure: a number or an amount, of which two currencies are never in one; `None` where nothing is recorded.
        value: Option<Scalar>,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("the inventory cannot be read: {0}")]
pub struct Error(pub String);
