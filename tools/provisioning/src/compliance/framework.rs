//! The catalogues of controls that rules give evidence for.

/// A catalogue of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    /// AICPA trust services criteria.
    Soc2,
    /// 45 CFR part 164.
    Hipaa,
    /// Regulation (EU) 2016/679.
    Gdpr,
    /// PCI DSS 4.0.1.
    Pci,
}

impl Framework {
    /// Every one, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Soc2, Self::Hipaa, Self::Gdpr, Self::Pci];

    /// Its name in rules and arguments.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Soc2 => "soc2",
            Self::Hipaa => "hipaa",
            Self::Gdpr => "gdpr",
            Self::Pci => "pci",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Soc2 => "SOC 2",
            Self::Hipaa => "HIPAA",
            Self::Gdpr => "GDPR",
            Self::Pci => "PCI DSS 4.0.1",
        }
    }

    /// The one that is called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framework| framework.name() == name)
    }
}
