//! A connection on a thread of its own: SQLite waits for the disk, and nothing that waits for a store may block a runtime.
//!
//! Work is done in the order in which it was asked for, and to its end, even if nobody waits for the answer any more.

use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fail::Fault;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Where work for a connection is handed in. The thread ends, and closes the file, when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts a thread for `connection`.
    pub(crate) fn start(mut connection: Connection) -> Result<Self, Fault> {
        let (jobs, work) = mpsc::channel::<Job>();
        thread::Builder::new().name("state".to_owned()).spawn(move || {
            for job in work {
                job(&mut connection);
            }
        })?;
        Ok(Self { jobs })
    }

    /// Has `work` done.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            // Whoever asked may be gone; what was done is done.
            let _gone = answer.send(work(connection));
        };
        self.jobs.send(Box::new(job)).map_err(|_| Fault::Ended)?;
        answered.await.map_err(|_| Fault::Ended)?
    }
}
