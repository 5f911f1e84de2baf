//! From the evaluator's errors to findings that say field, value, rule and next step.

use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::error::{Diagnostic, Error, EvalErrorData, EvalErrorKind, IntoDiagnostics, LabelStyle};
use nickel_lang_core::eval::value::{EnumVariantData, NickelValue, NumberData, ValueContentRef};
use nickel_lang_core::files::FileId;
use nickel_lang_core::label::Label;
use nickel_lang_core::position::{PosTable, TermPos};

use super::place::{self, Places};
use super::rule;
use super::syntax;
use crate::wire::Finding;

/// Values in findings are cut here.
const VALUE: usize = 120;
const RECURSION: &str = "the fields of a record see each other, so `name = name` is about itself: give the outer one \
                         another name";
/// Prefix of the notes by which a schema names the words it would accept.
const CHOICES: &str = "choices: ";

/// Where in the configuration an error was met.
pub(super) struct Site {
    /// The path of the value.
    pub(super) path: String,
    /// Where its field name is written.
    pub(super) written: TermPos,
}

impl Site {
    fn path(&self) -> Option<String> {
        Some(self.path.clone()).filter(|path| !path.is_empty())
    }

    /// Whether this is the field `name`, or an element of it.
    fn ends_in(&self, name: &str) -> bool {
        let last = self.path.rsplit('.').next().unwrap_or_default();
        last.split('[').next() == Some(name)
    }

    /// The field, for a sentence.
    fn subject(&self) -> String {
        self.path()
            .map_or_else(|| "the configuration".to_owned(), |path| format!("`{path}`"))
    }
}

/// `finding`, placed at `pos` if that is in a file that may be named.
pub(super) fn at(hub: &CacheHub, places: &mut Places, pos: TermPos, finding: Finding) -> Finding {
    match places.of(hub, pos) {
        Some(place) => Finding {
            file: Some(place.file),
            line: Some(place.line),
            column: Some(place.column),
            ..finding
        },
        None => finding,
    }
}

/// An error from before evaluation.
pub(super) fn error(hub: &CacheHub, places: &mut Places, error: Error) -> Vec<Finding> {
    match error {
        Error::ParseErrors(errors) => syntax::explain(hub, places, &errors),
        Error::EvalError(error) => {
            vec![eval(
                hub,
                places,
                &error,
                &Site {
                    path: String::new(),
                    written: TermPos::None,
                },
            )]
        }
        other => {
            let code = match &other {
                Error::TypecheckError(_) => "type",
                Error::ImportError(_) => "import",
                _ => "evaluation",
            };
            let files = &mut hub.sources.files().clone();
            let diagnostics = other.into_diagnostics(files).into_iter();
            diagnostics
                .map(|diagnostic| meant(from_diagnostic(hub, places, code, diagnostic)))
                .collect()
        }
    }
}

/// An error met while evaluating the value at `site`.
pub(super) fn eval(hub: &CacheHub, places: &mut Places, error: &EvalErrorData, site: &Site) -> Finding {
    match &error.error {
        EvalErrorKind::BlameError { evaluated_arg, label } => {
            let blame = Blame {
                label,
                value: evaluated_arg.as_ref(),
                table: &error.ctxt.pos_table,
            };
            blame.explain(hub, places, site)
        }
        EvalErrorKind::MissingFieldDef { id, metadata, .. } => {
            let doc = metadata.doc.as_ref().map(|doc| doc.to_string());
            let mut finding = missing(id.label(), doc, site);
            // What stands in for the field is itself not set.
            finding.hint = Some(format!(
                "add `{0} = …` here, or where `{0}` is set for all",
                id.label()
            ));
            at_user(hub, places, &[site.written], finding)
        }
        kind => {
            let code = match kind {
                EvalErrorKind::MergeIncompatibleArgs { .. } => "conflict",
                EvalErrorKind::InfiniteRecursion(..) => "recursion",
                EvalErrorKind::ParseError(_) => "syntax",
                EvalErrorKind::TypeError { .. }
                | EvalErrorKind::UnaryPrimopTypeError { .. }
                | EvalErrorKind::NAryPrimopTypeError { .. }
                | EvalErrorKind::NotAFunc(..) => "type",
                _ => "evaluation",
            };
            let diagnostics = Box::new(error.clone()).into_diagnostics(&mut hub.sources.files().clone());
            let mut finding = diagnostics
                .into_iter()
                .next()
                .map_or_else(Finding::default, |diagnostic| {
                    from_diagnostic(hub, places, code, diagnostic)
                });
            finding.message = reworded(kind, &finding, site);
            finding = meant(finding);
            if matches!(kind, EvalErrorKind::InfiniteRecursion(..)) {
                finding.hint = Some(RECURSION.to_owned());
            }
            finding.path = site.path();
            if finding.line.is_none() {
                finding = at_user(hub, places, &[site.written], finding);
            }
            finding
        }
    }
}

/// With what was probably meant, where the evaluator takes a word for something else.
fn meant(mut finding: Finding) -> Finding {
    let unbound = finding
        .message
        .split_once("unbound identifier `")
        .and_then(|(_, rest)| rest.split_once('`'))
        .map(|(name, _)| name.to_owned());
    if let Some(name) = unbound {
        finding.hint = Some(format!(
            "write `'{name}` for a choice such as a provider, or put text in quotes; other names come from a `let` or a \
             field around them"
        ));
    } else if finding
        .message
        .contains("has type EnumTag, but Record was expected")
    {
        finding.hint =
            Some("a word after `'` ends at a dot: put it in quotes, such as `\"t3.medium\"`".to_owned());
    }
    finding
}

/// What the evaluator says, said about the field.
fn reworded(kind: &EvalErrorKind, finding: &Finding, site: &Site) -> String {
    let subject = site.subject();
    match (kind, &finding.reason) {
        (EvalErrorKind::MergeIncompatibleArgs { .. }, _) => {
            format!("{subject} has two values that do not agree")
        }
        (EvalErrorKind::InfiniteRecursion(..), _) => format!("{subject} refers to itself"),
        (_, Some(reason)) if finding.code == "type" => format!("{subject}: {reason}"),
        _ => format!("{subject}: {}", finding.message),
    }
}

/// A field that has to be there and is not.
pub(super) fn missing(name: &str, doc: Option<String>, site: &Site) -> Finding {
    let own = site.path == name || site.path.ends_with(&format!(".{name}"));
    Finding {
        code: "missing_field".to_owned(),
        message: if own || site.path.is_empty() {
            format!(
                "`{}` is required and is not set",
                if own { &site.path } else { name }
            )
        } else {
            format!("{} needs `{name}`, which is not set", site.subject())
        },
        path: site.path(),
        reason: doc.map(|doc| first_line(&doc)),
        hint: Some(format!("add `{name} = …`")),
        ..Finding::default()
    }
}

/// A value that is not data, such as a function.
pub(super) fn not_data(hub: &CacheHub, places: &mut Places, value: &NickelValue, site: &Site) -> Finding {
    let what = match value.content_ref() {
        ValueContentRef::EnumVariant(_) => "a tag with an argument",
        ValueContentRef::CustomContract(_) | ValueContentRef::Type(_) => "a contract",
        _ => "a function",
    };
    at_user(
        hub,
        places,
        &[site.written],
        Finding {
            code: "type".to_owned(),
            message: format!("{} is {what}, which is not configuration data", site.subject()),
            path: site.path(),
            hint: Some(
                "give it a value, or mark the field `| not_exported` if it only helps others".to_owned(),
            ),
            ..Finding::default()
        },
    )
}

/// A number that cannot be handed on as it is.
pub(super) fn number(hub: &CacheHub, places: &mut Places, problem: &str, site: &Site) -> Finding {
    let finding = Finding {
        code: "number".to_owned(),
        message: format!("{}: {problem}", site.subject()),
        path: site.path(),
        reason: Some(problem.to_owned()),
        hint: Some("write a smaller number, or text in quotes if it is no quantity".to_owned()),
        ..Finding::default()
    };
    at_user(hub, places, &[site.written], finding)
}

/// A field that the schema does not know.
pub(super) fn unknown(
    hub: &CacheHub,
    places: &mut Places,
    name: &str,
    known: &[&str],
    site: &Site,
) -> Finding {
    let choices = known.join(", ");
    let listed = format!("the fields here are {}", quoted(known));
    at_user(
        hub,
        places,
        &[site.written],
        Finding {
            code: "unknown_field".to_owned(),
            message: format!("{} is not a field that the schema knows", site.subject()),
            path: site.path(),
            reason: Some(format!("no field is named `{}`", shorten(name))),
            hint: Some(nearest(name, &choices).map_or(listed.clone(), |near| format!("{near} {listed}"))),
            ..Finding::default()
        },
    )
}

/// Says that there is more.
pub(super) fn omitted(count: usize, warning: bool) -> Finding {
    Finding {
        warning,
        code: "omitted".to_owned(),
        message: format!("{count} more findings are not listed"),
        hint: Some("mend the listed ones and validate again".to_owned()),
        ..Finding::default()
    }
}

/// A broken contract.
struct Blame<'a> {
    label: &'a Label,
    value: Option<&'a NickelValue>,
    table: &'a PosTable,
}

impl Blame<'_> {
    fn explain(&self, hub: &CacheHub, places: &mut Places, site: &Site) -> Finding {
        let arg = self.table.get(self.label.arg_pos);
        let contract = place::text(hub, self.table.get(self.label.span)).map(shorten);
        let value = self
            .value
            .and_then(plain)
            .or_else(|| place::text(hub, arg).map(shorten));
        let told = self
            .label
            .diagnostics
            .iter()
            .rev()
            .find_map(|diagnostic| diagnostic.message.as_deref());
        let notes: Vec<&str> = self
            .label
            .diagnostics
            .iter()
            .flat_map(|diagnostic| &diagnostic.notes)
            .map(String::as_str)
            .collect();
        let home = self
            .label
            .field_name
            .is_some_and(|name| site.ends_in(name.label()));
        let broken = self.broken(told, &notes, value.as_deref(), contract.as_deref(), site);
        at_user(
            hub,
            places,
            &[arg, site.written],
            Finding {
                path: site.path(),
                contract,
                value,
                home,
                ..broken
            },
        )
    }

    fn broken(
        &self,
        told: Option<&str>,
        notes: &[&str],
        value: Option<&str>,
        contract: Option<&str>,
        site: &Site,
    ) -> Finding {
        let native = rule::of(self.label).filter(|_| told.is_none_or(is_native));
        let rule = match (native, told, contract) {
            (Some(rule), ..) => rule.to_owned(),
            (None, Some(message), _) => lower_first(message),
            (None, None, Some(contract)) => format!("breaks the contract `{contract}`"),
            (None, None, None) => "breaks its contract".to_owned(),
        };
        let is = value.map_or_else(String::new, |value| format!(", and is `{value}`"));
        let message = if rule.starts_with("must") || rule.starts_with("breaks") {
            format!("{} {rule}{is}", site.subject())
        } else {
            format!("{}: {rule}", site.subject())
        };
        let choices = notes.iter().find_map(|note| note.strip_prefix(CHOICES));
        let hint = value.and_then(|value| rule::remedy(&rule, value));
        let hint = hint.or_else(|| choices.and_then(|choices| nearest(value.unwrap_or_default(), choices)));
        let spoken = notes
            .iter()
            .find(|note| !note.starts_with(CHOICES))
            .map(|note| (*note).to_owned());
        Finding {
            code: if native.is_some() || rule::is_of_type(&rule) {
                "type"
            } else {
                "contract"
            }
            .to_owned(),
            message,
            reason: Some(rule),
            hint: hint.or(spoken),
            ..Finding::default()
        }
    }
}

/// Messages of the evaluator's own contracts, which we say in our words.
fn is_native(message: &str) -> bool {
    message.starts_with("expected a")
        || message.starts_with("not a record")
        || message.starts_with("tag not in")
}

/// A question for the choice that comes close to what was written.
pub(super) fn nearest(written: &str, choices: &str) -> Option<String> {
    let written = written.trim_matches(['"', '\'']).to_lowercase();
    let scored = choices
        .split(", ")
        .map(|choice| (closeness(&written, &choice.to_lowercase()), choice));
    let (score, choice) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score > 0.8).then(|| format!("did you mean `{choice}`?"))
}

/// From 0 to 1; two letters that changed places in a short word are close as well.
fn closeness(written: &str, choice: &str) -> f64 {
    let swapped = written.len() > 2 && strsim::damerau_levenshtein(written, choice) == 1;
    strsim::jaro_winkler(written, choice).max(if swapped { 0.9 } else { 0.0 })
}

fn quoted(choices: &[&str]) -> String {
    choices
        .iter()
        .map(|choice| format!("`{choice}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Places a finding at the first position that the user wrote.
fn at_user(hub: &CacheHub, places: &mut Places, candidates: &[TermPos], finding: Finding) -> Finding {
    match candidates.iter().find(|pos| places.is_user(**pos)) {
        Some(pos) => at(hub, places, *pos, finding),
        None => finding,
    }
}

/// A diagnostic of the evaluator, as it is.
pub(super) fn from_diagnostic(
    hub: &CacheHub,
    places: &mut Places,
    code: &str,
    diagnostic: Diagnostic<FileId>,
) -> Finding {
    let label = |style| diagnostic.labels.iter().filter(move |label| label.style == style);
    let placed = label(LabelStyle::Primary)
        .chain(label(LabelStyle::Secondary))
        .find(|label| places.name(label.file_id).is_some());
    let finding = Finding {
        code: code.to_owned(),
        message: lower_first(diagnostic.message.split('\0').next().unwrap_or_default()),
        reason: placed
            .map(|label| lower_first(&label.message))
            .filter(|reason| !reason.is_empty()),
        hint: diagnostic
            .notes
            .first()
            .map(|note| lower_first(&first_line(note))),
        ..Finding::default()
    };
    match placed {
        Some(label) => {
            let span = nickel_lang_core::position::RawSpan::from_range(label.file_id, label.range.clone());
            at(hub, places, TermPos::Original(span), finding)
        }
        None => finding,
    }
}

/// A value as Nickel text, if it is a plain one.
pub(super) fn plain(value: &NickelValue) -> Option<String> {
    match value.content_ref() {
        ValueContentRef::Null => Some("null".to_owned()),
        ValueContentRef::Bool(value) => Some(value.to_string()),
        ValueContentRef::Number(number) => Some(decimal(number)),
        ValueContentRef::String(text) => Some(format!("{:?}", shorten(text))),
        ValueContentRef::EnumVariant(EnumVariantData { tag, arg: None }) => Some(format!("'{}", tag.label())),
        _ => None,
    }
}

/// A number in decimal.
pub(super) fn decimal(number: &NumberData) -> String {
    NickelValue::number_posless(number.clone()).to_string()
}

/// `text` on one line, not longer than a finding bears.
pub(super) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == VALUE {
            short.push('…');
            break;
        }
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if letter != ' ' || !short.ends_with(' ') {
            short.push(letter);
        }
    }
    short
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // `IPv4` and other words in capitals stay.
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

impl Finding {
    /// Whether `other` is the same value broken by the same contract.
    pub(super) fn is_same_mistake(&self, other: &Self) -> bool {
        self.line.is_some()
            && (
                self.line,
                self.column,
                &self.file,
                &self.code,
                &self.reason,
                &self.contract,
            ) == (
                other.line,
                other.column,
                &other.file,
                &other.code,
                &other.reason,
                &other.contract,
            )
    }
}
