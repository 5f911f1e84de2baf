//! From what is asked for to a plan with its cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use provisioning::cost::{self, Options};
use provisioning::desired::{self, Priced, Wanted, wanted};
use provisioning::plan::{Blocked, Inputs, Plan, plan};
use provisioning::provider::Class;
use provisioning::resource::Address;
use provisioning::run::workflow::{Workflow, workflow};
use provisioning::run::{self, OnFailure, Reality, Todo, todo};
use provisioning::site;
use provisioning::state::{Recorded, State};
use provisioning::{Evaluation, Node};
use serde_json::json;
use toolcall::{ErrorKind, Granted, Step, ToolError};

use super::{Place, Planner, Request, allowed, hash, simulated};
use crate::fail;
use crate::finding::split;
use crate::validate_config::{count, source};

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) node: Option<Node>,
    pub(crate) wanted: Option<Wanted>,
}

/// A plan, and what it means.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) hash: String,
    pub(crate) name: String,
    pub(crate) steps: Vec<Todo>,
    pub(crate) on_failure: OnFailure,
    pub(crate) parallel: usize,
    /// What the plan rests on that nobody looked at.
    pub(crate) assumptions: Vec<String>,
    pub(crate) refreshed: bool,
    pub(crate) cost: Option<cost::Difference>,
}

impl Planned {
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it may be executed as it is.
    pub(crate) fn executable(&self) -> bool {
        self.refreshed && self.plan.blocked.is_empty()
    }
}

impl Planner {
    /// The configuration, which must hold, taken apart.
    pub(crate) async fn asked(&self, granted: &Granted, request: &Request) -> Result<Asked, ToolError> {
        let text = match (request.workflow.as_str(), &request.config) {
            ("destroy", None) => {
                return Ok(Asked {
                    node: None,
                    wanted: None,
                });
            }
            (_, Some(text)) => text.clone(),
            (name, None) => {
                return Err(ToolError::new(
                    ErrorKind::MissingArgument,
                    format!("`{name}` needs a configuration"),
                )
                .field("config")
                .hint("give the Nickel text in `config`"));
            }
        };
        granted.report(step("validating"));
        let source = source("config", text, request.file_name.clone())?;
        let Evaluation {
            configuration,
            diagnostics,
            ..
        } = self
            .evaluate
            .evaluate(source, true)
            .await
            .map_err(fail::evaluation)?;
        let Some(node) = configuration else {
            let (errors, _) = split(diagnostics);
            let message = format!(
                "`config` does not hold, so nothing can be planned ({})",
                count(errors.len(), "error")
            );
            return Err(ToolError::new(ErrorKind::InvalidConfiguration, message)
                .field("config")
                .details(json!({ "errors": errors }))
                .hint("mend the errors listed in `details`, or call `validate_config`"));
        };
        let book = self.shelf.book().map_err(fail::cost)?;
        let wanted = wanted(&node, &book).map_err(fail::desired)?;
        Ok(Asked {
            node: Some(node),
            wanted: Some(wanted),
        })
    }

    /// The site, or a simulation of it.
    pub(crate) async fn place(
        &self,
        request: &Request,
        real: Arc<dyn State>,
        asked: &Asked,
    ) -> Result<Place, ToolError> {
        let wanted = asked
            .wanted
            .iter()
            .flat_map(|wanted| &wanted.resources)
            .map(|desired| desired.provider.as_str());
        if request.simulate {
            return simulated::place(self.site.as_ref(), real.as_ref(), wanted.map(str::to_owned)).await;
        }
        let recorded = real.resources().await.map_err(fail::state)?;
        let names = wanted.chain(recorded.iter().map(|resource| resource.provider.as_str()));
        let providers = site::providers(self.site.as_ref(), names).map_err(fail::provider)?;
        Ok(Place {
            state: real,
            providers,
            simulated: false,
        })
    }

    /// The plan at `place`.
    pub(crate) async fn planned(
        &self,
        granted: &Granted,
        request: &Request,
        place: &Place,
        asked: Asked,
    ) -> Result<Planned, ToolError> {
        let serial = place.state.serial().await.map_err(fail::state)?;
        let workspace = place.state.workspace().await.map_err(fail::state)?;
        let recorded = place.state.resources().await.map_err(fail::state)?;
        let scope = Scope::of(request, &asked, recorded);
        let (asked, recorded) = (scope.asked(asked), scope.within.as_slice());
        granted.report(step("asking the providers what is there"));
        let looked = self.looked(request, place, &asked, recorded).await?;
        let allow = allowed(request)?;
        let support = |name: &str, kind| site::support(&place.providers, name, kind);
        let mut plan = plan(&Inputs {
            wanted: asked.wanted.as_ref(),
            recorded,
            reality: &looked.reality,
            support: &support,
            allow_destroy: &allow,
            workspace: &workspace,
            serial,
            accounts: looked.accounts,
        })
        .map_err(|cycle| fail::unordered(&cycle))?;
        plan.blocked.extend(scope.needed());
        // What cannot be priced can be made all the same, and is said.
        let (cost, unpriced) = match self.cost(&plan, &scope) {
            Ok(cost) => (cost, None),
            Err(error) => (None, Some(format!("the cost is not known: {}", error.message()))),
        };
        let flow = self.flow(request, &asked, &plan)?;
        let settings = self.site.settings();
        let planned = Planned {
            hash: hash(&plan)?,
            name: request.workflow.clone(),
            on_failure: flow.as_ref().map_or(settings.on_failure, |flow| flow.on_failure),
            parallel: flow.as_ref().map_or(settings.parallel, |flow| flow.parallel),
            steps: flow.map_or_else(|| todo::steps(&plan), |flow| flow.steps),
            assumptions: looked.assumptions.into_iter().chain(unpriced).collect(),
            refreshed: looked.refreshed,
            cost,
            plan,
        };
        Ok(planned)
    }

    /// The workflow that is asked for, if it is one of the configuration's.
    fn flow(&self, request: &Request, asked: &Asked, plan: &Plan) -> Result<Option<Workflow>, ToolError> {
        match (&asked.node, request.workflow.as_str()) {
            (_, "apply" | "destroy") | (None, _) => Ok(None),
            (Some(node), name) => workflow(node, name, plan).map(Some).map_err(fail::workflow),
        }
    }

    /// What the providers say; without credentials, or when nobody asks, what is recorded is believed.
    async fn looked(
        &self,
        request: &Request,
        place: &Place,
        asked: &Asked,
        recorded: &[Recorded],
    ) -> Result<Looked, ToolError> {
        let unasked = |assumption: String| Looked {
            reality: Reality::new(),
            accounts: BTreeMap::new(),
            assumptions: vec![assumption],
            refreshed: false,
        };
        if !request.refresh && !request.execute {
            return Ok(unasked(
                "what is recorded is what is there: `refresh` is off".to_owned(),
            ));
        }
        let names = asked
            .wanted
            .iter()
            .flat_map(|wanted| &wanted.resources)
            .map(|desired| desired.provider.as_str());
        let names = names.chain(recorded.iter().map(|resource| resource.provider.as_str()));
        let known = names.filter(|name| place.providers.contains_key(*name));
        let asked = async {
            let accounts = run::accounts(&place.providers, known).await?;
            let reality = run::reality(&place.providers, recorded).await?;
            Ok::<_, run::Error>((accounts, reality))
        };
        match asked.await {
            Ok((accounts, reality)) => Ok(Looked {
                reality,
                accounts,
                assumptions: Vec::new(),
                refreshed: true,
            }),
            // A plan needs no credentials, and says what it could not look at. To execute it they are needed.
            Err(run::Error::Provider(error))
                if !request.execute && matches!(error.class, Class::Denied | Class::Transient) =>
            {
                Ok(unasked(format!("what is recorded is what is there: {error}")))
            }
            Err(error) => Err(fail::run(error)),
        }
    }

    /// What the plan costs a month, against what is recorded.
    fn cost(&self, plan: &Plan, scope: &Scope) -> Result<Option<cost::Difference>, ToolError> {
        let book = self.shelf.book().map_err(fail::cost)?;
        let options = Options {
            region: None,
            date: (self.today)(),
        };
        let before = desired::configuration(scope.within.iter().chain(&scope.outside).map(priced));
        let after = plan.changes.iter().filter_map(|change| {
            Some(Priced {
                address: &change.address,
                provider: &change.provider,
                region: change.region.as_deref(),
                attributes: change.after.as_ref()?,
            })
        });
        let after = desired::configuration(after.chain(scope.outside.iter().map(priced)));
        let estimate = |node: &Node| cost::estimate(node, &book, &options).map_err(fail::cost);
        let (before, after) = (estimate(&before)?, estimate(&after)?);
        Ok(Some(cost::difference(&before, &after).map_err(fail::cost)?))
    }
}

/// What is recorded and may be touched, and what is not.
struct Scope {
    destroy: bool,
    within: Vec<Recorded>,
    outside: Vec<Recorded>,
}

impl Scope {
    /// `destroy` with a configuration is about what that configuration has; everything else is about everything.
    fn of(request: &Request, asked: &Asked, recorded: Vec<Recorded>) -> Self {
        let destroy = request.workflow == "destroy";
        let (within, outside) = match asked.wanted.as_ref().filter(|_| destroy) {
            None => (recorded, Vec::new()),
            Some(wanted) => {
                let names: BTreeSet<&Address> =
                    wanted.resources.iter().map(|desired| &desired.address).collect();
                recorded
                    .into_iter()
                    .partition(|resource| names.contains(&resource.address))
            }
        };
        Self {
            destroy,
            within,
            outside,
        }
    }

    /// Nothing is wanted of what is to be destroyed.
    fn asked(&self, asked: Asked) -> Asked {
        match self.destroy {
            true => Asked {
                node: None,
                wanted: None,
            },
            false => asked,
        }
    }

    /// What stays and needs something that would go.
    fn needed(&self) -> Vec<Blocked> {
        let goes: BTreeSet<&Address> = self.within.iter().map(|resource| &resource.address).collect();
        let users = self.outside.iter().filter_map(|user| {
            let need = user.depends_on.iter().find(|need| goes.contains(need))?;
            Some(Blocked {
                subject: need.to_string(),
                reason: format!("{need} would be deleted, and {} needs it", user.address),
                hint: "destroy that first, or together with it".to_owned(),
            })
        });
        users.collect()
    }
}

fn priced(resource: &Recorded) -> Priced<'_> {
    Priced {
        address: &resource.address,
        provider: &resource.provider,
        region: resource.region.as_deref(),
        attributes: &resource.attributes,
    }
}

/// What the providers said.
struct Looked {
    reality: Reality,
    accounts: BTreeMap<String, String>,
    assumptions: Vec<String>,
    refreshed: bool,
}

fn step(message: &str) -> Step {
    Step {
        done: 0.0,
        total: None,
        message: message.to_owned(),
    }
}
