//! Plans of changes: what `plan_changes` shows and `execute_workflow` executes.

mod output;
mod planned;
mod simulated;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use provisioning::Evaluate;
use provisioning::plan::Plan;
use provisioning::resource::Address;
use provisioning::run::Providers;
use provisioning::site::Site;
use provisioning::state::State;
use toolcall::{ErrorKind, Granted, ToolError};

use crate::{Shelf, fail};
pub(crate) use output::Output;
pub(crate) use planned::Planned;

/// Makes plans at a site.
pub(crate) struct Planner {
    pub(crate) evaluate: Arc<dyn Evaluate>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) site: Arc<dyn Site>,
    pub(crate) today: fn() -> Date,
}

/// What a plan is asked for.
pub(crate) struct Request {
    /// `apply`, `destroy`, or the name of a workflow.
    pub(crate) workflow: String,
    pub(crate) config: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) allow_destroy: Vec<String>,
    pub(crate) refresh: bool,
    pub(crate) simulate: bool,
    /// Whether it is going to be executed: then nothing may be assumed.
    pub(crate) execute: bool,
}

/// What a plan works with: the real site, or a simulated one.
pub(crate) struct Place {
    pub(crate) state: Arc<dyn State>,
    pub(crate) providers: Providers,
    pub(crate) simulated: bool,
}

/// Leave to execute one plan, and when it runs out.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires: Timestamp,
}

impl Planner {
    /// The plan that is asked for, and where it would be executed.
    pub(crate) async fn plan(
        &self,
        granted: &Granted,
        request: &Request,
    ) -> Result<(Place, Planned), ToolError> {
        let real = self.site.state().await.map_err(fail::state)?;
        let asked = self.asked(granted, request).await?;
        let place = self.place(request, real, &asked).await?;
        let planned = self.planned(granted, request, &place, asked).await?;
        Ok((place, planned))
    }
}

/// The addresses that may be deleted although they are protected.
fn allowed(request: &Request) -> Result<BTreeSet<Address>, ToolError> {
    let read = |text: &String| {
        text.parse().map_err(|error: provisioning::resource::Malformed| {
            ToolError::new(ErrorKind::InvalidArgument, error.to_string())
                .field("allow_destroy")
                .hint("take the address from the plan")
        })
    };
    request.allow_destroy.iter().map(read).collect()
}

/// The canonical hash of a plan.
fn hash(plan: &Plan) -> Result<String, ToolError> {
    let broken = |error: serde_json::Error| {
        ToolError::new(ErrorKind::Internal, "the plan could not be written")
            .hint("this is a fault of ours; please report it")
            .because(error)
    };
    let document = serde_json::to_value(plan).map_err(broken)?;
    let value: provisioning::resource::Value = serde_json::from_value(document).map_err(broken)?;
    Ok(provisioning::canonical::hash(&value))
}
