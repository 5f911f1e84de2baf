//! How a long call says how far it is.

/// One step of a long call. `done` never decreases within a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How much is done, in units of the tool's choosing.
    pub done: f64,
    /// How much there is, if known.
    pub total: Option<f64>,
    /// What is happening, for people.
    pub message: String,
}

/// Where steps go: an MCP client, a bar on a terminal, or nowhere.
pub trait Progress: Send + Sync {
    /// Reports `step`. Must not block.
    fn report(&self, step: Step);

    /// Sends a line of the tool's log to the client, if it asked for that. Must not block.
    fn log(&self, _level: crate::Severity, _message: &str) {}
}

/// Nobody asked to be told.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _step: Step) {}
}
