//! A warm evaluation context: the standard library and the schemas stay, each evaluation brings its own files.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use nickel_lang_core::ast::InputFormat;
use nickel_lang_core::cache::{CacheHub, SourcePath};
use nickel_lang_core::error::{Error, NullReporter, ParseErrors};
use nickel_lang_core::eval::VmContext;
use nickel_lang_core::eval::cache::CacheImpl;
use nickel_lang_core::eval::value::NickelValue;
use nickel_lang_core::files::FileId;
use nickel_lang_core::label::Label;
use nickel_lang_core::term::RuntimeContract;

use super::explain;
use super::imports::{self, Ask, Found};
use super::place::Places;
use super::syntax;
use super::walk::Walk;
use crate::Bounds;
use crate::wire::{Answer, Finding, Outcome, Schema, Target, Wanted, WireBound};

/// Virtual folders. Their NUL makes sure that no such path can ever name something on a disk: the system refuses
/// it before looking.
const SCHEMAS: &str = "/\0builtin";

/// The schema that every configuration is checked against.
const ROOT_SCHEMA: &str = "configuration.ncl";

pub(super) type Context = VmContext<CacheHub, CacheImpl>;

/// Why there is no outcome.
#[derive(Debug)]
pub(super) enum Stop {
    /// A bound was hit.
    Bounded(WireBound, String),
    /// The pool is gone.
    Gone(io::Error),
}

/// One worker's state.
pub(super) struct Session {
    bounds: Bounds,
    context: Context,
    places: Places,
    root_schema: Option<FileId>,
    schemas: HashSet<FileId>,
    /// What is wrong with the schemas themselves, which a workspace may override.
    complaints: Vec<Finding>,
    evaluations: u64,
}

impl Session {
    /// Loads `schemas`.
    pub(super) fn new(bounds: Bounds, schemas: Vec<Schema>) -> Self {
        let mut session = Self {
            bounds,
            context: VmContext::new(CacheHub::new(), io::sink(), NullReporter {}),
            places: Places::default(),
            root_schema: None,
            schemas: HashSet::new(),
            complaints: Vec::new(),
            evaluations: 0,
        };
        let known: HashSet<String> = schemas.iter().map(|schema| schema.path.clone()).collect();
        for schema in schemas {
            session.add_schema(schema, &known);
        }
        session
    }

    /// The bounds it keeps.
    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Does now what the first evaluation would otherwise wait for.
    pub(super) fn warm(&mut self) {
        let mut ask = |_: Vec<Wanted>| Ok(Vec::new());
        // Nothing to report: a broken schema shows in every evaluation that follows.
        let _ = self.evaluate("warm.ncl", "{ servers = [] }".to_owned(), true, &mut ask);
    }

    /// Evaluates `text` against the root schema.
    pub(super) fn evaluate(
        &mut self,
        name: &str,
        text: String,
        strict: bool,
        ask: &mut Ask<'_>,
    ) -> Result<Outcome, Stop> {
        self.evaluations = self.evaluations.saturating_add(1);
        self.places.forget_user();
        // A folder of its own, so that no text of an earlier evaluation is ever taken for today's.
        let root = PathBuf::from(format!("/\0work{}", self.evaluations));
        self.context.import_resolver.sources.import_paths = vec![
            root.clone(),
            PathBuf::from(SCHEMAS),
            Path::new(SCHEMAS).join("schemas"),
        ];

        let mut findings = self.complaints.clone();
        if syntax::is_blank(&text) {
            findings.push(syntax::blank(name));
        }
        let main = self.add_user(&root, name, InputFormat::Nickel, text);
        if findings.is_empty() {
            findings = self.gather(&root, main, name, ask)?;
        }
        if !findings.is_empty() {
            return Ok(Outcome {
                findings,
                ..Outcome::default()
            });
        }
        self.check(main, name, strict)
    }

    fn add_schema(&mut self, schema: Schema, known: &HashSet<String>) {
        let path = Path::new(SCHEMAS).join("schemas").join(&schema.path);
        let source = SourcePath::Path(path, InputFormat::Nickel);
        let id = self
            .context
            .import_resolver
            .sources
            .add_string(source, schema.text);
        self.places.schema(id, &schema.label);
        self.schemas.insert(id);
        if schema.path == ROOT_SCHEMA {
            self.root_schema = Some(id);
        }
        match self.parse(id) {
            Err(errors) => {
                let findings = self.syntax(&errors);
                self.complaints.extend(findings);
            }
            Ok(found) => {
                let others = found.iter().filter(|import| !is_known(import, known));
                let refused: Vec<_> = others
                    .map(|import| self.refused(import, SCHEMA_IMPORT, SCHEMA_HINT))
                    .collect();
                self.complaints.extend(refused);
            }
        }
    }

    fn add_user(&mut self, root: &Path, name: &str, format: InputFormat, text: String) -> FileId {
        let source = SourcePath::Path(root.join(name), format);
        let id = self.context.import_resolver.sources.add_string(source, text);
        self.places.user(id, name);
        id
    }

    /// Brings in the texts that `main` imports, and what those import, level by level.
    fn gather(
        &mut self,
        root: &Path,
        main: FileId,
        name: &str,
        ask: &mut Ask<'_>,
    ) -> Result<Vec<Finding>, Stop> {
        let mut findings = Vec::new();
        let mut known = HashSet::from([(name.to_owned(), InputFormat::Nickel)]);
        let mut level = vec![(main, name.to_owned())];
        for depth in 0.. {
            let mut wanted = Vec::new();
            for (id, importer) in std::mem::take(&mut level) {
                match self.parse(id) {
                    Ok(found) => wanted.extend(found.into_iter().map(|import| (importer.clone(), import))),
                    Err(errors) => findings.extend(self.syntax(&errors)),
                }
            }
            if wanted.is_empty() {
                break;
            }
            self.bound_imports(wanted.len(), depth)?;
            let questions = wanted.iter().map(|(importer, import)| Wanted {
                importer: importer.clone(),
                target: import.target.clone(),
            });
            let answers = ask(questions.collect()).map_err(Stop::Gone)?;
            for ((_, import), answer) in wanted.into_iter().zip(answers) {
                match answer {
                    Answer::Schema if import.format == InputFormat::Nickel => {}
                    Answer::Schema => findings.push(self.refused(&import, SCHEMA_FORMAT, SCHEMA_HINT)),
                    Answer::Refused { why, hint } => findings.push(self.refused(&import, &why, &hint)),
                    Answer::Text { path, text } => {
                        if known.insert((path.clone(), import.format)) {
                            self.bound_imports(known.len().saturating_sub(1), depth)?;
                            let id = self.add_user(root, &path, import.format, text);
                            if import.format == InputFormat::Nickel {
                                level.push((id, path));
                            }
                        }
                    }
                }
            }
        }
        Ok(findings)
    }

    fn bound_imports(&self, files: usize, depth: usize) -> Result<(), Stop> {
        let Bounds {
            imports,
            import_depth,
            ..
        } = self.bounds;
        if files > imports {
            Err(Stop::Bounded(
                WireBound::Imports,
                format!("more than {imports} imports"),
            ))
        } else if depth >= import_depth {
            Err(Stop::Bounded(
                WireBound::Imports,
                format!("imports nested deeper than {import_depth}"),
            ))
        } else {
            Ok(())
        }
    }

    fn parse(&mut self, id: FileId) -> Result<Vec<Found>, ParseErrors> {
        self.context.import_resolver.parse_to_ast(id)?;
        Ok(self
            .context
            .import_resolver
            .asts
            .get(id)
            .map(imports::find)
            .unwrap_or_default())
    }

    fn syntax(&mut self, errors: &ParseErrors) -> Vec<Finding> {
        syntax::explain(&self.context.import_resolver, &mut self.places, errors)
    }

    fn refused(&mut self, import: &Found, why: &str, hint: &str) -> Finding {
        let target = match &import.target {
            Target::File { path } => path,
            Target::Package { name } => name,
        };
        let message = format!("cannot import `{}`: {why}", explain::shorten(target));
        explain::at(
            &self.context.import_resolver,
            &mut self.places,
            import.pos,
            Finding {
                code: "import_refused".to_owned(),
                message,
                reason: Some(why.to_owned()),
                hint: Some(hint.to_owned()),
                ..Finding::default()
            },
        )
    }

    fn check(&mut self, main: FileId, name: &str, strict: bool) -> Result<Outcome, Stop> {
        let mut outcome = Outcome::default();
        match self.apply(main) {
            Err(error) => {
                outcome.findings = explain::error(&self.context.import_resolver, &mut self.places, error);
            }
            Ok(value) => {
                let mut walk = Walk::new(&mut self.context, &mut self.places, &self.bounds, strict);
                walk.visit(value)?;
                let walked = walk.finish();
                outcome = walked.settle(&self.context, &mut self.places, name);
            }
        }
        let imported = self.context.import_resolver.import_data.transitive_imports(main);
        let used = imported.into_iter().filter(|id| self.schemas.contains(id));
        let root = self.root_schema.into_iter();
        let through = root
            .clone()
            .flat_map(|id| self.context.import_resolver.import_data.transitive_imports(id));
        let mut labels: Vec<String> = used
            .chain(root)
            .chain(through)
            .filter_map(|id| self.places.name(id))
            .map(str::to_owned)
            .collect();
        labels.sort_unstable();
        labels.dedup();
        outcome.schemas = labels;
        Ok(outcome)
    }

    /// The value of `main` under the root schema's contract.
    fn apply(&mut self, main: FileId) -> Result<NickelValue, Error> {
        let value = self.context.prepare_eval(main)?;
        let Some(schema) = self.root_schema else {
            return Ok(value);
        };
        let contract = self.context.prepare_eval(schema)?;
        let pos = value.pos_idx();
        let label = Label {
            arg_pos: pos,
            ..Label::default()
        };
        Ok(RuntimeContract::apply_all(
            value,
            [RuntimeContract::new(contract, label)],
            pos,
        ))
    }
}

const SCHEMA_IMPORT: &str = "a schema may only import other schemas";
const SCHEMA_FORMAT: &str = "a schema is Nickel";
const SCHEMA_HINT: &str = "import it by its name, such as `import \"server.ncl\"`";

fn is_known(import: &Found, known: &HashSet<String>) -> bool {
    match &import.target {
        Target::File { path } => import.format == InputFormat::Nickel && known.contains(path),
        Target::Package { .. } => false,
    }
}
