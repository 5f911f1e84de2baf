//! Takes the lease, does the steps, gives the lease back.

use std::sync::Arc;

use provisioning::run::{self, Engine, OnFailure, Outcome, Settings, Todo, Watch};
use provisioning::site::{self, Site};
use provisioning::state::{self, Change, Claim, Lease, Run, RunStatus, State};
use serde::{Deserialize, Serialize};
use toolcall::{ErrorKind, Granted, Step, ToolError};

use super::Params;
use crate::fail;
use crate::planning::{Output, Place, Planned};

/// The version of [`Definition`]. A reader refuses a newer one.
const FORMAT: u32 = 1;

/// Everything that a run needs to be gone on with, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    format: u32,
    on_failure: String,
    parallel: usize,
    steps: Vec<Todo>,
}

/// Tells the caller how far a run is.
struct Told<'a>(&'a Granted);

impl Watch for Told<'_> {
    fn progress(&self, done: usize, total: usize, message: &str) {
        let count = |number: usize| u32::try_from(number).map_or(f64::from(u32::MAX), f64::from);
        self.0.report(Step {
            done: count(done),
            total: Some(count(total)),
            message: message.to_owned(),
        });
    }
}

/// Executes `planned`. `spend` marks its token as used in the same commit that begins the run.
pub(super) async fn execute(
    site: &dyn Site,
    place: &Place,
    granted: &Granted,
    planned: &Planned,
    spend: Option<Change>,
) -> Result<Outcome, ToolError> {
    let claim = claim(site, granted, &planned.name);
    let (clock, chance) = (site.clock(), site.chance());
    let lease = leased(site, place.state.as_ref(), &claim).await?;
    let done = async {
        // Whoever held the lease before us may have changed what the plan was made of.
        let serial = place.state.serial().await.map_err(fail::state)?;
        if serial != planned.plan.prior_serial {
            return Err(
                ToolError::new(ErrorKind::Denied, "the state has changed since the plan was made")
                    .hint("plan again with `dry_run`, and look at what changed"),
            );
        }
        let definition = Definition {
            format: FORMAT,
            on_failure: planned.on_failure.name().to_owned(),
            parallel: planned.parallel,
            steps: planned.steps.clone(),
        };
        let run = Run {
            id: chance.name(),
            name: planned.name.clone(),
            definition: written(&definition)?,
            plan_hash: planned.hash.clone(),
            owner: granted.caller().id.clone(),
            status: RunStatus::Running,
            cancelled: false,
            started: clock.now(),
            finished: None,
            message: None,
        };
        let engine = Engine {
            state: place.state.as_ref(),
            providers: &place.providers,
            clock: clock.as_ref(),
            chance: chance.as_ref(),
            watch: &Told(granted),
            settings: settings(site, planned.on_failure, planned.parallel),
        };
        run::execute(
            &engine,
            lease.epoch,
            run,
            spend.into_iter().collect(),
            &planned.steps,
        )
        .await
        .map_err(fail::run)
    }
    .await;
    release(place.state.as_ref(), lease.epoch).await;
    done
}

/// Goes on with the run that `params` names.
pub(super) async fn resume(
    site: &dyn Site,
    state: Arc<dyn State>,
    granted: &Granted,
    params: &Params,
) -> Result<Output, ToolError> {
    let id = params.run_id.as_deref().ok_or_else(|| {
        ToolError::new(ErrorKind::MissingArgument, "`resume` needs a run")
            .field("run_id")
            .hint("`prov state runs` lists them")
    })?;
    let run = state.run(id).await.map_err(fail::state)?.ok_or_else(|| {
        ToolError::new(ErrorKind::NotFound, format!("there is no run `{id}`"))
            .field("run_id")
            .hint("`prov state runs` lists them")
    })?;
    if !run.status.open() {
        return Err(ToolError::new(
            ErrorKind::InvalidArgument,
            format!("run `{id}` has ended: {}", run.status.name()),
        )
        .field("run_id")
        .hint("plan what is to be done now with `apply` or `destroy`"));
    }
    if params.dry_run {
        let steps = state.steps(id).await.map_err(fail::state)?;
        return Ok(Output::open(&run, &steps));
    }
    let definition = read(&run)?;
    let on_failure = OnFailure::named(&definition.on_failure).unwrap_or(OnFailure::Stop);
    let recorded = state.resources().await.map_err(fail::state)?;
    let names = recorded.iter().map(|resource| resource.provider.as_str());
    let wanted = definition.steps.iter().filter_map(provider);
    let providers = site::providers(site, names.chain(wanted)).map_err(fail::provider)?;
    let claim = claim(site, granted, &format!("resume {}", run.name));
    let (clock, chance) = (site.clock(), site.chance());
    let lease = leased(site, state.as_ref(), &claim).await?;
    let engine = Engine {
        state: state.as_ref(),
        providers: &providers,
        clock: clock.as_ref(),
        chance: chance.as_ref(),
        watch: &Told(granted),
        settings: settings(site, on_failure, definition.parallel),
    };
    let done = run::resume(&engine, lease.epoch, run.clone(), &definition.steps)
        .await
        .map_err(fail::run);
    release(state.as_ref(), lease.epoch).await;
    Ok(Output::resumed(&run, done?))
}

fn settings(site: &dyn Site, on_failure: OnFailure, parallel: usize) -> Settings {
    Settings {
        on_failure,
        parallel,
        ..site.settings()
    }
}

fn claim(site: &dyn Site, granted: &Granted, what: &str) -> Claim {
    let (host, pid) = site.process();
    Claim {
        owner: granted.caller().id.clone(),
        host,
        pid,
        reason: what.to_owned(),
        expires: site.clock().now() + site.settings().lease,
    }
}

/// Takes the lease; that of a process of this machine that is gone need not run out first.
pub(crate) async fn leased(site: &dyn Site, state: &dyn State, claim: &Claim) -> Result<Lease, ToolError> {
    let now = site.clock().now();
    match state.acquire(claim, now).await {
        Err(state::Error::Held(held)) if site.gone(&held.claim) => {
            state.steal(claim, now, true).await.map_err(fail::state)
        }
        leased => leased.map_err(fail::state),
    }
}

/// Gives the lease back. If that fails it runs out by itself.
async fn release(state: &dyn State, epoch: u64) {
    let _ = state.release(epoch).await;
}

fn written(definition: &Definition) -> Result<String, ToolError> {
    serde_json::to_string(definition).map_err(|error| {
        ToolError::new(ErrorKind::Internal, "the run could not be written down")
            .hint("this is a fault of ours; please report it")
            .because(error)
    })
}

fn read(run: &Run) -> Result<Definition, ToolError> {
    let refused = |message: String| {
        ToolError::new(ErrorKind::Unavailable, message)
            .hint("go on with the version of `prov` that began it, or plan anew: what it began is recorded")
    };
    let definition: Definition = serde_json::from_str(&run.definition).map_err(|error| {
        refused(format!("run `{}` is written in a form that is not known", run.id)).because(error)
    })?;
    if definition.format > FORMAT {
        return Err(refused(format!("run `{}` was begun by a newer version", run.id)));
    }
    Ok(definition)
}

fn provider(step: &Todo) -> Option<&str> {
    match &step.deed {
        run::Deed::Create { make, .. } | run::Deed::Update { make, .. } | run::Deed::Delete { make, .. } => {
            Some(&make.provider)
        }
        _ => None,
    }
}
