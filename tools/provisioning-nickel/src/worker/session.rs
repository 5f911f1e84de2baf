//! A warm evaluation context: the standard library and the schemas stay, each evaluation brings its own files and
//! takes them away again.

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
use nickel_lang_core::position::TermPos;
use nickel_lang_core::term::RuntimeContract;
use uuid::Uuid;

use super::explain;
use super::format::Formatter;
use super::imports::{self, Ask, Found, Imports};
use super::place::Places;
use super::syntax;
use super::trace;
use super::walk::Walk;
use crate::Bounds;
use crate::wire::{Answer, Finding, Outcome, Response, Schema, Target, Wanted, WireBound};

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
    /// The texts of the evaluation that runs.
    sources: Vec<(FileId, SourcePath)>,
    /// Made when the first text is formatted.
    pub(super) formatter: Option<Formatter>,
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
            sources: Vec::new(),
            formatter: None,
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
        self.alone(|session, root| session.evaluate_in(root, name, text, strict, ask))
    }

    /// Does `work` in a folder of its own. Whatever comes out, nothing stays for the caller after this one.
    pub(super) fn alone<T>(&mut self, work: impl FnOnce(&mut Self, &Path) -> T) -> T {
        self.places.forget_user();
        let root = fresh_root();
        self.context.import_resolver.sources.import_paths = vec![
            root.clone(),
            PathBuf::from(SCHEMAS),
            Path::new(SCHEMAS).join("schemas"),
        ];
        let outcome = work(self, &root);
        self.forget();
        outcome
    }

    /// Explains the value of `text` at `path`.
    pub(super) fn explain(
        &mut self,
        name: &str,
        text: String,
        path: &str,
        ask: &mut Ask<'_>,
    ) -> Result<Response, Stop> {
        self.alone(|session, root| {
            let (main, mut findings) = session.load(root, name, text, ask)?;
            if findings.is_empty() {
                match session.apply(main) {
                    Err(error) => {
                        findings =
                            explain::error(&session.context.import_resolver, &mut session.places, error);
                    }
                    Ok(value) => {
                        match trace::explain(&mut session.context, &mut session.places, value, main, path) {
                            Ok(explanation) => return Ok(Response::Explained(Box::new(explanation))),
                            Err(finding) => findings.push(*finding),
                        }
                    }
                }
            }
            Ok(Response::Done(Outcome {
                findings,
                ..Outcome::default()
            }))
        })
    }

    fn evaluate_in(
        &mut self,
        root: &Path,
        name: &str,
        text: String,
        strict: bool,
        ask: &mut Ask<'_>,
    ) -> Result<Outcome, Stop> {
        let (main, findings) = self.load(root, name, text, ask)?;
        if !findings.is_empty() {
            return Ok(Outcome {
                findings,
                ..Outcome::default()
            });
        }
        self.check(main, name, strict)
    }

    /// Brings in `text` and what it imports, or says why it cannot be evaluated.
    fn load(
        &mut self,
        root: &Path,
        name: &str,
        text: String,
        ask: &mut Ask<'_>,
    ) -> Result<(FileId, Vec<Finding>), Stop> {
        let mut findings = self.complaints.clone();
        if syntax::is_blank(&text) {
            findings.push(syntax::blank(name));
        }
        let main = self.add_user(root, name, InputFormat::Nickel, text);
        if findings.is_empty() {
            findings = self.gather(root, main, name, ask)?;
        }
        Ok((main, findings))
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
            Ok(Imports { found, unseen }) => {
                let others = found.iter().filter(|import| !is_known(import, known));
                let refused: Vec<_> = others
                    .map(|import| self.refused(import, SCHEMA_IMPORT, SCHEMA_HINT))
                    .collect();
                self.complaints.extend(refused);
                let unseen: Vec<_> = unseen.into_iter().map(|pos| self.unseen(pos)).collect();
                self.complaints.extend(unseen);
            }
        }
    }

    pub(super) fn add_user(&mut self, root: &Path, name: &str, format: InputFormat, text: String) -> FileId {
        let text = without_mark(text);
        let source = SourcePath::Path(root.join(name), format);
        let sources = &mut self.context.import_resolver.sources;
        let id = sources.add_string(source.clone(), text);
        self.sources.push((id, source));
        self.places.user(id, name);
        id
    }

    /// Takes the texts of this evaluation out of every table that an import is looked up in, and empties them.
    fn forget(&mut self) {
        let hub = &mut self.context.import_resolver;
        for (id, source) in std::mem::take(&mut self.sources) {
            hub.sources.files.update(id, "");
            // The same path is added once at most, so this drops the term and the tree of this very file.
            hub.replace_string(source.clone(), String::new());
            hub.sources.file_ids.remove(&source);
            hub.sources.file_paths.remove(&id);
            hub.import_data.imports.remove(&id);
            hub.import_data.rev_imports.remove(&id);
            for importers in hub.import_data.rev_imports.values_mut() {
                importers.remove(&id);
            }
        }
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
                    Ok(Imports { found, unseen }) => {
                        findings.extend(unseen.into_iter().map(|pos| self.unseen(pos)));
                        wanted.extend(found.into_iter().map(|import| (importer.clone(), import)));
                    }
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

    pub(super) fn parse(&mut self, id: FileId) -> Result<Imports, ParseErrors> {
        let hub = &mut self.context.import_resolver;
        hub.parse_to_ast(id)?;
        let text = hub.sources.source(id);
        Ok(hub.asts.get(id).map_or_else(
            // A text without a tree has nothing that could be checked.
            || Imports {
                found: Vec::new(),
                unseen: vec![TermPos::Original(hub.sources.files().source_span(id))],
            },
            |ast| imports::of(ast, id, text),
        ))
    }

    pub(super) fn syntax(&mut self, errors: &ParseErrors) -> Vec<Finding> {
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

    /// An import that cannot be checked is not allowed, wherever it stands.
    fn unseen(&mut self, pos: TermPos) -> Finding {
        explain::at(
            &self.context.import_resolver,
            &mut self.places,
            pos,
            Finding {
                code: "import_refused".to_owned(),
                message: "cannot import from here: what this imports cannot be checked".to_owned(),
                reason: Some("what this imports cannot be checked".to_owned()),
                hint: Some("give it a name first, as in `let other = import \"other.ncl\" in …`".to_owned()),
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

/// A folder of its own for each evaluation, which no text can name: an import that slipped through every check
/// still does not know where another evaluation's files are. Two identifiers, because one has but 122 random bits.
fn fresh_root() -> PathBuf {
    PathBuf::from(format!(
        "/\0work-{}{}",
        Uuid::new_v4().simple(),
        Uuid::new_v4().simple()
    ))
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

/// A text without the byte order mark that editors on Windows begin it with; it is no character of the configuration.
pub(super) fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(session: &mut Session, name: &str, text: &str) -> Outcome {
        let mut ask = |wanted: Vec<Wanted>| {
            let answers = wanted.iter().map(|_| Answer::Text {
                path: "b.txt".to_owned(),
                text: "a secret".to_owned(),
            });
            Ok(answers.collect())
        };
        session.evaluate(name, text.to_owned(), true, &mut ask).unwrap()
    }

    #[test]
    fn nothing_of_an_evaluation_stays() {
        let mut session = Session::new(Bounds::default(), Vec::new());
        for text in [
            "{ a = import \"b.txt\" }",
            "{ a = ",
            "{ a = 1 + \"secret\" }",
            "import /",
        ] {
            run(&mut session, "main.ncl", text);
            let hub = &session.context.import_resolver;
            assert!(session.sources.is_empty());
            assert_eq!(hub.sources.file_ids.len(), 0, "{:?}", hub.sources.file_ids);
            assert_eq!(hub.sources.file_paths.len(), 0, "{:?}", hub.sources.file_paths);
            assert!(hub.import_data.is_empty());
        }
        // Still fit for another.
        assert_eq!(
            run(&mut session, "main.ncl", "{ a = import \"b.txt\" }")
                .nodes
                .len(),
            2
        );
    }

    #[test]
    fn no_two_evaluations_share_a_folder() {
        let (one, other) = (fresh_root(), fresh_root());
        assert_ne!(one, other);
        assert!(one.to_string_lossy().len() >= "/\0work-".len() + 32);
    }
}
