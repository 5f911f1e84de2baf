//! What a workflow of a configuration means as steps.
//!
//! A task that provisions stands for the steps of the plan that make its target and what that needs; the others are steps of
//! their own. Every task ends in a step of its own name, which those that depend on it wait for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::todo::{self, Deed, Todo, patience};
use super::{OnFailure, Retry};
use crate::Node;
use crate::plan::Plan;
use crate::resource::{Address, Kind};

/// A workflow that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Todo>,
    /// What happens after a step failed.
    pub on_failure: OnFailure,
    /// Most steps at the same time.
    pub parallel: usize,
    /// Whether somebody must agree before.
    pub requires_approval: bool,
}

/// Why a workflow cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no workflow of that name.
    #[error("the configuration has no workflow `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A task names something that is not there.
    #[error(
        "task `{task}` of workflow `{workflow}` works on `{target}`, which the configuration does not have as a {kind}"
    )]
    Target {
        /// The workflow.
        workflow: String,
        /// The task.
        task: String,
        /// What it names.
        target: String,
        /// What it should be.
        kind: &'static str,
    },
    /// A task does not say what it works on.
    #[error("task `{task}` of workflow `{workflow}` needs {what}")]
    Incomplete {
        /// The workflow.
        workflow: String,
        /// The task.
        task: String,
        /// What is missing.
        what: String,
    },
}

/// The workflow `name` of `configuration`, whose resources `plan` makes.
pub fn workflow(configuration: &Node, name: &str, plan: &Plan) -> Result<Workflow, Error> {
    let all = configuration
        .get("workflows")
        .map(Node::items)
        .unwrap_or_default();
    let named = |node: &&Node| text(node, "name") == name;
    let Some(node) = all.iter().find(named) else {
        let known = all.iter().map(|node| text(node, "name").to_owned()).collect();
        return Err(Error::Unknown {
            name: name.to_owned(),
            known,
        });
    };
    let planned = todo::steps(plan);
    let mut book = Book {
        configuration,
        plan,
        workflow: name,
        planned: planned.iter().map(|step| (step.name.as_str(), step)).collect(),
        steps: Vec::new(),
        taken: BTreeSet::new(),
    };
    for task in node.get("tasks").map(Node::items).unwrap_or_default() {
        book.task(task)?;
    }
    let parallel = node
        .get("parallel")
        .and_then(Node::integer)
        .and_then(|number| usize::try_from(number).ok());
    Ok(Workflow {
        name: name.to_owned(),
        steps: book.steps,
        on_failure: OnFailure::named(text(node, "on_failure")).unwrap_or(OnFailure::Rollback),
        parallel: parallel.unwrap_or(4),
        requires_approval: node
            .get("requires_approval")
            .and_then(Node::bool)
            .unwrap_or(false),
    })
}

/// The steps as they are gathered.
struct Book<'a> {
    configuration: &'a Node,
    plan: &'a Plan,
    workflow: &'a str,
    planned: BTreeMap<&'a str, &'a Todo>,
    steps: Vec<Todo>,
    taken: BTreeSet<String>,
}

impl Book<'_> {
    fn task(&mut self, task: &Node) -> Result<(), Error> {
        let needs: Vec<String> = task
            .get("depends_on")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect();
        let after = match text(task, "type") {
            "provision_server" => self.provisioned(task, &needs)?,
            "configure_networking" => self.networked(&needs),
            "install_service" => self.installed(task, &needs)?,
            "run_health_check" => self.checked(task, &needs)?,
            _ => self.kept(task, &needs)?,
        };
        // Where the task met nothing to do, it still waits for those before it.
        let after = if after.is_empty() { needs } else { after };
        self.steps.push(Todo {
            name: text(task, "id").to_owned(),
            deed: Deed::Meet,
            after,
            deadline: deadline(task),
            retry: retry(task),
        });
        Ok(())
    }

    /// The steps that make the target and what it needs.
    fn provisioned(&mut self, task: &Node, needs: &[String]) -> Result<Vec<String>, Error> {
        let servers = self.servers(task)?;
        let mut wanted: BTreeSet<Address> = BTreeSet::new();
        let mut look = servers;
        while let Some(address) = look.pop() {
            let change = self.plan.changes.iter().find(|change| change.address == address);
            look.extend(
                change
                    .into_iter()
                    .flat_map(|change| change.depends_on.clone())
                    .filter(|need| !wanted.contains(need)),
            );
            wanted.insert(address);
        }
        Ok(self.take(needs, |address| wanted.contains(address)))
    }

    /// The steps that make networks.
    fn networked(&mut self, needs: &[String]) -> Vec<String> {
        self.take(needs, |address| {
            matches!(address.kind, Kind::Network | Kind::Subnet | Kind::SecurityGroup)
        })
    }

    /// Takes the steps of the plan that make or change what `wanted` says. A step that another task has taken is waited for.
    fn take(&mut self, needs: &[String], wanted: impl Fn(&Address) -> bool) -> Vec<String> {
        let ours = |step: &&&Todo| match &step.deed {
            Deed::Create { make, .. } | Deed::Update { make, .. } => wanted(&make.address),
            _ => false,
        };
        let found: Vec<&Todo> = self.planned.values().filter(ours).copied().collect();
        let names: Vec<String> = found.iter().map(|step| step.name.clone()).collect();
        for step in found {
            if !self.taken.insert(step.name.clone()) {
                continue;
            }
            let mut step = step.clone();
            // What it needs and no task of this workflow makes is there already, or the step says that it is not.
            step.after
                .retain(|name| names.contains(name) || self.taken.contains(name));
            step.after.extend(needs.iter().cloned());
            self.steps.push(step);
        }
        names
    }

    fn installed(&mut self, task: &Node, needs: &[String]) -> Result<Vec<String>, Error> {
        let target = text(task, "target");
        let service = self
            .named("services", target)
            .ok_or_else(|| self.target(task, "service"))?;
        let package = text(service, "service").to_owned();
        // It becomes a word of a shell's line.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "+-._".contains(letter);
        if package.starts_with('-') || !package.chars().all(plain) {
            return Err(self.incomplete(task, "a service whose name is a package's"));
        }
        let names: Vec<String> = texts(service, "servers");
        let mut steps = Vec::new();
        for server in self.addresses(&names) {
            let (command, undo) = self.commands(task, &server, &package);
            steps.push(self.push(
                task,
                needs,
                &format!("on {server}"),
                Deed::Exec {
                    server,
                    command,
                    undo: Some(undo),
                },
            ));
        }
        if steps.is_empty() {
            return Err(self.incomplete(task, "a service that names servers"));
        }
        Ok(steps)
    }

    /// How a package gets onto a server and off again: as the task says, or by the package manager of its system.
    fn commands(&self, task: &Node, server: &Address, package: &str) -> (Vec<String>, Vec<String>) {
        let shell = |line: &str| vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()];
        let said = |key: &str| {
            task.at("config")
                .and_then(|config| config.get(key))
                .and_then(Node::text)
        };
        let family = self
            .plan
            .changes
            .iter()
            .find(|change| change.address == *server)
            .and_then(|change| change.after.as_ref()?.get("os_family")?.text().map(str::to_owned));
        let (install, remove) = match family.as_deref() {
            Some("alpine") => ("apk add --no-progress", "apk del --no-progress"),
            Some("rocky") => ("dnf install -y -q", "dnf remove -y -q"),
            _ => (
                "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq",
                "DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq",
            ),
        };
        let command = said("command").map_or_else(|| shell(&format!("{install} {package}")), shell);
        let undo = said("undo").map_or_else(|| shell(&format!("{remove} {package}")), shell);
        (command, undo)
    }

    fn checked(&mut self, task: &Node, needs: &[String]) -> Result<Vec<String>, Error> {
        let servers = self.servers(task)?;
        let command = task.at("config.command").and_then(Node::text);
        let command = command.map(|line| vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()]);
        let check = |book: &mut Self, server: Address| {
            let deed = Deed::Check {
                server: server.clone(),
                command: command.clone(),
            };
            book.push(task, needs, &format!("of {server}"), deed)
        };
        Ok(servers.into_iter().map(|server| check(self, server)).collect())
    }

    /// Snapshots of everything that the backup names.
    fn kept(&mut self, task: &Node, needs: &[String]) -> Result<Vec<String>, Error> {
        let target = text(task, "target").to_owned();
        let backup = self
            .named("backups", &target)
            .ok_or_else(|| self.target(task, "backup"))?;
        let mut addresses = self.addresses(&texts(backup, "servers"));
        addresses.extend(
            texts(backup, "volumes")
                .iter()
                .map(|name| Address::new(Kind::Volume, name)),
        );
        addresses.extend(
            texts(backup, "databases")
                .iter()
                .map(|name| Address::new(Kind::Database, name)),
        );
        if addresses.is_empty() {
            return Err(self.incomplete(task, "a backup that names servers, volumes or databases"));
        }
        let keep = |book: &mut Self, address: Address| {
            let deed = Deed::Snapshot {
                address: address.clone(),
                label: target.clone(),
            };
            book.push(task, needs, &format!("of {address}"), deed)
        };
        Ok(addresses.into_iter().map(|address| keep(self, address)).collect())
    }

    fn push(&mut self, task: &Node, needs: &[String], about: &str, deed: Deed) -> String {
        let name = format!("{} {about}", text(task, "id"));
        self.steps.push(Todo {
            name: name.clone(),
            deed,
            after: needs.to_vec(),
            deadline: deadline(task),
            retry: retry(task),
        });
        name
    }

    /// The servers that the task works on.
    fn servers(&self, task: &Node) -> Result<Vec<Address>, Error> {
        let target = text(task, "target");
        if target.is_empty() {
            return Err(self.incomplete(task, "a `target`"));
        }
        let found = self.addresses(&[target.to_owned()]);
        if found.is_empty() {
            Err(self.target(task, "server"))
        } else {
            Ok(found)
        }
    }

    /// The addresses of the servers of those names.
    fn addresses(&self, names: &[String]) -> Vec<Address> {
        let ours = |address: &&Address| {
            address.kind == Kind::Server
                && (names.contains(&address.name) || names.contains(&address.label()))
        };
        self.plan
            .changes
            .iter()
            .map(|change| &change.address)
            .filter(ours)
            .cloned()
            .collect()
    }

    fn named(&self, group: &str, name: &str) -> Option<&Node> {
        let items = self.configuration.get(group).map(Node::items).unwrap_or_default();
        items.iter().find(|node| text(node, "name") == name)
    }

    fn target(&self, task: &Node, kind: &'static str) -> Error {
        Error::Target {
            workflow: self.workflow.to_owned(),
            task: text(task, "id").to_owned(),
            target: text(task, "target").to_owned(),
            kind,
        }
    }

    fn incomplete(&self, task: &Node, what: &str) -> Error {
        Error::Incomplete {
            workflow: self.workflow.to_owned(),
            task: text(task, "id").to_owned(),
            what: what.to_owned(),
        }
    }
}

fn deadline(task: &Node) -> Duration {
    let seconds = task
        .get("timeout_s")
        .and_then(Node::integer)
        .and_then(|number| u64::try_from(number).ok());
    Duration::from_secs(seconds.unwrap_or(600))
}

fn retry(task: &Node) -> Retry {
    let number = |path: &str| {
        task.at(path)
            .and_then(Node::integer)
            .and_then(|number| u64::try_from(number).ok())
    };
    let small = |path: &str, default: u32| {
        number(path)
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default)
    };
    let base = patience();
    Retry {
        max_retries: small("retry.max_retries", base.max_retries),
        initial_delay: number("retry.initial_delay_ms").map_or(base.initial_delay, Duration::from_millis),
        max_delay: number("retry.max_delay_ms").map_or(base.max_delay, Duration::from_millis),
        multiplier: small("retry.backoff_multiplier", base.multiplier),
    }
}

fn text<'a>(node: &'a Node, name: &str) -> &'a str {
    node.get(name).and_then(Node::text).unwrap_or_default()
}

fn texts(node: &Node, name: &str) -> Vec<String> {
    let items = node.get(name).map(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}
