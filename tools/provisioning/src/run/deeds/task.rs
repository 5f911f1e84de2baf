//! What workflows do beside making resources: commands, snapshots, checks.

use super::LONGEST_POLL;
use crate::provider::{Class, Error, Status};
use crate::resource::Address;
use crate::run::execute::{Halt, Work};
use crate::run::todo::Todo;
use crate::state::Step;

impl Work<'_> {
    /// Runs `command` in `server`; another exit code than 0 is a failure.
    pub(in crate::run) async fn exec(
        &self,
        todo: &Todo,
        server: &Address,
        command: &[String],
    ) -> Result<(), Halt> {
        let (row, provider) = self.recorded(server).await?;
        let id = row.provider_id.unwrap_or_default();
        let ran = self
            .patiently(todo, || provider.exec(row.region.as_deref(), &id, command))
            .await?;
        match ran.code {
            0 => Ok(()),
            // What it wrote may hold a secret, and errors of steps are recorded.
            code => Err(Halt::Failed(
                Error::new(
                    Class::Permanent,
                    format!("run `{}` in {server}", command.first().map_or("", String::as_str)),
                    format!("it exited with {code}"),
                )
                .hint(
                    "run it by hand in the server: what it writes is not kept, because it may hold a secret",
                ),
            )),
        }
    }

    pub(in crate::run) async fn snapshot(
        &self,
        place: usize,
        todo: &Todo,
        address: &Address,
        label: &str,
        step: &mut Step,
    ) -> Result<(), Halt> {
        self.intend(step, Vec::new()).await?;
        let (row, provider) = self.recorded(address).await?;
        let id = row.provider_id.clone().unwrap_or_default();
        // One name for one step of one run: a second try finds the first.
        let name = format!("{label}-{}", self.marker(place));
        let region = row.region.as_deref();
        let taken = self
            .patiently(todo, || provider.snapshot(address.kind, region, &id, &name))
            .await?;
        step.effect = Some(taken);
        self.done(step, Vec::new()).await
    }

    pub(in crate::run) async fn check(
        &self,
        todo: &Todo,
        server: &Address,
        command: Option<&[String]>,
    ) -> Result<(), Halt> {
        let (row, provider) = self.recorded(server).await?;
        let id = row.provider_id.clone().unwrap_or_default();
        let region = row.region.as_deref();
        let mut wait = self.engine.settings.poll;
        loop {
            let found = self
                .patiently(todo, || provider.read(server.kind, region, &id))
                .await?;
            let ready = found.is_some_and(|found| found.status == Status::Ready);
            let answered = match command {
                Some(command) if ready => {
                    self.patiently(todo, || provider.exec(region, &id, command))
                        .await?
                        .code
                        == 0
                }
                _ => ready,
            };
            if answered {
                return Ok(());
            }
            self.engine.clock.sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_POLL);
        }
    }
}
