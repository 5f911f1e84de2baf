//! One run of an executable: its settings, and what is built from them when a command needs it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit::Log;
use console::{Bar, Exit, Failure, Printer};
use mcp::{About, Changes, Features, Server};
use policy::{Policy, PolicySource};
use redacted::{Redacted, Scrubber};
use serde_json::{Map, Value};
use settings::{Environment, Settings, user_config_dir, user_state_dir};
use toolcall::{
    Bounds, Call, Catalog, Credential, DocumentBody, Documents, Gate, Identified, Origin, Prompts, Reply,
    Selection,
};

use crate::config::Config;
use crate::files::read_text;
use crate::global::Global;
use crate::identify::identity;
use crate::resolve::{resolve, start_telemetry};
use crate::user::login_name;

/// Largest settings, token or policy file, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// An executable: what it is called and how it is put together.
pub struct Program<C: Config> {
    /// What it says about itself.
    pub about: fn() -> About,
    /// The beginning of its environment variables, such as `PROV`.
    pub prefix: &'static str,
    /// Calls that must work in any workspace, for `doctor`.
    pub trials: &'static [Trial],
    /// Joins adapters to ports; the only place that names them.
    pub wire: fn(&Wiring<'_, C>) -> Result<Wired, Failure>,
}

/// A tool, and arguments that it must answer.
pub type Trial = (&'static str, fn() -> Map<String, Value>);

/// What wiring may use.
pub struct Wiring<'a, C> {
    /// The executable's settings.
    pub config: &'a C,
    /// The folder that configurations are read from.
    pub workspace: &'a Path,
    /// The executable itself, for workers.
    pub executable: &'a Path,
    /// What the process was started with: where the credentials of outside services are, and nothing else of ours.
    pub environment: &'a Environment,
}

/// What wiring makes.
pub struct Wired {
    /// Every tool.
    pub catalog: Catalog,
    /// Every document.
    pub documents: Arc<dyn Documents>,
    /// Every prompt.
    pub prompts: Arc<dyn Prompts>,
    /// What is switched on beyond the common ground.
    pub features: Features,
    /// Where changes are announced.
    pub changes: Changes,
    /// Values that must never leave.
    pub secrets: Vec<Redacted<String>>,
    /// Gets ready what the first call would wait for; run once the server is up.
    pub warm: Option<Box<dyn FnOnce() + Send>>,
}

/// One run.
pub struct Session<'a, C: Config> {
    program: &'a Program<C>,
    about: About,
    settings: Settings<C>,
    environment: Environment,
    printer: Printer,
    workspace: PathBuf,
    token_file: Option<PathBuf>,
    config_file: Option<PathBuf>,
    set: Vec<String>,
    _telemetry: telemetry::Guard,
}

impl<'a, C: Config> Session<'a, C> {
    /// Resolves the settings and starts telemetry.
    pub(crate) fn open(program: &'a Program<C>, global: &Global) -> Result<Self, Failure> {
        let about = (program.about)();
        let environment = Environment::capture();
        let workspace = global.workspace.clone().unwrap_or_else(|| PathBuf::from("."));
        if !workspace.is_dir() {
            return Err(Failure::new(
                Exit::NotFound,
                format!("there is no folder `{}`", workspace.display()),
            )
            .hint("name an existing folder with `--workspace`"));
        }
        let settings = resolve(program, &about, global, &environment, &workspace)?;
        let telemetry = start_telemetry(&about, &settings, global)?;
        Ok(Self {
            program,
            about,
            settings,
            environment,
            printer: global.printer(),
            workspace,
            token_file: global.token_file.clone(),
            config_file: global.config_file.clone(),
            set: global.set.clone(),
            _telemetry: telemetry,
        })
    }

    /// The settings file and the settings that this run was started with.
    pub(crate) fn started_with(&self) -> (Option<&Path>, &[String]) {
        (self.config_file.as_deref(), &self.set)
    }

    pub(crate) fn trials(&self) -> &'static [Trial] {
        self.program.trials
    }

    /// What the executable says about itself.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The settings with their origins.
    #[must_use]
    pub fn settings(&self) -> &Settings<C> {
        &self.settings
    }

    /// The settings' values.
    #[must_use]
    pub fn config(&self) -> &C {
        self.settings.value()
    }

    /// What the process was started with.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where output goes.
    #[must_use]
    pub fn printer(&self) -> &Printer {
        &self.printer
    }

    /// The folder that configurations are read from.
    #[must_use]
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The executable's own absolute path.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn executable(&self) -> Result<PathBuf, Failure> {
        std::env::current_exe().map_err(|error| {
            Failure::new(Exit::Internal, "the executable's own path is not known").because(&error)
        })
    }

    /// Where calls are written down.
    #[must_use]
    pub fn audit_path(&self) -> PathBuf {
        match self.config().common().audit.path.as_str() {
            "" => self.state_dir().join("audit").join("audit.jsonl"),
            path => PathBuf::from(path),
        }
    }

    /// Where this executable keeps its state: the user's state folder, or, for a process without a home, a folder of
    /// the user's own among the temporary ones. Somebody else can have made that one first: the log refuses it then.
    fn state_dir(&self) -> PathBuf {
        let name = self.about.name;
        user_state_dir(&self.environment, name)
            .unwrap_or_else(|| std::env::temp_dir().join(format!("{name}-{}", login_name())))
    }

    /// Who the command line speaks for: the local user, or the subject of `--token-file`.
    ///
    /// # Errors
    /// If the token file cannot be read.
    pub fn credential(&self) -> Result<Credential, Failure> {
        match &self.token_file {
            Some(path) => Ok(Credential::Bearer(Redacted::new(
                read_text(path, FILE_BYTES)?.trim().to_owned(),
            ))),
            None => Ok(Credential::LocalUser { name: login_name() }),
        }
    }

    /// The gate to what `selection` offers. `resource` is our canonical URI, the audience of tokens.
    ///
    /// # Errors
    /// If anything it is built from is wrong; nothing is called through half a gate.
    pub fn gate(&self, selection: &Selection, resource: Option<&str>) -> Result<Gate, Failure> {
        let wired = self.wire()?;
        self.gate_of(&wired, selection, resource)
    }

    /// The MCP server of what `selection` offers.
    ///
    /// # Errors
    /// As for [`Self::gate`].
    pub fn server(&self, selection: &Selection, resource: Option<&str>) -> Result<Server, Failure> {
        let mut wired = self.wire()?;
        let gate = self.gate_of(&wired, selection, resource)?;
        let server = Server::new(&self.about, gate, wired.prompts, wired.features, wired.changes)
            .adopting_traces(Arc::new(telemetry::parent));
        if let Some(warm) = wired.warm.take() {
            warm();
        }
        Ok(server)
    }

    /// Calls `tool` through the gate and gives its structured output.
    ///
    /// # Errors
    /// Whatever the gate or the tool answered.
    pub fn call(
        &self,
        selection: &Selection,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<Value, Failure> {
        let runtime = self.runtime()?;
        let result = runtime.block_on(async {
            let gate = self.gate(selection, None)?;
            let who = self.identified(&gate).await?;
            let mut call = Call::new(tool, arguments, "cli");
            call.progress = Arc::new(Bar::new());
            let cancelled = call.cancelled.clone();
            tokio::spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    cancelled.cancel();
                }
            });
            match gate.call(&who, call).await? {
                Reply::Structure(value) => Ok(value),
                Reply::Content(_) | Reply::Ask(_) => Err(Failure::new(
                    Exit::MissingCapability,
                    format!("`{tool}` has no structured answer that a command line could print"),
                )
                .hint("call it from an MCP client")),
            }
        });
        runtime.shutdown_background();
        result
    }

    /// Reads the document at `uri` through the gate, such as `form://cluster`.
    ///
    /// # Errors
    /// Whatever the gate or the document answered, or that it is no text.
    pub fn read(&self, uri: &str) -> Result<String, Failure> {
        let runtime = self.runtime()?;
        runtime.block_on(async {
            let gate = self.gate(&Selection::default(), None)?;
            let who = self.identified(&gate).await?;
            let origin = Origin {
                transport: "cli",
                client: None,
                trace_id: None,
            };
            match gate.read(&who, uri, &origin).await?.body {
                DocumentBody::Text(text) => Ok(text),
                DocumentBody::Base64(_) => Err(Failure::new(
                    Exit::MissingCapability,
                    format!("`{uri}` is no text"),
                )
                .hint("read it from an MCP client")),
            }
        })
    }

    /// Who the command line speaks for, identified at `gate`.
    ///
    /// # Errors
    /// If the credential is not believed.
    pub fn identify(&self, gate: &Gate) -> Result<Identified, Failure> {
        self.runtime()?.block_on(self.identified(gate))
    }

    /// A runtime for one command.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn runtime(&self) -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Internal, "cannot start the runtime").because(&error))
    }

    pub(crate) fn http_options(&self, address: std::net::SocketAddr, legacy_sse: bool) -> mcp::http::Options {
        let common = self.config().common();
        let resource = match common.http.resource.as_str() {
            "" => format!("http://{address}/mcp"),
            resource => resource.to_owned(),
        };
        let issuer = &common.identity.issuer;
        mcp::http::Options {
            allowed_hosts: common.http.allowed_hosts.clone(),
            allowed_origins: common.http.allowed_origins.clone(),
            legacy_sse: legacy_sse || common.http.legacy_sse,
            resource: Some(resource),
            authorization_servers: if issuer.is_empty() {
                Vec::new()
            } else {
                vec![issuer.clone()]
            },
            scopes: common.identity.scopes.clone(),
        }
    }

    pub(crate) fn wire(&self) -> Result<Wired, Failure> {
        let executable = self.executable()?;
        let wiring = Wiring {
            config: self.config(),
            workspace: &self.workspace,
            executable: &executable,
            environment: &self.environment,
        };
        (self.program.wire)(&wiring)
    }

    async fn identified(&self, gate: &Gate) -> Result<Identified, Failure> {
        let origin = Origin {
            transport: "cli",
            ..Origin::default()
        };
        Ok(gate.identify(&self.credential()?, &origin).await?)
    }

    fn gate_of(&self, wired: &Wired, selection: &Selection, resource: Option<&str>) -> Result<Gate, Failure> {
        let catalog = wired.catalog.select(selection).map_err(|error| {
            Failure::new(Exit::UnknownValue, error.to_string()).hint("`mcp tools` lists what there is")
        })?;
        let policy = self.policy(&wired.catalog)?;
        let log = self.audit_log()?;
        Ok(Gate::new(
            Arc::new(catalog),
            Arc::clone(&wired.documents),
            Arc::new(identity(self.config().common(), resource)?),
            Arc::new(policy),
            Arc::new(log),
            Arc::new(Scrubber::new(wired.secrets.clone())),
            Bounds::default(),
        ))
    }

    pub(crate) fn audit_log(&self) -> Result<Log, Failure> {
        let path = self.audit_path();
        Log::open(&path, audit::now).map_err(|error| {
            Failure::new(
                Exit::Unavailable,
                format!("cannot open the audit log at `{}`", path.display()),
            )
            .because(&error)
            .hint("calls are not made without a record: set `audit.path` to a file that can be written")
        })
    }

    /// The policies: the shipped ones, and those of the user's folder.
    pub(crate) fn policy(&self, catalog: &Catalog) -> Result<Policy, Failure> {
        let configured = &self.config().common().policy.directory;
        let (directory, needed) = match configured.as_str() {
            "" => (
                user_config_dir(&self.environment, self.about.name).map(|dir| dir.join("policy")),
                false,
            ),
            given => (Some(PathBuf::from(given)), true),
        };
        let sources = match directory {
            Some(directory) if needed || directory.is_dir() => policy_sources(&directory)?,
            _ => Vec::new(),
        };
        Policy::load(catalog, &sources).map_err(|error| {
            Failure::new(Exit::Settings, "the policies do not hold")
                .because(&error)
                .hint("mend the Cedar files named above")
        })
    }
}

fn policy_sources(directory: &Path) -> Result<Vec<PolicySource>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Exit::Settings,
            format!("cannot read the policies in `{}`", directory.display()),
        )
        .because(&error)
    };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            sources.push(PolicySource {
                name,
                text: read_text(&path, FILE_BYTES)?,
            });
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}
