//! Follows a path into a configuration and says what is known of the value there.
//!
//! Evaluation keeps the definition that holds and forgets the others. So the values and contracts are the machine's, and
//! what the winner stands above is looked up in the trees: the schema's field of the same contract, and the definitions
//! that the text gives the same path.

use nickel_lang_core::ast::primop::PrimOp;
use nickel_lang_core::ast::record::{FieldDef, FieldPathElem};
use nickel_lang_core::ast::{Ast, MergePriority, Node};
use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::eval::VirtualMachine;
use nickel_lang_core::eval::cache::CacheImpl;
use nickel_lang_core::eval::value::{Container, NickelValue, ValueContentRef};
use nickel_lang_core::files::FileId;
use nickel_lang_core::position::{PosIdx, TermPos};
use nickel_lang_core::term::record::{Field, RecordData};
use provisioning::intent::names_secret;

use super::explain::{self, Site};
use super::imports;
use super::place::{self, Places};
use super::session::Context;
use super::steps::{self, Step};
use super::walk::{is_unknown, known};
use crate::wire::{Explanation, Finding, FlatContract, FlatDefinition, FlatOrigin, FlatPlace};

/// Longest text of a value or a definition that is shown, in characters.
const SHOWN: usize = 400;

/// What stands for a value that is not shown.
const VEIL: &str = "(not shown)";

/// What the machine says of the value at the end of the path.
struct Reached {
    value: Option<NickelValue>,
    /// Where the field's name is written.
    written: TermPos,
    raw: PosIdx,
    evaluated: PosIdx,
    contracts: Vec<PosIdx>,
    doc: Option<String>,
    optional: bool,
}

/// Explains the value of `root` at `path`; `main` is the text that was evaluated.
pub(super) fn explain(
    context: &mut Context,
    places: &mut Places,
    root: NickelValue,
    main: FileId,
    path: &str,
) -> Result<Explanation, Box<Finding>> {
    let steps = steps::parse(path).map_err(|why| Box::new(misread(path, &why)))?;
    let reached = reach(context, places, root, &steps)?;
    let shown = reached.value.as_ref().map(|value| shown(context, value));
    let hub = &context.import_resolver;
    let table = |pos: PosIdx| context.pos_table.get(pos);
    let contracts: Vec<TermPos> = reached.contracts.iter().map(|pos| table(*pos)).collect();
    let written = [reached.written, table(reached.evaluated), table(reached.raw)];
    let user = written.into_iter().find(|pos| places.is_user(*pos));
    let schema = schema_field(hub, places, &contracts, reached.written);
    let default = schema.and_then(|field| field.value.as_ref().map(|value| (field, value)));
    let mut definitions = Vec::new();
    for (pos, text, priority) in own_definitions(hub, main, &steps) {
        push(
            hub,
            places,
            &mut definitions,
            pos,
            place::text(hub, text),
            priority,
        );
    }
    definitions.sort_by_key(|definition| std::cmp::Reverse(weight(&definition.priority)));
    if let (Some(pos), true) = (user, definitions.is_empty()) {
        // A contract may have made the value anew, and then it stands in the contract's own text.
        let values = [table(reached.evaluated), table(reached.raw)];
        let written = values.into_iter().find(|pos| places.is_user(*pos));
        push(
            hub,
            places,
            &mut definitions,
            pos,
            written.and_then(|pos| place::text(hub, pos)).or(shown.as_deref()),
            "normal".to_owned(),
        );
    }
    if let Some((field, value)) = default {
        let priority = priority(&field.metadata.priority);
        push(
            hub,
            places,
            &mut definitions,
            field.pos,
            place::text(hub, value.pos),
            priority,
        );
    }
    // Who asks may be a model. Other people's data, and what is named like a secret, is told of and not told.
    let of_data = user
        .and_then(|pos| flat(hub, places, pos))
        .is_some_and(|place| !place.0.ends_with(".ncl"));
    let veiled = of_data || steps.iter().any(is_secret);
    if veiled {
        for definition in &mut definitions {
            if !definition.place.0.starts_with("builtin:") {
                definition.text = VEIL.to_owned();
            }
        }
    }
    let shown = match (&user, veiled) {
        (Some(_), true) => shown.map(|_| VEIL.to_owned()),
        _ => shown,
    };
    let origin = match (&reached.value, user, default) {
        (None, ..) => FlatOrigin::Unset,
        (Some(_), Some(_), _) => FlatOrigin::Configuration,
        (Some(_), None, Some(_)) => FlatOrigin::Default,
        (Some(_), None, None) => FlatOrigin::Computed,
    };
    Ok(Explanation {
        path: path.to_owned(),
        value: shown,
        origin,
        contracts: contracts
            .into_iter()
            .filter_map(|pos| Some(FlatContract(flat(hub, places, pos)?, cut(place::text(hub, pos)?))))
            .fold(Vec::new(), |mut all, contract| {
                if !all.contains(&contract) {
                    all.push(contract);
                }
                all
            }),
        doc: reached
            .doc
            .or_else(|| schema.and_then(|field| field.metadata.doc.map(str::to_owned))),
        optional: reached.optional,
        provenance: user.map(|pos| above(hub, pos)).unwrap_or_default(),
        definitions,
    })
}

/// Whether a step is named like something that is nobody's to read.
fn is_secret(step: &Step) -> bool {
    matches!(step, Step::Field(name) if names_secret(name))
}

/// Evaluates along the path, and no more than that.
fn reach(
    context: &mut Context,
    places: &mut Places,
    root: NickelValue,
    steps: &[Step],
) -> Result<Reached, Box<Finding>> {
    let mut vm: VirtualMachine<'_, CacheHub, CacheImpl> = VirtualMachine::new(context);
    let raw = root.pos_idx();
    let mut here = Reached {
        value: Some(root),
        written: TermPos::None,
        raw,
        evaluated: raw,
        contracts: Vec::new(),
        doc: None,
        optional: false,
    };
    for taken in 0..=steps.len() {
        let done = steps.get(..taken).unwrap_or_default();
        let Some(value) = here.value.take() else {
            return match steps.get(taken) {
                None => Ok(here),
                Some(_) => Err(Box::new(nothing_in(done))),
            };
        };
        let site = Site {
            path: steps::dotted(done),
            written: here.written,
        };
        let value = vm
            .eval(value)
            .map_err(|error| Box::new(explain::eval(vm.import_resolver(), places, &error, &site)))?;
        here.evaluated = value.pos_idx();
        let Some(step) = steps.get(taken) else {
            here.value = Some(value);
            return Ok(here);
        };
        here = enter(&value, step, done)?;
    }
    Ok(here)
}

/// The field or element of `value` that `step` names.
fn enter(value: &NickelValue, step: &Step, done: &[Step]) -> Result<Reached, Box<Finding>> {
    match (value.content_ref(), step) {
        (ValueContentRef::Record(Container::Alloc(record)), Step::Field(name)) => {
            let mut fields = record.fields.iter();
            match fields.find(|(id, field)| id.label() == name && !is_unknown(field)) {
                Some((id, field)) => Ok(of_field(field, id.pos)),
                None => Err(Box::new(no_field(name, record, done))),
            }
        }
        (ValueContentRef::Array(items), Step::Index(index)) => {
            let raw = items.iter().map(NickelValue::pos_idx).nth(*index);
            let item = items.iter_with_pending_contracts(value.pos_idx()).nth(*index);
            match (item, raw) {
                (Some(item), Some(raw)) => Ok(Reached {
                    value: Some(item),
                    written: TermPos::None,
                    raw,
                    evaluated: raw,
                    contracts: Vec::new(),
                    doc: None,
                    optional: false,
                }),
                _ => Err(Box::new(no_element(*index, items.len(), done))),
            }
        }
        (ValueContentRef::Array(items), Step::Field(name)) => Err(Box::new(is_list(name, items.len(), done))),
        (ValueContentRef::Record(Container::Alloc(record)), Step::Index(index)) => {
            Err(Box::new(no_field(&format!("[{index}]"), record, done)))
        }
        _ => Err(Box::new(nothing_in(done))),
    }
}

fn of_field(field: &Field, written: TermPos) -> Reached {
    let annotated = field.metadata.as_ref().into_iter();
    let labels = annotated
        .flat_map(|metadata| metadata.annotation.iter().map(|contract| &contract.label))
        .chain(field.pending_contracts.iter().map(|contract| &contract.label));
    let raw = field.value.as_ref().map_or(PosIdx::NONE, NickelValue::pos_idx);
    Reached {
        value: field.value_with_pending_contracts(),
        written,
        raw,
        evaluated: raw,
        contracts: labels.map(|label| label.span).collect(),
        doc: field.metadata.doc().map(str::to_owned),
        optional: field.metadata.opt(),
    }
}

/// The schema's field that carries one of `contracts`, or whose name is written at `written`.
fn schema_field<'a>(
    hub: &'a CacheHub,
    places: &Places,
    contracts: &[TermPos],
    written: TermPos,
) -> Option<&'a FieldDef<'a>> {
    let spans = contracts.iter().copied().chain([written]);
    let schemas = spans.filter(|pos| places.is_schema(*pos));
    schemas.filter_map(TermPos::into_opt).find_map(|span| {
        let tree = hub.asts.get(span.src_id)?;
        imports::fields(tree).into_iter().find(|field| {
            let annotation = &field.metadata.annotation;
            let mut types = annotation.typ.iter().chain(annotation.contracts);
            let named = matches!(field.path, [FieldPathElem::Ident(id)] if id.pos == TermPos::Original(span));
            named || types.any(|part| part.pos == TermPos::Original(span))
        })
    })
}

/// Where the text itself gives the path a value: through records, merges and the bodies of `let`.
fn own_definitions(hub: &CacheHub, main: FileId, steps: &[Step]) -> Vec<(TermPos, TermPos, String)> {
    let mut found = Vec::new();
    let mut open: Vec<(&Ast<'_>, &[Step], TermPos, String)> = Vec::new();
    if let Some(tree) = hub.asts.get(main) {
        open.push((tree, steps, tree.pos, "normal".to_owned()));
    }
    while let Some((ast, steps, pos, how)) = open.pop() {
        let Some((step, rest)) = steps.split_first() else {
            found.push((pos, ast.pos, how));
            continue;
        };
        match (&ast.node, step) {
            (Node::Let { body, .. }, _) => open.push((body, steps, pos, how)),
            (Node::Annotated { inner, .. }, _) => open.push((inner, steps, pos, how)),
            (
                Node::PrimOpApp {
                    op: PrimOp::Merge(_),
                    args,
                },
                _,
            ) => {
                // The last comes off first.
                open.extend(args.iter().map(|part| (part, steps, pos, how.clone())));
            }
            (Node::Array(items), Step::Index(index)) => {
                open.extend(items.get(*index).map(|item| (item, rest, item.pos, how)));
            }
            (Node::Record(record), Step::Field(_)) => {
                for field in record.field_defs {
                    if let (Some(rest), Some(value)) = (below(field, steps), &field.value) {
                        open.push((value, rest, field.pos, priority(&field.metadata.priority)));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// What is left of `steps` below `field`, if its path leads along them.
fn below<'a>(field: &FieldDef<'_>, mut steps: &'a [Step]) -> Option<&'a [Step]> {
    for part in field.path {
        let (step, rest) = steps.split_first()?;
        match (part, step) {
            (FieldPathElem::Ident(id), Step::Field(name)) if id.label() == name => steps = rest,
            (FieldPathElem::Expr(ast), Step::Field(name)) if is_text(ast, name) => steps = rest,
            _ => return None,
        }
    }
    Some(steps)
}

/// Whether `ast` is nothing but the text `name`.
fn is_text(ast: &Ast<'_>, name: &str) -> bool {
    match &ast.node {
        Node::String(text) => *text == name,
        _ => false,
    }
}

fn priority(priority: &MergePriority) -> String {
    match priority {
        MergePriority::Bottom => "default".to_owned(),
        MergePriority::Neutral => "normal".to_owned(),
        MergePriority::Numeral(number) => number.to_string(),
        MergePriority::Top => "force".to_owned(),
    }
}

/// Which priority stands above which.
fn weight(priority: &str) -> i64 {
    match priority {
        "default" => i64::MIN,
        "force" => i64::MAX,
        "normal" => 0,
        number => number.parse().unwrap_or_default(),
    }
}

fn push(
    hub: &CacheHub,
    places: &mut Places,
    definitions: &mut Vec<FlatDefinition>,
    pos: TermPos,
    text: Option<&str>,
    priority: String,
) {
    if let Some(place) = flat(hub, places, pos) {
        definitions.push(FlatDefinition {
            place,
            text: text.map(cut).unwrap_or_default(),
            priority,
        });
    }
}

fn flat(hub: &CacheHub, places: &mut Places, pos: TermPos) -> Option<FlatPlace> {
    let place = places.of(hub, pos)?;
    Some(FlatPlace(place.file, place.line, place.column))
}

/// The comments of the generator right above the line of `pos`.
fn above(hub: &CacheHub, pos: TermPos) -> Vec<String> {
    let Some(span) = pos.into_opt() else {
        return Vec::new();
    };
    let before = hub.sources.source(span.src_id).get(..span.start.to_usize());
    let lines = before.unwrap_or_default().lines().rev();
    // The first is the beginning of the line itself, unless that is empty.
    let indented = before.is_some_and(|before| !before.ends_with('\n'));
    let comments = lines
        .skip(usize::from(indented))
        .map(str::trim)
        .take_while(|line| {
            let marks = ["# from \"", "# from answer \"", "# assumed: "];
            marks.iter().any(|mark| line.starts_with(mark))
        });
    let mut comments: Vec<String> = comments.map(cut).collect();
    comments.reverse();
    comments
}

/// The value as text, evaluated as far as it was needed.
fn shown(context: &Context, value: &NickelValue) -> String {
    match value.content_ref() {
        ValueContentRef::Record(Container::Alloc(record)) => {
            let names: Vec<&str> = known(record);
            format!("a record of {}", names.join(", "))
        }
        ValueContentRef::Array(items) => match items.len() {
            1 => "a list of 1 element".to_owned(),
            count => format!("a list of {count} elements"),
        },
        _ => explain::plain(value).unwrap_or_else(|| {
            let text = place::text(&context.import_resolver, context.pos_table.get(value.pos_idx()));
            text.map(cut).unwrap_or_default()
        }),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn misread(path: &str, why: &str) -> Finding {
    Finding {
        code: "path".to_owned(),
        message: format!("`{}` is not a path: {why}", explain::shorten(path)),
        hint: Some("write it as in `servers[0].spec.cpu`".to_owned()),
        ..Finding::default()
    }
}

fn no_field(name: &str, record: &RecordData, done: &[Step]) -> Finding {
    let names = known(record);
    let choices = names.join(", ");
    Finding {
        code: "unknown_path".to_owned(),
        message: format!("{} has no field `{}`", subject(done), explain::shorten(name)),
        reason: Some(choices.clone()),
        hint: explain::nearest(name, &choices),
        ..Finding::default()
    }
}

fn no_element(index: usize, count: usize, done: &[Step]) -> Finding {
    Finding {
        code: "unknown_path".to_owned(),
        message: format!("{} has {count} elements and no [{index}]", subject(done)),
        hint: Some("elements are counted from 0".to_owned()),
        ..Finding::default()
    }
}

fn is_list(name: &str, count: usize, done: &[Step]) -> Finding {
    let path = steps::dotted(done);
    Finding {
        code: "unknown_path".to_owned(),
        message: format!(
            "{} is a list of {count}, which has no field `{}`",
            subject(done),
            explain::shorten(name)
        ),
        hint: Some(format!("name an element: `{path}[0].{}`", explain::shorten(name))),
        ..Finding::default()
    }
}

fn nothing_in(done: &[Step]) -> Finding {
    Finding {
        code: "unknown_path".to_owned(),
        message: format!("{} holds no fields", subject(done)),
        hint: Some("leave out what stands after it".to_owned()),
        ..Finding::default()
    }
}

fn subject(done: &[Step]) -> String {
    match steps::dotted(done) {
        path if path.is_empty() => "the configuration".to_owned(),
        path => format!("`{path}`"),
    }
}
