//! Adapters to ports: the only place of `prov` that names them, with the providers in a file of their own.

mod providers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use console::{Exit, Failure};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use mcp::{About, Changes, Features};
use program::{Program, Wired, Wiring};
use provisioning::explain::Explain;
use provisioning::query::Inventory;
use provisioning::run::{OnFailure, Settings};
use provisioning::site::Site;
use provisioning::state::{self, State};
use provisioning::workspace::Workspace;
use provisioning::{Assets, Embedded, Evaluate, Format};
use provisioning_file::{WorkspaceAssets, WorkspaceFiles};
use provisioning_nickel::{Bounds, Pool, WorkerCommand};
use provisioning_sqlite::SqliteState;
use provisioning_sqlite::query::SqliteInventory;
use provisioning_tools::{
    CheckCompliance, EstimateCost, ExecuteWorkflow, ExplainValue, FormatConfig, GenerateConfig,
    GenerateFromForm, PlanChanges, PlanMigration, ProvisioningDocuments, QueryInfrastructure, ReadState,
    Shelf, ValidateConfig,
};
use serde_json::{Map, Value, json};
use settings::Environment;
use toolcall::{Catalog, CatalogError};

use crate::config::ProvConfig;
use crate::prompts::FamilyPrompts;
use crate::site::{self, Here};

/// The first argument that makes this executable an evaluation worker.
pub const WORKER: &str = "nickel-worker";

/// What `prov` is.
pub const PROGRAM: Program<ProvConfig> = Program {
    about,
    prefix: "PROV",
    trials: &[
        ("validate_config", smallest),
        ("estimate_cost", smallest),
        ("check_compliance", smallest),
    ],
    wire,
};

fn about() -> About {
    About {
        name: "prov",
        title: "Provisioning",
        version: env!("CARGO_PKG_VERSION"),
        instructions: "Provisioning of typed infrastructure: validate a Nickel configuration (servers, networks, \
            Kubernetes clusters on AWS, UpCloud, Hetzner, GCP, Azure or local LXD) with `validate_config`, estimate its monthly \
            cost with `estimate_cost`, and check it against SOC 2, HIPAA, GDPR and PCI DSS controls with \
            `check_compliance`: a pass is evidence, never a certificate. `plan_migration` says in which waves one configuration \
            becomes another. A new configuration comes from words with `generate_config`, or from the answers to a form \
            with `generate_from_form`: `form-schema://<name>` has the questions. Validate before you price, and after every change. The schemas are resources \
            `schema://<name>`, examples are `example://<name>`: read `schema://configuration` before you write a \
            configuration. Findings name file, line, field, value and rule. Prices are dated; what has no known price \
            is listed as unpriced and never counted as zero. What is there is asked of `query_infrastructure` in words: it \
            answers only what it understood whole. Nothing here changes infrastructure."
            .to_owned(),
    }
}

/// The smallest configuration there is.
fn smallest() -> Map<String, Value> {
    Map::from_iter([("config".to_owned(), json!("{ provider = 'local, servers = [] }"))])
}

fn wire(wiring: &Wiring<'_, ProvConfig>) -> Result<Wired, Failure> {
    let assets = assets(wiring.workspace);
    let workspace: Arc<dyn Workspace> = Arc::new(WorkspaceFiles::new(wiring.workspace));
    let pool = Arc::new(pool(wiring, Arc::clone(&assets), Arc::clone(&workspace)));
    let shelf = Arc::new(Shelf::new(Arc::clone(&assets)));
    let site = site(wiring.workspace, wiring.config, wiring.environment, &assets)?;
    let inventory: Arc<dyn Inventory> =
        Arc::new(SqliteInventory::new(state_path(wiring.workspace, wiring.config)));
    let catalog = catalog(&pool, &shelf, &workspace, &site, &inventory)
        .map_err(|error| Failure::new(Exit::Internal, "the tools do not fit together").because(&error))?;
    let prompts = FamilyPrompts::new("provisioning", &assets)
        .map_err(|error| Failure::new(Exit::Internal, "the prompts cannot be read").because(&error))?;
    Ok(Wired {
        catalog,
        documents: Arc::new(ProvisioningDocuments::new(shelf)),
        prompts: Arc::new(prompts),
        features: Features::default(),
        changes: Changes::new(),
        secrets: Vec::new(),
        warm: Some(Box::new(move || warm(pool))),
    })
}

/// The shipped data, and what replaces it in `workspace`.
#[must_use]
pub fn assets(workspace: &Path) -> Arc<dyn Assets> {
    let files = WorkspaceFiles::new(workspace);
    Arc::new(WorkspaceAssets::new(files, Arc::new(Embedded)))
}

/// The tools, in the order a newcomer would learn them.
pub fn catalog<E>(
    evaluator: &Arc<E>,
    shelf: &Arc<Shelf>,
    workspace: &Arc<dyn Workspace>,
    site: &Arc<dyn Site>,
    inventory: &Arc<dyn Inventory>,
) -> Result<Catalog, CatalogError>
where
    E: Evaluate + Explain + Format + 'static,
{
    let evaluate = &(Arc::clone(evaluator) as Arc<dyn Evaluate>);
    let format = Arc::clone(evaluator) as Arc<dyn Format>;
    let explain = Arc::clone(evaluator) as Arc<dyn Explain>;
    Catalog::new()
        .with(GenerateConfig::new(
            Arc::clone(evaluate),
            Arc::clone(shelf),
            today,
        ))?
        .with(GenerateFromForm::new(
            Arc::clone(evaluate),
            Arc::clone(shelf),
            today,
        ))?
        .with(ValidateConfig::new(Arc::clone(evaluate), Arc::clone(shelf)))?
        .with(FormatConfig::new(format))?
        .with(ExplainValue::new(explain))?
        .with(EstimateCost::new(Arc::clone(evaluate), Arc::clone(shelf), today))?
        .with(CheckCompliance::new(
            Arc::clone(evaluate),
            Arc::clone(shelf),
            Arc::clone(workspace),
            today,
        ))?
        .with(PlanMigration::new(Arc::clone(evaluate), Arc::clone(shelf), today))?
        .with(PlanChanges::new(
            Arc::clone(evaluate),
            Arc::clone(shelf),
            Arc::clone(site),
            today,
        ))?
        .with(ExecuteWorkflow::new(
            Arc::clone(evaluate),
            Arc::clone(shelf),
            Arc::clone(site),
            today,
        ))?
        .with(ReadState::new(Arc::clone(site)))?
        .with(QueryInfrastructure::new(
            Arc::clone(inventory),
            Arc::clone(shelf),
            Timestamp::now,
        ))
}

/// Where work is done.
///
/// # Errors
/// If a setting makes no sense.
pub fn site(
    workspace: &Path,
    config: &ProvConfig,
    environment: &Environment,
    assets: &Arc<dyn Assets>,
) -> Result<Arc<dyn Site>, Failure> {
    let run = &config.run;
    let on_failure = OnFailure::named(&run.on_failure).ok_or_else(|| {
        Failure::new(
            Exit::Settings,
            format!("`run.on_failure` is `{}`, which is no choice", run.on_failure),
        )
        .hint("set it to `rollback`, `stop` or `continue`")
    })?;
    let settings = Settings {
        parallel: usize::try_from(run.parallel).unwrap_or(1),
        lease: Duration::from_secs(run.lease_s),
        on_failure,
        ..Settings::default()
    };
    let folder = workspace.join(".prov/state");
    let providers = providers::all(config, environment, assets);
    let open = open(state_path(workspace, config), folder.clone());
    Ok(Arc::new(Here::new(open, providers, folder, settings)))
}

/// Where the state is.
fn state_path(workspace: &Path, config: &ProvConfig) -> PathBuf {
    match config.state.path.as_str() {
        "" => workspace.join(".prov/state/state.db"),
        path => PathBuf::from(path),
    }
}

/// How the state is opened. It waits for the disk, which the runtime's threads must not.
fn open(path: PathBuf, folder: PathBuf) -> site::Open {
    Box::new(move || {
        let (path, folder) = (path.clone(), folder.clone());
        Box::pin(async move {
            let place = path.display().to_string();
            let broken = |problem: String| state::Error::Broken { place, problem };
            let opened =
                tokio::task::spawn_blocking(move || site::folder(&folder).map(|()| SqliteState::open(&path)));
            match opened.await {
                Ok(Ok(state)) => Ok(Arc::new(state?) as Arc<dyn State>),
                Ok(Err(error)) => Err(broken(error.to_string())),
                Err(error) => Err(broken(error.to_string())),
            }
        })
    })
}

fn pool(wiring: &Wiring<'_, ProvConfig>, assets: Arc<dyn Assets>, workspace: Arc<dyn Workspace>) -> Pool {
    let settings = &wiring.config.nickel;
    let bounds = Bounds {
        wall: Duration::from_millis(settings.wall_ms),
        memory: settings.memory_mib << 20,
        workers: usize::try_from(settings.workers).unwrap_or(1),
        ..Bounds::default()
    };
    let command = WorkerCommand {
        program: wiring.executable.to_owned(),
        arguments: vec![WORKER.to_owned()],
    };
    Pool::new(command, bounds, assets, workspace)
}

/// Starts a worker while the client is still saying hello.
fn warm(pool: Arc<Pool>) {
    tokio::spawn(async move {
        if let Err(error) = pool.prewarm().await {
            tracing::warn!(%error, "no evaluation worker could be started ahead of the first call");
        }
    });
}

/// The day that prices are looked up for, in UTC, so that two machines agree.
fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}
