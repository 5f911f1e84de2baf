//! Warm workers and who gets them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use provisioning::evaluate::{Bound, Error, Evaluate, Evaluation, Source};
use provisioning::explain::{Explain, Explained, Explanation};
use provisioning::workspace::{self, Workspace};
use provisioning::{AssetKind, Assets, Diagnostic, Format, Formatted, assets};
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use crate::bounds::{Bounds, bytes, time};
use crate::child::{Worker, WorkerCommand};
use crate::convert;
use crate::imports;
use crate::wire::{Request, Response, Schema, WireBound};

/// What a worker may take to start, beside the time of an evaluation.
const STARTING: Duration = Duration::from_secs(5);

/// Evaluates configurations in worker processes, some of which it keeps warm.
///
/// Workers are started when the first evaluation needs them, or by [`Pool::prewarm`]. One that dies, or that is
/// killed because its evaluation took too long or is no longer wanted, is replaced at once.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    command: WorkerCommand,
    bounds: Bounds,
    assets: Arc<dyn Assets>,
    workspace: Arc<dyn Workspace>,
    idle: Mutex<Vec<Worker>>,
    turns: Semaphore,
    /// Those who have a turn and those who wait for one. A source that waits is memory that nobody else can use.
    places: Semaphore,
}

impl Pool {
    /// A pool of workers that `command` starts, which may import `assets`' schemas and `workspace`'s files.
    #[must_use]
    pub fn new(
        command: WorkerCommand,
        bounds: Bounds,
        assets: Arc<dyn Assets>,
        workspace: Arc<dyn Workspace>,
    ) -> Self {
        let workers = bounds.workers.max(1);
        let turns = Semaphore::new(workers);
        let places = Semaphore::new(workers.saturating_add(bounds.waiting).min(Semaphore::MAX_PERMITS));
        let idle = Mutex::new(Vec::new());
        Self {
            shared: Arc::new(Shared {
                command,
                bounds,
                assets,
                workspace,
                idle,
                turns,
                places,
            }),
        }
    }

    /// Starts the workers now, so that the first evaluation need not wait.
    ///
    /// # Errors
    ///
    /// If a worker does not start.
    pub async fn prewarm(&self) -> Result<(), Error> {
        while self.shared.idle().len() < self.shared.bounds.workers.max(1) {
            let schemas = self.shared.schemas().map_err(unusable)?;
            let worker = self.shared.start(schemas).await?;
            self.shared.keep(worker);
        }
        Ok(())
    }

    async fn run(
        &self,
        mut source: Source,
        request: impl FnOnce(Source) -> Request,
    ) -> Result<Answer, Error> {
        let shared = &self.shared;
        let Bounds {
            source: most,
            wall,
            waiting,
            ..
        } = shared.bounds;
        source.name = match workspace::canonical_name(&source.name) {
            Ok(name) => name,
            Err(error) => return Ok(Answer::Evaluated(misnamed(&error))),
        };
        if source.text.len() > most {
            let limit = format!(
                "a source of more than {}",
                bytes(u64::try_from(most).unwrap_or(u64::MAX))
            );
            return Err(Error::Bounded {
                bound: Bound::Size,
                limit,
            });
        }
        let Ok(_place) = shared.places.try_acquire() else {
            return Err(Error::Busy { waiting });
        };
        let turn = shared.turns.acquire().await;
        let _turn = turn.map_err(|_| Error::Broken("the pool is closed".to_owned()))?;
        let schemas = match shared.schemas() {
            Ok(schemas) => schemas,
            Err(error) => return Ok(Answer::Evaluated(without_schemas(&error))),
        };
        let worker = match shared.take(&schemas) {
            Some(worker) => worker,
            None => shared.start(schemas.clone()).await?,
        };
        let mut lease = Lease {
            shared,
            worker: Some(worker),
        };
        match tokio::time::timeout(wall, lease.answer(request(source), &schemas)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(too_slow(wall)),
        }
    }
}

/// What a worker made of a source.
enum Answer {
    /// The tree, or why there is none; also why something else that was asked for could not be done.
    Evaluated(Evaluation),
    /// The text in the one layout.
    Formatted(String),
    /// What is known of a value.
    Explained(Explanation),
}

impl Answer {
    fn evaluation(self) -> Result<Evaluation, Error> {
        match self {
            Self::Evaluated(evaluation) => Ok(evaluation),
            Self::Formatted(_) | Self::Explained(_) => {
                Err(Error::Broken("the worker answered another question".to_owned()))
            }
        }
    }
}

impl Evaluate for Pool {
    fn evaluate<'a>(
        &'a self,
        source: Source,
        strict: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Evaluation, Error>> + Send + 'a>> {
        let request = move |Source { name, text }| Request::Evaluate { name, text, strict };
        Box::pin(async move { self.run(source, request).await?.evaluation() })
    }
}

impl Format for Pool {
    fn format<'a>(
        &'a self,
        source: Source,
    ) -> Pin<Box<dyn Future<Output = Result<Formatted, Error>> + Send + 'a>> {
        let request = |Source { name, text }| Request::Format { name, text };
        Box::pin(async move {
            Ok(match self.run(source, request).await? {
                Answer::Formatted(text) => Formatted {
                    text: Some(text),
                    diagnostics: Vec::new(),
                },
                other => Formatted {
                    text: None,
                    diagnostics: other.evaluation()?.diagnostics,
                },
            })
        })
    }
}

impl Explain for Pool {
    fn explain<'a>(
        &'a self,
        source: Source,
        path: String,
    ) -> Pin<Box<dyn Future<Output = Result<Explained, Error>> + Send + 'a>> {
        let request = move |Source { name, text }| Request::Explain { name, text, path };
        Box::pin(async move {
            Ok(match self.run(source, request).await? {
                Answer::Explained(explanation) => Explained {
                    explanation: Some(explanation),
                    diagnostics: Vec::new(),
                },
                other => Explained {
                    explanation: None,
                    diagnostics: other.evaluation()?.diagnostics,
                },
            })
        })
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        // Nothing is done under the lock that could leave the list half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A warm worker that knows `schemas`; those that died or know others are dropped.
    fn take(&self, schemas: &[Schema]) -> Option<Worker> {
        let mut idle = self.idle();
        while let Some(mut worker) = idle.pop() {
            if worker.schemas == schemas && worker.is_alive() {
                return Some(worker);
            }
        }
        None
    }

    /// Keeps `worker` for later if there is room.
    fn keep(&self, worker: Worker) {
        let mut idle = self.idle();
        if idle.len() < self.bounds.workers.max(1) {
            idle.push(worker);
        }
    }

    async fn start(&self, schemas: Vec<Schema>) -> Result<Worker, Error> {
        // A workspace may override schemas, and a worker loads them before it is ready.
        let limit = self.bounds.wall.saturating_add(STARTING);
        let starting = Worker::start(&self.command, &self.bounds, schemas);
        tokio::time::timeout(limit, starting)
            .await
            .unwrap_or_else(|_| Err(too_slow(limit)))
    }

    fn schemas(&self) -> Result<Vec<Schema>, assets::Error> {
        let assets = self.assets.load(AssetKind::Schema)?.into_iter();
        Ok(assets
            .map(|asset| Schema {
                label: match asset.origin.as_str() {
                    "builtin" => format!("builtin:schemas/{}", asset.path),
                    _ => asset.origin,
                },
                path: asset.path,
                text: asset.text.into_owned(),
            })
            .collect())
    }
}

/// A worker on loan. It goes back only after an evaluation that ended well; in every other case, the caller having
/// gone away among them, it is killed and a new one is started.
struct Lease<'a> {
    shared: &'a Arc<Shared>,
    worker: Option<Worker>,
}

impl Lease<'_> {
    async fn answer(&mut self, mut request: Request, schemas: &[Schema]) -> Result<Answer, Error> {
        let Some(worker) = self.worker.as_mut() else {
            return Err(Error::Broken("the worker is gone".to_owned()));
        };
        let bounds = &self.shared.bounds;
        let outcome = loop {
            match worker.exchange(&request, bounds).await? {
                Response::Need { imports } => {
                    let workspace = self.shared.workspace.as_ref();
                    let answers = imports
                        .iter()
                        .map(|wanted| imports::answer(wanted, schemas, workspace, bounds));
                    request = Request::Imports {
                        answers: answers.collect(),
                    };
                }
                Response::Done(outcome) => break Ok(Answer::Evaluated(convert::evaluation(outcome))),
                Response::Formatted { text } => break Ok(Answer::Formatted(text)),
                Response::Bounded { bound, limit } => {
                    break Err(Error::Bounded {
                        bound: domain(bound),
                        limit,
                    });
                }
                Response::Explained(explanation) => {
                    break Ok(Answer::Explained(convert::explanation(*explanation)));
                }
                Response::Broken { why } => return Err(Error::Broken(why)),
                Response::Ready => return Err(Error::Broken("the worker lost its place".to_owned())),
            }
        };
        if worker.is_alive() && !worker.is_worn(bounds) {
            self.worker
                .take()
                .into_iter()
                .for_each(|worker| self.shared.keep(worker));
        }
        outcome
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(worker) = self.worker.take() else { return };
        drop(worker);
        debug!("replacing a worker");
        let shared = Arc::clone(self.shared);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // The next evaluation says what is wrong with the schemas to somebody who can mend them.
                let Ok(schemas) = shared.schemas() else { return };
                match shared.start(schemas).await {
                    Ok(worker) => shared.keep(worker),
                    Err(error) => warn!(%error, "cannot replace a worker"),
                }
            });
        }
    }
}

fn too_slow(wall: Duration) -> Error {
    Error::Bounded {
        bound: Bound::Time,
        limit: format!("more than {}", time(wall)),
    }
}

/// A name that could mean another file than the one that was decided about.
fn misnamed(error: &workspace::Error) -> Evaluation {
    refused(Diagnostic {
        hint: Some("name the file by its path below the workspace, such as `clusters/prod.ncl`".to_owned()),
        ..Diagnostic::error("name_refused", error.to_string())
    })
}

/// Schemas of the workspace that cannot be used. To go on with the shipped ones would check against other rules.
fn without_schemas(error: &assets::Error) -> Evaluation {
    refused(Diagnostic {
        file: Some(error.place().to_owned()),
        hint: Some(error.hint().to_owned()),
        ..Diagnostic::error("schemas_refused", error.to_string())
    })
}

fn refused(finding: Diagnostic) -> Evaluation {
    Evaluation {
        configuration: None,
        diagnostics: vec![finding],
        assets: Vec::new(),
    }
}

fn unusable(error: assets::Error) -> Error {
    Error::Broken(error.to_string())
}

fn domain(bound: WireBound) -> Bound {
    match bound {
        WireBound::Depth => Bound::Depth,
        WireBound::Size => Bound::Size,
        WireBound::Imports => Bound::Imports,
    }
}
