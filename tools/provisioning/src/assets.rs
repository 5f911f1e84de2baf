//! Data that ships with the domain and that a workspace may override file by file: schemas, prices, rules.
//!
//! No deep merge: a workspace file of the same kind and path replaces the shipped one whole. Every answer says
//! which was used.

use std::borrow::Cow;

use crate::workspace;

/// What kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssetKind {
    /// Nickel contracts, `schemas/*.ncl`.
    Schema,
    /// Price lists, `prices/*.toml` and `prices/*.tsv`.
    Price,
    /// Example configurations, `examples/*.ncl`.
    Example,
    /// Words and rules of the language that descriptions are in, `lexicon/*.toml`.
    Lexicon,
    /// Templates of generated files, `templates/*.tera`.
    Template,
    /// Packs of compliance rules, `rules/*.ncl`.
    Rule,
    /// Forms, `forms/*.toml`.
    Form,
    /// Words that questions about the inventory are asked in, `query/*.toml`.
    Query,
}

impl AssetKind {
    /// The folder's name, in the crate and in a workspace.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Schema => "schemas",
            Self::Price => "prices",
            Self::Example => "examples",
            Self::Lexicon => "lexicon",
            Self::Template => "templates",
            Self::Rule => "rules",
            Self::Form => "forms",
            Self::Query => "query",
        }
    }
}

/// One file of shipped or overriding data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Path below the kind's folder, such as `server.ncl`.
    pub path: String,
    /// Its text.
    pub text: Cow<'static, str>,
    /// Where it came from: `builtin` or the workspace path.
    pub origin: String,
}

/// An asset without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetName {
    /// Path below the kind's folder, such as `server.ncl`.
    pub path: String,
    /// Where it comes from: `builtin` or the workspace path.
    pub origin: String,
    /// The length of its text in bytes.
    pub size: u64,
}

/// Why the data that is in force cannot be had. Part of it is never taken for the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More files than a folder may hold.
    #[error("`{folder}` holds more than the {limit} files that may replace or add to shipped ones")]
    TooMany {
        /// The workspace's folder.
        folder: String,
        /// How many it may hold.
        limit: usize,
    },
    /// More text than the files of a folder may hold together.
    #[error("the files of `{folder}` hold more than the {} MiB that they may together", limit >> 20)]
    TooLarge {
        /// The workspace's folder.
        folder: String,
        /// How many bytes they may hold.
        limit: u64,
    },
    /// A file or the folder itself cannot be read.
    #[error(transparent)]
    Unreadable(#[from] workspace::Error),
}

impl Error {
    /// The folder or file to look at.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::TooMany { folder, .. } | Self::TooLarge { folder, .. } => folder,
            Self::Unreadable(error) => error.path(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "remove files from the folder, or put several into one",
            Self::TooLarge { .. } => "remove files from the folder, or make them smaller",
            Self::Unreadable(_) => "mend it, or remove it to use what is shipped",
        }
    }
}

/// Where shipped data comes from.
pub trait Assets: Send + Sync {
    /// Every asset of `kind`, by path. What [`Assets::load`] refuses as a whole is empty here.
    fn list(&self, kind: AssetKind) -> Vec<Asset>;

    /// Every asset of `kind`, by path, for those who act upon it.
    ///
    /// # Errors
    ///
    /// If what should be in force cannot be read, or is too much.
    fn load(&self, kind: AssetKind) -> Result<Vec<Asset>, Error> {
        Ok(self.list(kind))
    }

    /// The names of the assets of `kind`, by path, for those who do not need the texts.
    ///
    /// # Errors
    ///
    /// As [`Assets::load`], as far as it shows without reading.
    fn names(&self, kind: AssetKind) -> Result<Vec<AssetName>, Error> {
        let assets = self.list(kind).into_iter();
        Ok(assets
            .map(|asset| AssetName {
                size: u64::try_from(asset.text.len()).unwrap_or(u64::MAX),
                path: asset.path,
                origin: asset.origin,
            })
            .collect())
    }

    /// The asset of `kind` at `path`.
    fn read(&self, kind: AssetKind, path: &str) -> Option<Asset> {
        self.list(kind).into_iter().find(|asset| asset.path == path)
    }
}

/// What the executable was built with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

/// Names a file of this crate and embeds its text.
macro_rules! embed {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../", $folder, "/", $path)))),*]
    };
}

const SCHEMAS: &[(&str, &str)] = embed!(
    "schemas":
    "alert.ncl",
    "backup.ncl",
    "budget.ncl",
    "cache.ncl",
    "certificate.ncl",
    "cluster.ncl",
    "configuration.ncl",
    "database.ncl",
    "dns.ncl",
    "kubernetes.ncl",
    "lib.ncl",
    "load_balancer.ncl",
    "monitoring.ncl",
    "networking.ncl",
    "node_pool.ncl",
    "object_storage.ncl",
    "provider_aws.ncl",
    "provider_azure.ncl",
    "provider_gcp.ncl",
    "provider_hetzner.ncl",
    "provider_local.ncl",
    "provider_upcloud.ncl",
    "providers.ncl",
    "secret_ref.ncl",
    "security.ncl",
    "security_group.ncl",
    "server.ncl",
    "service.ncl",
    "user_access.ncl",
    "volume.ncl",
    "workflow.ncl",
    "workspace.ncl",
);
const PRICES: &[(&str, &str)] = embed!(
    "prices":
    "aws-ebs.tsv",
    "aws-ec2-eu-central-1-eur.tsv",
    "aws-ec2-other-regions.tsv",
    "aws-ec2-us-east-1.tsv",
    "aws-network.tsv",
    "aws-other.tsv",
    "aws-plans.tsv",
    "aws-rds.tsv",
    "aws-s3.tsv",
    "hetzner-2025-10-21.tsv",
    "hetzner-2026-05.tsv",
    "hetzner-2026-10-28.tsv",
    "hetzner-plans.tsv",
    "local.tsv",
    "providers.toml",
    "upcloud-2026-10-28.tsv",
    "upcloud-calculator.tsv",
    "upcloud-plans.tsv",
    "upcloud-storage.tsv",
);
const EXAMPLES: &[(&str, &str)] = embed!(
    "examples":
    "broken.ncl",
    "db-cluster-on-hetzner.ncl",
    "k8s-on-upcloud.ncl",
    "lab-on-lxd.ncl",
    "nightly-workflow.ncl",
    "shop-on-upcloud.ncl",
    "web-on-aws.ncl",
);
const LEXICON: &[(&str, &str)] = embed!(
    "lexicon":
    "grammar.toml",
    "languages.toml",
    "places.toml",
    "releases.toml",
    "resources.toml",
    "rules.toml",
    "slots.toml",
);
const TEMPLATES: &[(&str, &str)] = embed!(
    "templates":
    "alerts.ncl.tera",
    "buckets.ncl.tera",
    "caches.ncl.tera",
    "databases.ncl.tera",
    "kubernetes.ncl.tera",
    "main.ncl.tera",
    "monitoring.ncl.tera",
    "networking.ncl.tera",
    "secrets.ncl.tera",
    "servers.ncl.tera",
    "volumes.ncl.tera",
);
const RULES: &[(&str, &str)] = embed!(
    "rules":
    "access.ncl",
    "encryption.ncl",
    "exposure.ncl",
    "logging.ncl",
    "patching.ncl",
    "privacy.ncl",
    "resilience.ncl",
);
const FORMS: &[(&str, &str)] = embed!(
    "forms":
    "cluster.toml",
    "database.toml",
    "monitoring.toml",
    "network.toml",
    "server.toml",
);
const QUERY: &[(&str, &str)] = embed!("query": "lexicon.toml");

impl Assets for Embedded {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let files = match kind {
            AssetKind::Schema => SCHEMAS,
            AssetKind::Price => PRICES,
            AssetKind::Example => EXAMPLES,
            AssetKind::Lexicon => LEXICON,
            AssetKind::Template => TEMPLATES,
            AssetKind::Rule => RULES,
            AssetKind::Form => FORMS,
            AssetKind::Query => QUERY,
        };
        files
            .iter()
            .map(|(path, text)| Asset {
                path: (*path).to_owned(),
                text: Cow::Borrowed(text),
                origin: "builtin".to_owned(),
            })
            .collect()
    }
}
