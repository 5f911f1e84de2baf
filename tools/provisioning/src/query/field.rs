//! What is known of a resource: every field once, with its type and the kinds that have it.

use std::fmt;

use crate::resource::Kind;

/// A field of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What the resource is.
    Kind,
    /// What it is called at the provider.
    Name,
    /// Its address in the configuration.
    Address,
    /// The provider's name.
    Provider,
    /// Where, roughly.
    Region,
    /// Where, exactly.
    Zone,
    /// How it is.
    Status,
    /// Whether it is not what the configuration says.
    Drifted,
    /// The provider's name of its size.
    Plan,
    /// Virtual processors.
    Cpu,
    /// Memory.
    MemoryGb,
    /// The disk that a server comes with.
    DiskGb,
    /// What a volume, bucket or database holds.
    SizeGb,
    /// The operating system.
    OsFamily,
    /// Its release.
    OsVersion,
    /// Whether it has a public address.
    PublicIp,
    /// Its address.
    Ipv4,
    /// The network it is in.
    Network,
    /// The subnet it is in.
    Subnet,
    /// What it does.
    Role,
    /// What it is for, such as `production`.
    Environment,
    /// The database's engine.
    Engine,
    /// The engine's version.
    Version,
    /// Whether what it holds is encrypted.
    Encrypted,
    /// How many backups there are.
    Backups,
    /// The cluster it belongs to.
    Cluster,
    /// What runs on it: several at once.
    Service,
    /// A tag by its key; `*` is any tag.
    Tag(String),
    /// What it costs per month, in nano-units of [`Field::Currency`].
    MonthlyCost,
    /// The currency of its cost.
    Currency,
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// The provider's id.
    ProviderId,
    /// How many servers a cluster has.
    Servers,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One of few texts.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// An amount of money.
    Money,
    /// A moment.
    Time,
}

impl Field {
    /// Every field but the tags, which are as many as there are keys.
    pub const ALL: [Self; 33] = [
        Self::Kind,
        Self::Name,
        Self::Address,
        Self::Provider,
        Self::Region,
        Self::Zone,
        Self::Status,
        Self::Drifted,
        Self::Plan,
        Self::Cpu,
        Self::MemoryGb,
        Self::DiskGb,
        Self::SizeGb,
        Self::OsFamily,
        Self::OsVersion,
        Self::PublicIp,
        Self::Ipv4,
        Self::Network,
        Self::Subnet,
        Self::Role,
        Self::Environment,
        Self::Engine,
        Self::Version,
        Self::Encrypted,
        Self::Backups,
        Self::Cluster,
        Self::Service,
        Self::MonthlyCost,
        Self::Currency,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::ProviderId,
        Self::Servers,
    ];

    /// The name in filters and columns; of a tag, its key follows.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Address => "address",
            Self::Provider => "provider",
            Self::Region => "region",
            Self::Zone => "zone",
            Self::Status => "status",
            Self::Drifted => "drifted",
            Self::Plan => "plan",
            Self::Cpu => "cpu",
            Self::MemoryGb => "memory_gb",
            Self::DiskGb => "disk_gb",
            Self::SizeGb => "size_gb",
            Self::OsFamily => "os_family",
            Self::OsVersion => "os_version",
            Self::PublicIp => "public_ip",
            Self::Ipv4 => "ipv4",
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::Role => "role",
            Self::Environment => "environment",
            Self::Engine => "engine",
            Self::Version => "version",
            Self::Encrypted => "encrypted",
            Self::Backups => "backups",
            Self::Cluster => "cluster",
            Self::Service => "service",
            Self::Tag(_) => "tag",
            Self::MonthlyCost => "monthly_cost",
            Self::Currency => "currency",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::ProviderId => "provider_id",
            Self::Servers => "servers",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// What it holds.
    #[must_use]
    pub fn holds(&self) -> Type {
        match self {
            Self::Drifted | Self::PublicIp | Self::Encrypted => Type::Bool,
            Self::Cpu | Self::MemoryGb | Self::DiskGb | Self::SizeGb | Self::Backups | Self::Servers => {
                Type::Number
            }
            Self::MonthlyCost => Type::Money,
            Self::CreatedAt | Self::UpdatedAt => Type::Time,
            _ => Type::Text,
        }
    }

    /// Whether a resource may have several values at once.
    #[must_use]
    pub fn many(&self) -> bool {
        *self == Self::Service
    }

    /// Whether its values are asked of the inventory.
    #[must_use]
    pub fn live(&self) -> bool {
        self.holds() == Type::Text && *self != Self::Kind
    }

    /// Whether a resource of `kind` can have it.
    #[must_use]
    pub fn of(&self, kind: Kind) -> bool {
        match self {
            Self::Servers => false,
            Self::Plan | Self::Backups => matches!(kind, Kind::Server | Kind::Database | Kind::Volume),
            Self::Cpu
            | Self::MemoryGb
            | Self::DiskGb
            | Self::OsFamily
            | Self::OsVersion
            | Self::Role
            | Self::Service => kind == Kind::Server,
            Self::SizeGb => matches!(kind, Kind::Volume | Kind::Bucket | Kind::Database),
            Self::Engine | Self::Version => kind == Kind::Database,
            Self::Encrypted => matches!(kind, Kind::Server | Kind::Volume | Kind::Bucket | Kind::Database),
            Self::PublicIp | Self::Ipv4 => matches!(kind, Kind::Server | Kind::Database),
            Self::Subnet => matches!(kind, Kind::Server | Kind::Database),
            Self::Network => !matches!(kind, Kind::Volume | Kind::Bucket | Kind::Network),
            Self::Cluster => matches!(kind, Kind::Server | Kind::Volume | Kind::Database),
            _ => true,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(key) if key == "*" => f.write_str("any tag"),
            Self::Tag(key) => write!(f, "tag {key}"),
            other => f.write_str(other.name()),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Bool => "yes or no",
            Self::Money => "an amount",
            Self::Time => "a date",
        })
    }
}
