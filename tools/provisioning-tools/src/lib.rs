//! The provisioning tools, in the order a newcomer would learn them: one file each.

mod check_compliance;
mod documents;
mod estimate_cost;
mod execute_workflow;
mod explain_value;
mod fail;
mod finding;
mod form_schema;
mod format_config;
mod generate_config;
mod generate_from_form;
mod generation;
mod plan_changes;
mod plan_migration;
mod planning;
mod query_infrastructure;
mod read_state;
mod shelf;
mod validate_config;

use toolcall::Toolset;

pub use check_compliance::CheckCompliance;
pub use documents::ProvisioningDocuments;
pub use estimate_cost::EstimateCost;
pub use execute_workflow::ExecuteWorkflow;
pub use explain_value::ExplainValue;
pub use format_config::FormatConfig;
pub use generate_config::GenerateConfig;
pub use generate_from_form::GenerateFromForm;
pub use plan_changes::PlanChanges;
pub use plan_migration::PlanMigration;
pub use query_infrastructure::QueryInfrastructure;
pub use read_state::ReadState;
pub use shelf::Shelf;
pub use validate_config::ValidateConfig;

/// Looking at configurations: nothing is reached, nothing is changed.
pub const CONFIGURATION: Toolset = Toolset {
    family: "provisioning",
    name: "configuration",
    summary: "generate, validate, price, check and compare configurations",
    default: true,
};

/// Working on real infrastructure and its state.
pub const INFRASTRUCTURE: Toolset = Toolset {
    family: "provisioning",
    name: "infrastructure",
    summary: "plan and execute changes of real infrastructure",
    default: true,
};

/// Looking at what is there, as far as it is recorded: nothing is reached, nothing is changed.
pub const INVENTORY: Toolset = Toolset {
    family: "provisioning",
    name: "inventory",
    summary: "ask what there is",
    default: true,
};
