//! The tools of an executable, and which of them are offered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::tool::Erased;
use crate::{AnyTool, Declaration, Effect, Tool};

/// A named group of tools that is switched on and off together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Toolset {
    /// The family, such as `provisioning`; the first half of the Cedar group.
    pub family: &'static str,
    /// The group's name on the command line.
    pub name: &'static str,
    /// What the tools in it are for.
    pub summary: &'static str,
    /// Whether it is offered when nobody chooses.
    pub default: bool,
}

/// What an operator chose to offer: `((toolsets ∪ tools) ∖ exclude) ∩ (read_only ? reading : all)`.
///
/// It is an upper bound: the policy narrows it for each caller, and nothing widens it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Groups to offer; `default` and `all` are known names; nothing chosen means `default`.
    pub toolsets: Vec<String>,
    /// Single tools to offer as well.
    pub tools: Vec<String>,
    /// Tools not to offer; wins over both.
    pub exclude: Vec<String>,
    /// Offer only tools that change nothing; wins over everything.
    pub read_only: bool,
}

/// Why a catalogue or a selection is not usable. Found at start-up.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CatalogError {
    /// Two tools answer to one name.
    #[error("two tools answer to `{name}`")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A tool's declaration breaks a rule.
    #[error("tool `{name}`: {reason}")]
    Declaration {
        /// The tool.
        name: String,
        /// Which rule.
        reason: String,
    },
    /// A selection names something that is not there.
    #[error("there is no {what} `{name}`; {hint}")]
    Unknown {
        /// `toolset` or `tool`.
        what: &'static str,
        /// The name.
        name: String,
        /// A suggestion, or what there is.
        hint: String,
    },
}

/// The tools that are offered, by name.
#[derive(Clone, Default)]
pub struct Catalog {
    tools: BTreeMap<&'static str, Arc<dyn AnyTool>>,
    aliases: BTreeMap<&'static str, &'static str>,
    /// Tools in the order they were added: the order a newcomer would learn them.
    order: Vec<&'static str>,
}

impl Catalog {
    /// No tools yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `tool` as well.
    ///
    /// # Errors
    /// If its name is taken or its schemas are not portable.
    pub fn with<T: Tool>(self, tool: T) -> Result<Self, CatalogError> {
        let erased = Erased::new(tool).map_err(|reason| CatalogError::Declaration {
            name: T::NAME.to_owned(),
            reason,
        })?;
        self.with_any(Arc::new(erased))
    }

    /// With a tool whose types are already erased. Its schemas are taken as they are.
    ///
    /// # Errors
    /// If its name is taken.
    pub fn with_any(mut self, tool: Arc<dyn AnyTool>) -> Result<Self, CatalogError> {
        let declaration = tool.declaration();
        let (name, aliases) = (declaration.name, declaration.aliases);
        for taken in std::iter::once(&name).chain(aliases) {
            if self.tools.contains_key(taken) || self.aliases.contains_key(taken) {
                return Err(CatalogError::Duplicate {
                    name: (*taken).to_owned(),
                });
            }
        }
        self.aliases.extend(aliases.iter().map(|alias| (*alias, name)));
        self.order.push(name);
        self.tools.insert(name, tool);
        Ok(self)
    }

    /// Only what `selection` offers. What is left out cannot be called either.
    ///
    /// # Errors
    /// If the selection names a toolset or tool that is not there.
    pub fn select(&self, selection: &Selection) -> Result<Self, CatalogError> {
        let toolsets = self.chosen_toolsets(&selection.toolsets)?;
        for name in selection.tools.iter().chain(&selection.exclude) {
            self.known_tool(name)?;
        }
        let names = |list: &[String]| -> Vec<&'static str> {
            list.iter()
                .filter_map(|name| self.tool(name).map(|tool| tool.declaration().name))
                .collect()
        };
        let (added, removed) = (names(&selection.tools), names(&selection.exclude));
        let offered = |declaration: &Declaration| {
            let chosen = toolsets.contains(&declaration.toolset.name) || added.contains(&declaration.name);
            let allowed = !selection.read_only || declaration.effect == Effect::Read;
            chosen && allowed && !removed.contains(&declaration.name)
        };
        let mut narrowed = self.clone();
        narrowed.tools.retain(|_, tool| offered(tool.declaration()));
        narrowed.order.retain(|name| narrowed.tools.contains_key(name));
        narrowed
            .aliases
            .retain(|_, name| narrowed.tools.contains_key(name));
        Ok(narrowed)
    }

    /// The tool that answers to `name`, by its name or an old one.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&Arc<dyn AnyTool>> {
        self.tools
            .get(name)
            .or_else(|| self.tools.get(self.aliases.get(name)?))
    }

    /// Every declaration, in the order the tools were added.
    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.order
            .iter()
            .filter_map(|name| self.tools.get(name))
            .map(|tool| tool.declaration())
    }

    /// Every toolset, in order of first appearance.
    #[must_use]
    pub fn toolsets(&self) -> Vec<Toolset> {
        let mut seen = Vec::new();
        for declaration in self.declarations() {
            if !seen.contains(&declaration.toolset) {
                seen.push(declaration.toolset);
            }
        }
        seen
    }

    /// The offered tool whose name is nearest to `name`.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.order.iter().copied())
    }

    fn chosen_toolsets(&self, chosen: &[String]) -> Result<Vec<&'static str>, CatalogError> {
        let all = self.toolsets();
        let default = || all.iter().filter(|set| set.default).map(|set| set.name);
        if chosen.is_empty() {
            return Ok(default().collect());
        }
        let mut names = Vec::new();
        for name in chosen {
            match (name.as_str(), all.iter().find(|set| set.name == name)) {
                ("all", _) => names.extend(all.iter().map(|set| set.name)),
                ("default", _) => names.extend(default()),
                (_, Some(set)) => names.push(set.name),
                (_, None) => {
                    let known = all.iter().map(|set| set.name).chain(["default", "all"]);
                    return Err(unknown("toolset", name, known));
                }
            }
        }
        Ok(names)
    }

    fn known_tool(&self, name: &str) -> Result<(), CatalogError> {
        match self.tool(name) {
            Some(_) => Ok(()),
            None => Err(unknown("tool", name, self.order.iter().copied())),
        }
    }
}

fn unknown(what: &'static str, name: &str, known: impl Iterator<Item = &'static str>) -> CatalogError {
    let known: Vec<&str> = known.collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    CatalogError::Unknown {
        what,
        name: name.to_owned(),
        hint,
    }
}

/// The one of `known` that `name` was probably meant to be.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let short: String = name.chars().take(128).collect();
    known
        .map(|candidate| (strsim::jaro_winkler(&short, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
