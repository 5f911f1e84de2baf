//! What there is to choose from: listed in the form, or computed from the catalogue and the chosen provider.

use crate::intent::Catalogue;

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// These.
    Listed(Vec<String>),
    /// What the catalogue has.
    From(Source),
}

/// A list of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Providers.
    Providers,
    /// Regions of the chosen provider.
    Regions,
    /// Plans of the chosen provider.
    Plans,
    /// Size words of a machine at the chosen provider.
    Sizes,
    /// Size words of a control-plane node.
    ControlPlaneSizes,
    /// Network plugins.
    Cni,
    /// Operating systems.
    Os,
    /// Database engines.
    Engines,
    /// How bad an alert is.
    Severities,
}

/// Options as they are for the answers so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// The options.
    pub values: Vec<String>,
    /// Whether anything else is taken too, because nobody has the whole list.
    pub open: bool,
}

impl Source {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Providers,
        Self::Regions,
        Self::Plans,
        Self::Sizes,
        Self::ControlPlaneSizes,
        Self::Cni,
        Self::Os,
        Self::Engines,
        Self::Severities,
    ];

    /// The word that definitions use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Providers => "providers",
            Self::Regions => "regions",
            Self::Plans => "plans",
            Self::Sizes => "sizes",
            Self::ControlPlaneSizes => "control_plane_sizes",
            Self::Cni => "cni",
            Self::Os => "os",
            Self::Engines => "engines",
            Self::Severities => "severities",
        }
    }

    /// Whether the options are those of the chosen provider.
    #[must_use]
    pub fn of_provider(self) -> bool {
        matches!(self, Self::Regions | Self::Plans | Self::Sizes)
    }

    /// The options for `provider`.
    #[must_use]
    pub fn choices(self, provider: Option<&str>, catalogue: &Catalogue) -> Choices {
        let book = catalogue.book();
        let chosen = provider.and_then(|name| book.provider(name));
        let values = match self {
            Self::Providers => catalogue.provider_names(),
            Self::Regions => {
                chosen.map_or_else(Vec::new, |provider| provider.regions.keys().cloned().collect())
            }
            Self::Plans => chosen.map_or_else(Vec::new, |provider| {
                book.plans(provider).map(|plan| plan.sku.clone()).collect()
            }),
            Self::Sizes => chosen.map_or_else(Vec::new, |provider| sizes(&provider.name, catalogue)),
            Self::ControlPlaneSizes => catalogue.words("control_plane_size").to_vec(),
            Self::Cni => catalogue.words("cni").to_vec(),
            Self::Os => catalogue.words("os").to_vec(),
            Self::Engines => catalogue.words("engine").to_vec(),
            Self::Severities => catalogue.words("severity").to_vec(),
        };
        Choices {
            values,
            open: self == Self::Regions && chosen.is_some_and(Catalogue::any_region),
        }
    }

    /// Whether `value` is one of the options for `provider`. The list, which can be long, is not made for it.
    pub(super) fn has(self, value: &str, provider: Option<&str>, catalogue: &Catalogue) -> bool {
        let book = catalogue.book();
        let chosen = provider.and_then(|name| book.provider(name));
        match self {
            Self::Providers => book.provider(value).is_some(),
            Self::Regions => chosen.is_some_and(|provider| {
                Catalogue::any_region(provider) || provider.regions.contains_key(value)
            }),
            Self::Plans => chosen.is_some_and(|provider| book.plan(provider, value).is_some()),
            _ => self
                .choices(provider, catalogue)
                .values
                .iter()
                .any(|known| known == value),
        }
    }
}

/// Size words of `provider`; where there is no price list, those of the schema.
fn sizes(provider: &str, catalogue: &Catalogue) -> Vec<String> {
    let sizes = catalogue.sizes(provider);
    if sizes.is_empty() {
        return catalogue.words("control_plane_size").to_vec();
    }
    sizes
}

impl Options {
    /// The options for `provider`.
    #[must_use]
    pub fn choices(&self, provider: Option<&str>, catalogue: &Catalogue) -> Choices {
        match self {
            Self::Listed(values) => Choices {
                values: values.clone(),
                open: false,
            },
            Self::From(source) => source.choices(provider, catalogue),
        }
    }

    /// Whether `value` is one of them.
    pub(super) fn has(&self, value: &str, provider: Option<&str>, catalogue: &Catalogue) -> bool {
        match self {
            Self::Listed(values) => values.iter().any(|known| known == value),
            Self::From(source) => source.has(value, provider, catalogue),
        }
    }

    /// Whether they are those of the chosen provider.
    pub(super) fn of_provider(&self) -> bool {
        matches!(self, Self::From(source) if source.of_provider())
    }
}
