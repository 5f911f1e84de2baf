//! The port to what runs infrastructure: makes, finds, reads, changes and deletes resources, one call each.
//!
//! A provider keeps nothing and decides nothing. Whoever calls it has written down the intent before, and writes down the
//! id of a new resource the moment [`Provider::create`] returns it, before anything is waited for. So a provider
//! - returns from `create` as soon as the id is known; readiness is asked for with [`Provider::read`],
//! - puts the whole [`Marker`] on what it makes, in the same call that makes it wherever that is possible,
//! - never adopts: a resource of the same name without our marker is [`Class::Taken`],
//! - says [`Class::Unknown`] whenever the effect may have happened: a lost reply, a timeout after sending, a 5xx.
//!
//! Nothing secret is in an error, an id or an attribute.

mod simulated;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::resource::{Address, Attributes, Kind};

pub use simulated::{Fault, Simulated, Trouble, World};

/// What a call to a provider is.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Makes and keeps resources of one account at one place.
pub trait Provider: Send + Sync {
    /// The name in configurations, such as `local`.
    fn name(&self) -> &str;

    /// What it can do with resources of `kind`; nothing if it has none.
    fn support(&self, kind: Kind) -> Option<Support>;

    /// Who we are there and what is reached: a call that changes nothing and needs valid credentials.
    fn account(&self) -> Call<'_, Account>;

    /// Begins to make a resource. Comes back with its id before it is ready.
    fn create<'a>(&'a self, order: &'a Order) -> Call<'a, Created>;

    /// The resources of `kind` that carry the marker `id`; normally none or one. Resources on their way out do not count.
    fn find<'a>(&'a self, kind: Kind, region: Option<&'a str>, marker: &'a str) -> Call<'a, Vec<Observed>>;

    /// What `id` is now; nothing if there is no such resource any more.
    fn read<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, Option<Observed>>;

    /// Makes `id` what `order` says. `changed` are the attributes that differ, all of them in [`Support::in_place`]; `status`
    /// among them says that it is stopped and is to run. To do it twice is to do it once.
    fn update<'a>(&'a self, id: &'a str, order: &'a Order, changed: &'a [String]) -> Call<'a, ()>;

    /// Begins to delete `id`. A resource that is not there is deleted. Gone it is when [`Self::read`] gives nothing.
    fn delete<'a>(&'a self, kind: Kind, region: Option<&'a str>, id: &'a str) -> Call<'a, ()>;

    /// Everything of `kind` that carries a marker of ours of `workspace`, and with no workspace everything there is.
    fn list<'a>(
        &'a self,
        kind: Kind,
        region: Option<&'a str>,
        workspace: Option<&'a str>,
    ) -> Call<'a, Vec<Observed>>;

    /// Keeps what `id` holds now under `name`, and gives the id of that; [`Class::Unsupported`] where there is no such thing.
    fn snapshot<'a>(
        &'a self,
        kind: Kind,
        _region: Option<&'a str>,
        _id: &'a str,
        name: &'a str,
    ) -> Call<'a, String> {
        let error = self.cannot(format!("take snapshot `{name}` of a {kind}"));
        Box::pin(async move { Err(error) })
    }

    /// Runs a command inside a server; [`Class::Unsupported`] where there is no way in.
    fn exec<'a>(&'a self, _region: Option<&'a str>, id: &'a str, _command: &'a [String]) -> Call<'a, Ran> {
        let error = self.cannot(format!("run a command in `{id}`"));
        Box::pin(async move { Err(error) })
    }

    /// What a server has written to its console, newest last; [`Class::Unsupported`] where nothing is kept.
    fn console<'a>(&'a self, _region: Option<&'a str>, id: &'a str) -> Call<'a, String> {
        let error = self.cannot(format!("read the console of `{id}`"));
        Box::pin(async move { Err(error) })
    }

    /// The error of an operation that this provider does not have.
    fn cannot(&self, attempted: String) -> Error {
        Error::new(
            Class::Unsupported,
            attempted,
            format!("provider `{}` does not offer this", self.name()),
        )
    }
}

/// What a provider can do with resources of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Attributes that can change without the resource being made anew.
    pub in_place: &'static [&'static str],
    /// Attributes that are not the provider's business, or that it cannot read back: a difference is no drift.
    pub unread: &'static [&'static str],
    /// How long a new resource may stay invisible to `find` and `read` after it was made.
    pub visible_after: Duration,
    /// Whether two resources of the same name may be at once, so that a replacement can come before the deletion.
    pub twins: bool,
}

/// Who we are at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account, project or server that is reached, such as an account number. Not secret.
    pub id: String,
    /// What is reached, for people, such as `LXD 5.0.2 at /var/lib/lxd/unix.socket`.
    pub description: String,
}

/// What marks a resource as ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The one resource of ours that this is: tag or label `prov-id`. Constant over every try to make it.
    pub id: String,
    /// The workspace that it belongs to: tag or label `prov-workspace`.
    pub workspace: String,
    /// What the workspace calls it: tag or label `prov-address`.
    pub address: String,
}

/// What is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What the configuration calls it.
    pub address: Address,
    /// What the provider is to call it: unique in the account as far as we know.
    pub name: String,
    /// Where.
    pub region: Option<String>,
    /// What it is to be like.
    pub attributes: Attributes,
    /// What marks it as ours. Its id is also the idempotency key, for providers that take one.
    pub marker: Marker,
    /// The ids of the resources that attributes refer to, by address. An attribute holds the name alone: `subnet =
    /// "private"` means the id of `subnet.private`; a name that is not here is the provider's own name or id.
    pub references: BTreeMap<Address, String>,
}

impl Order {
    /// The id of what an attribute calls `name`, or `name` itself if it is nothing of ours.
    #[must_use]
    pub fn reference<'a>(&'a self, kind: Kind, name: &'a str) -> &'a str {
        let known =
            |address: &Address| address.kind == kind && (address.name == name || address.label() == name);
        let found = self.references.iter().find(|(address, _)| known(address));
        found.map_or(name, |(_, id)| id.as_str())
    }
}

/// A resource that has just been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The provider's id.
    pub id: String,
}

/// How a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// On its way to be ready, or changing.
    Pending,
    /// There, and as it should be; a server runs.
    Ready,
    /// There, but stopped.
    Stopped,
    /// On its way out.
    Deleting,
    /// Broken: it will not become ready by itself.
    Failed,
}

impl Status {
    /// The name in output and in state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Stopped => "stopped",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
        }
    }
}

/// A resource as the provider says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// What it is.
    pub kind: Kind,
    /// The provider's id.
    pub id: String,
    /// The provider's name for it.
    pub name: String,
    /// How it is.
    pub status: Status,
    /// Those attributes that can be read back, in the words of [`crate::resource`]. References are ids.
    pub attributes: Attributes,
    /// What the provider chose, such as `ipv4` (a list) or `zone`.
    pub computed: Attributes,
    /// What marks it as ours; nothing if it does not carry our marker.
    pub marker: Option<Marker>,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code.
    pub code: i64,
    /// What it wrote, both streams, bounded by the provider.
    pub output: String,
}

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing happened; later it may work: refused connection, name resolution, busy.
    Transient,
    /// Nothing happened; too many calls.
    Throttled {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// It may have happened: ask before anything else.
    Unknown,
    /// Nothing happened, and the same call will fail again.
    Permanent,
    /// The credentials are missing, wrong or not enough.
    Denied,
    /// A quota or capacity of the account is used up.
    Quota,
    /// What the call is about is not there.
    Absent,
    /// The name belongs to something that is not ours.
    Taken,
    /// The provider has no such thing.
    Unsupported,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not {attempted}: {message}")]
pub struct Error {
    /// What a caller can do about it.
    pub class: Class,
    /// What was attempted, with what: `make server `web-1` in us-east-1`.
    pub attempted: String,
    /// What the provider said, cleaned; never a credential.
    pub message: String,
    /// The provider's own code, such as `InstanceLimitExceeded`.
    pub code: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Error {
    /// A failure of `attempted`.
    #[must_use]
    pub fn new(class: Class, attempted: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            class,
            attempted: attempted.into(),
            message: message.into(),
            code: None,
            hint: None,
        }
    }

    /// With the provider's own code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
