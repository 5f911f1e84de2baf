//! The command line: types only; their doc comments are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use program::{AuditCommand, CompletionsArguments, ConfigCommand, Global, McpCommand};

/// Validate, price and provision Nickel-typed infrastructure; serve it all to AI assistants over MCP.
#[derive(Debug, Parser)]
#[command(name = "prov", version, propagate_version = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve and use the tools over MCP
    #[command(subcommand)]
    Mcp(ProvMcpCommand),
    /// Validate a configuration; short for `mcp validate`
    Validate(ValidateArguments),
    /// Estimate the cost of a configuration; short for `mcp estimate`
    Estimate(EstimateArguments),
    /// Check a configuration against controls; short for `mcp check`
    Check(CheckArguments),
    /// Ask what infrastructure there is; short for `mcp query`
    Query(QueryArguments),
    /// Plan the migration from one configuration to another; short for `mcp migrate`
    Migrate(MigrateArguments),
    /// Generate a configuration from a description; short for `mcp generate`
    #[command(visible_alias = "gen")]
    Generate(GenerateArguments),
    /// Generate a configuration from the answers to a form
    Wizard(WizardArguments),
    /// Show what would have to happen for a configuration to become true; short for `mcp plan`
    Plan(PlanArguments),
    /// Make a configuration true, after the plan was agreed to
    Apply(ApplyArguments),
    /// Take away what is recorded, after the plan was agreed to
    Destroy(DestroyArguments),
    /// Run workflows of a configuration, and go on with runs that were interrupted
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// Show what is recorded: resources, runs, history
    #[command(subcommand)]
    State(StateCommand),
    /// Lay out configurations in the one style
    Fmt(FmtArguments),
    /// Say where a value of a configuration was set, and what it must hold to
    Explain(ExplainArguments),
    /// Look after the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look at the settings, or validate a configuration
    #[command(subcommand)]
    Config(ProvConfigCommand),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
}

/// `mcp`: what every executable has, and the tools the specification names here.
#[derive(Debug, Subcommand)]
pub enum ProvMcpCommand {
    /// What every executable has.
    #[command(flatten)]
    Common(McpCommand),
    /// Validate a configuration
    Validate(ValidateArguments),
    /// Estimate the cost of a configuration
    Estimate(EstimateArguments),
    /// Check a configuration against controls
    Check(CheckArguments),
    /// Ask what infrastructure there is
    Query(QueryArguments),
    /// Plan the migration from one configuration to another
    Migrate(MigrateArguments),
    /// Generate a configuration from a description
    Generate(GenerateArguments),
    /// Show what would have to happen for a configuration to become true
    Plan(PlanArguments),
}

/// `config`: the settings, which every executable has, and the configurations, which only this one knows.
#[derive(Debug, Subcommand)]
pub enum ProvConfigCommand {
    /// What every executable has.
    #[command(flatten)]
    Common(ConfigCommand),
    /// Validate a configuration; the same as `validate`
    Validate(ValidateArguments),
}

/// `validate`.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    ///
    /// Its imports start beside it if it is in the workspace, and in the workspace's root otherwise.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Report fields that no schema knows as warnings instead of errors
    #[arg(long)]
    pub lenient: bool,
}

/// `estimate`.
#[derive(Debug, Args)]
pub struct EstimateArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    ///
    /// Its imports start beside it if it is in the workspace, and in the workspace's root otherwise.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Price it for this region instead of the one it names
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Also show the difference from this configuration
    #[arg(long, value_name = "FILE")]
    pub compare_with: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    ///
    /// Its imports start beside it if it is in the workspace, and in the workspace's root otherwise.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Check only rules with controls of this framework: soc2, hipaa, gdpr, pci or all
    #[arg(long, value_name = "FRAMEWORK", default_value = "all")]
    pub framework: String,

    /// Print a report for other tools instead
    #[arg(long, value_name = "REPORT")]
    pub report: Option<Report>,

    /// Also exit with 3 if something is unknown
    #[arg(long)]
    pub strict: bool,
}

/// `query`.
#[derive(Debug, Args)]
pub struct QueryArguments {
    /// The question, in English or Spanish, such as `stopped servers in us-east-1 without backups`
    #[arg(value_name = "QUESTION")]
    pub query: String,

    /// Only resources of this provider
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,

    /// Answer without the words that are not understood
    #[arg(long)]
    pub allow_partial: bool,

    /// The most rows, up to 500 [default: 50]
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<u32>,

    /// Also show the database query, without its values
    #[arg(long)]
    pub show_sql: bool,
}

/// A report for other tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML
    Junit,
}

/// `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArguments {
    /// The configuration of today, relative to the current folder; `-` for standard input
    ///
    /// Its imports start beside it if it is in the workspace, and in the workspace's root otherwise.
    #[arg(value_name = "CURRENT")]
    pub current: PathBuf,

    /// The configuration to come to, relative to the current folder; `-` for standard input
    #[arg(value_name = "TARGET")]
    pub target: PathBuf,

    /// Say what becomes what, such as `server.web=server.front`; may be given several times
    ///
    /// `server.web=` says that it goes, `=server.front` that it is new.
    #[arg(long = "moved", value_name = "FROM=TO")]
    pub moved: Vec<String>,

    /// How fast data is copied, in Mbit/s [default: 500]
    #[arg(long, value_name = "MBIT_S")]
    pub bandwidth_mbit_s: Option<u64>,

    /// How long a cut-over takes, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS")]
    pub cut_over_s: Option<u64>,

    /// How many resources are replaced or resized in one wave [default: 10]
    #[arg(long, value_name = "NUMBER")]
    pub max_parallel_moves: Option<u64>,

    /// Print a Mermaid flow chart instead
    #[arg(long)]
    pub mermaid: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    ///
    /// Its imports start beside it if it is in the workspace, and in the workspace's root otherwise.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The field, such as `servers[0].spec.cpu`
    #[arg(value_name = "PATH")]
    pub path: String,
}

/// Where the two sides of a conflict go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Into a file beside, which ends in `.rej`; the edited file stays as it is
    Reject,
    /// Into the file, between markers
    Inline,
}

/// `fmt`.
#[derive(Debug, Args)]
pub struct FmtArguments {
    /// The configurations, relative to the current folder; `-`, and no file at all, for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Write nothing; list the files that are not in the style, and exit with 3 if there are any
    #[arg(long)]
    pub check: bool,

    /// Write nothing; show what would change
    #[arg(long)]
    pub diff: bool,
}

/// `generate`.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// What is wanted, in English or Spanish; `-` for standard input
    #[arg(value_name = "DESCRIPTION")]
    pub description: String,

    /// The provider, if the description does not name one
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,

    /// What is wanted, if the description does not name it: server, network, cluster, database, cache, bucket, volume or monitoring
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,

    /// Name of the file that imports the others
    #[arg(long, value_name = "NAME")]
    pub file: Option<String>,

    /// Where the files go
    #[command(flatten)]
    pub destination: DestinationArguments,

    /// Go on without the words that are not understood
    #[arg(long)]
    pub allow_partial: bool,
}

/// Where generated files go.
#[derive(Debug, Args)]
pub struct DestinationArguments {
    /// Write the files into this folder instead of printing them
    ///
    /// Where files were generated before, the new text is merged with what was edited since. `.prov-gen` in the folder
    /// remembers what was generated; keep it with the files and never edit it.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Write over files that are there, and forget what was edited
    #[arg(long, requires = "output")]
    pub force: bool,

    /// Where the two sides go of what was edited and is generated otherwise than before
    #[arg(long, requires = "output", value_enum, default_value_t = OnConflict::Reject, value_name = "WHERE")]
    pub conflict: OnConflict,
}

/// `wizard`.
#[derive(Debug, Args)]
pub struct WizardArguments {
    /// The form: cluster, database, monitoring, network, server, or one of the workspace's `.prov/forms`
    #[arg(value_name = "FORM")]
    pub form: String,

    /// Answers in a file: .toml, .json or .yaml
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Answer one question, which stands above the file; may be given several times
    ///
    /// Lists have commas between. A secret is answered with where it is kept:
    /// `password=vault:secret/shop/database#password`.
    #[arg(long = "answer", value_name = "KEY=VALUE")]
    pub answer: Vec<String>,

    /// Take every default, and ask only what has none
    ///
    /// Without a terminal nothing is asked: what has no default must be answered by `--answers` or `--answer`.
    #[arg(long)]
    pub defaults: bool,

    /// Ask in plain lines, without menus and colour, as with `NO_COLOR` or `TERM=dumb`
    #[arg(long)]
    pub plain: bool,

    /// Name of the file that imports the others
    #[arg(long, value_name = "NAME")]
    pub file: Option<String>,

    /// Where the files go
    #[command(flatten)]
    pub destination: DestinationArguments,

    /// Write the answers into this file: .toml, .json or .yaml
    #[arg(long, value_name = "FILE")]
    pub save_answers: Option<PathBuf>,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "destroy")]
    pub file: Option<PathBuf>,

    /// Plan to take away what is recorded: of the configuration, or everything without one
    #[arg(long, conflicts_with = "workflow")]
    pub destroy: bool,

    /// Plan a workflow of the configuration
    #[arg(long, value_name = "WORKFLOW")]
    pub workflow: Option<String>,

    /// Write the plan into this file, as JSON
    #[arg(long, value_name = "PLAN")]
    pub out: Option<PathBuf>,

    /// Do not ask the providers what is there
    #[arg(long)]
    pub no_refresh: bool,

    /// A protected resource that may be deleted, such as `database.shop`; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub allow_destroy: Vec<String>,
}

/// How a plan is agreed to.
#[derive(Debug, Args)]
pub struct AgreeArguments {
    /// Execute without a question the plan of this hash, of which 8 digits are enough
    #[arg(long, value_name = "HASH", requires = "yes")]
    pub plan_hash: Option<String>,

    /// Agree to the plan of `--plan-hash`
    #[arg(long, requires = "plan_hash")]
    pub yes: bool,

    /// A protected resource that may be deleted, such as `database.shop`; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub allow_destroy: Vec<String>,

    /// Execute in memory, on a copy of what is recorded; nothing real changes
    #[arg(long, conflicts_with_all = ["plan_hash", "yes"])]
    pub simulate: bool,
}

/// `apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// The configuration, relative to the current folder; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// How the plan is agreed to.
    #[command(flatten)]
    pub agree: AgreeArguments,
}

/// `destroy`.
#[derive(Debug, Args)]
pub struct DestroyArguments {
    /// Take away only what this configuration has; everything that is recorded if left out
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// How the plan is agreed to.
    #[command(flatten)]
    pub agree: AgreeArguments,
}

/// `workflow`.
#[derive(Debug, Subcommand)]
pub enum WorkflowCommand {
    /// Run a workflow of a configuration, after the plan was agreed to
    Run(WorkflowRunArguments),
    /// Go on with a run that was interrupted
    Resume(WorkflowResumeArguments),
}

/// `workflow run`.
#[derive(Debug, Args)]
pub struct WorkflowRunArguments {
    /// The workflow
    #[arg(value_name = "NAME")]
    pub name: String,

    /// The configuration that has it, relative to the current folder; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// How the plan is agreed to.
    #[command(flatten)]
    pub agree: AgreeArguments,
}

/// `workflow resume`.
#[derive(Debug, Args)]
pub struct WorkflowResumeArguments {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// `state`.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List what is recorded
    List,
    /// Show all that is recorded of a resource
    Show {
        /// The resource, such as `server.web[0]`
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// Show what happened to a resource
    History {
        /// The resource, such as `server.web[0]`
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// List the runs, the newest first; `running` and `rolling_back` can be gone on with
    Runs,
    /// Show the steps of a run
    Run {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
    },
}
