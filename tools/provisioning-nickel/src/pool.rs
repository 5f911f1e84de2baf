//! Warm workers and who gets them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use provisioning::evaluate::{Bound, Error, Evaluate, Evaluation, Source};
use provisioning::workspace::Workspace;
use provisioning::{AssetKind, Assets};
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
        let turns = Semaphore::new(bounds.workers.max(1));
        let idle = Mutex::new(Vec::new());
        Self {
            shared: Arc::new(Shared {
                command,
                bounds,
                assets,
                workspace,
                idle,
                turns,
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
            let worker = self.shared.start().await?;
            self.shared.keep(worker);
        }
        Ok(())
    }

    async fn run(&self, source: Source, strict: bool) -> Result<Evaluation, Error> {
        let shared = &self.shared;
        let Bounds {
            source: most, wall, ..
        } = shared.bounds;
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
        let turn = shared.turns.acquire().await;
        let _turn = turn.map_err(|_| Error::Broken("the pool is closed".to_owned()))?;
        let schemas = shared.schemas();
        let worker = match shared.take(&schemas) {
            Some(worker) => worker,
            None => shared.start().await?,
        };
        let mut lease = Lease {
            shared,
            worker: Some(worker),
        };
        match tokio::time::timeout(wall, lease.evaluate(source, strict, &schemas)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(too_slow(wall)),
        }
    }
}

impl Evaluate for Pool {
    fn evaluate<'a>(
        &'a self,
        source: Source,
        strict: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Evaluation, Error>> + Send + 'a>> {
        Box::pin(self.run(source, strict))
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

    async fn start(&self) -> Result<Worker, Error> {
        // A workspace may override schemas, and a worker loads them before it is ready.
        let limit = self.bounds.wall.saturating_add(STARTING);
        let starting = Worker::start(&self.command, &self.bounds, self.schemas());
        tokio::time::timeout(limit, starting)
            .await
            .unwrap_or_else(|_| Err(too_slow(limit)))
    }

    fn schemas(&self) -> Vec<Schema> {
        let assets = self.assets.list(AssetKind::Schema).into_iter();
        assets
            .map(|asset| Schema {
                label: match asset.origin.as_str() {
                    "builtin" => format!("builtin:schemas/{}", asset.path),
                    _ => asset.origin,
                },
                path: asset.path,
                text: asset.text.into_owned(),
            })
            .collect()
    }
}

/// A worker on loan. It goes back only after an evaluation that ended well; in every other case, the caller having
/// gone away among them, it is killed and a new one is started.
struct Lease<'a> {
    shared: &'a Arc<Shared>,
    worker: Option<Worker>,
}

impl Lease<'_> {
    async fn evaluate(
        &mut self,
        source: Source,
        strict: bool,
        schemas: &[Schema],
    ) -> Result<Evaluation, Error> {
        let Some(worker) = self.worker.as_mut() else {
            return Err(Error::Broken("the worker is gone".to_owned()));
        };
        let bounds = &self.shared.bounds;
        let name = placed(&source.name);
        let mut request = Request::Evaluate {
            name,
            text: source.text,
            strict,
        };
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
                Response::Done(outcome) => break Ok(convert::evaluation(outcome)),
                Response::Bounded { bound, limit } => {
                    break Err(Error::Bounded {
                        bound: domain(bound),
                        limit,
                    });
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
                match shared.start().await {
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

/// Where the source lies for its imports and how findings call it: a path outside the workspace only by its name.
fn placed(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    imports::plain(name)
        .or_else(|_| imports::plain(last))
        .unwrap_or_else(|_| "configuration.ncl".to_owned())
}

fn domain(bound: WireBound) -> Bound {
    match bound {
        WireBound::Depth => Bound::Depth,
        WireBound::Size => Bound::Size,
        WireBound::Imports => Bound::Imports,
    }
}
