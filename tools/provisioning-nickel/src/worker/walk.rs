//! Evaluates a configuration field by field, so that every error is found and knows its path.

use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::eval::VirtualMachine;
use nickel_lang_core::eval::cache::CacheImpl;
use nickel_lang_core::eval::value::{Container, EnumVariantData, NickelValue, NumberData, ValueContentRef};
use nickel_lang_core::identifier::LocIdent;
use nickel_lang_core::position::{PosIdx, TermPos};
use nickel_lang_core::term::record::{Field, RecordData};

use super::explain::{self, Site};
use super::place::Places;
use super::session::{Context, Stop};
use super::steps::{Step, dotted};
use crate::Bounds;
use crate::bounds::bytes;
use crate::wire::{Finding, FlatNode, FlatSpan, FlatValue, Outcome, WireBound};

/// The walk over one configuration.
pub(super) struct Walk<'a> {
    vm: VirtualMachine<'a, CacheHub, CacheImpl>,
    places: &'a mut Places,
    bounds: &'a Bounds,
    strict: bool,
    path: Vec<Step>,
    /// Positions of the values around the current one.
    around: Vec<Origin>,
    text: usize,
    walked: Walked,
}

/// What a walk found, positions still unresolved: they can be looked up only once the machine is gone.
#[derive(Default)]
pub(super) struct Walked {
    nodes: Vec<RawNode>,
    findings: Vec<(Finding, Vec<Origin>)>,
    omitted: usize,
}

struct RawNode {
    name: Option<String>,
    origin: Origin,
    value: FlatValue,
}

/// Where a value comes from, nearest first: its field's name, what it evaluates to, what stood there before its
/// contracts were applied.
#[derive(Clone, Copy)]
struct Origin {
    written: TermPos,
    value: PosIdx,
    raw: PosIdx,
}

impl Origin {
    /// The first of the positions that the user wrote, the value's otherwise.
    fn place(self, context: &Context, places: &Places, name_first: bool) -> TermPos {
        let value = context.pos_table.get(self.value);
        let raw = context.pos_table.get(self.raw);
        let order = if name_first {
            [self.written, value, raw]
        } else {
            [value, raw, self.written]
        };
        order
            .into_iter()
            .find(|pos| places.is_user(*pos))
            .unwrap_or(value)
    }
}

impl<'a> Walk<'a> {
    /// A walk in `context`.
    pub(super) fn new(
        context: &'a mut Context,
        places: &'a mut Places,
        bounds: &'a Bounds,
        strict: bool,
    ) -> Self {
        Self {
            vm: VirtualMachine::new(context),
            places,
            bounds,
            strict,
            path: Vec::new(),
            around: Vec::new(),
            text: 0,
            walked: Walked::default(),
        }
    }

    /// Walks `value`.
    pub(super) fn visit(&mut self, value: NickelValue) -> Result<(), Stop> {
        {
            let raw = value.pos_idx();
            self.node(None, TermPos::None, raw, value).map(|_| ())
        }
    }

    /// What was found.
    pub(super) fn finish(self) -> Walked {
        self.walked
    }

    /// Walks one value; whether it became a node.
    fn node(
        &mut self,
        name: Option<String>,
        written: TermPos,
        raw: PosIdx,
        value: NickelValue,
    ) -> Result<bool, Stop> {
        let value = match self.vm.eval(value) {
            Ok(value) => value,
            Err(error) => {
                let finding = explain::eval(
                    self.vm.import_resolver(),
                    self.places,
                    &error,
                    &self.site(written),
                );
                self.report_at(
                    Origin {
                        written,
                        value: raw,
                        raw,
                    },
                    finding,
                );
                self.vm.reset();
                return Ok(false);
            }
        };
        let pos = value.pos_idx();
        let origin = Origin {
            written,
            value: pos,
            raw,
        };
        let leaf = match value.content_ref() {
            ValueContentRef::Null => FlatValue::Null,
            ValueContentRef::Bool(value) => FlatValue::Bool(value),
            ValueContentRef::Number(number) => match flat_number(number) {
                Ok(number) => number,
                Err(problem) => {
                    let finding = explain::number(
                        self.vm.import_resolver(),
                        self.places,
                        problem,
                        &self.site(written),
                    );
                    self.report_at(origin, finding);
                    return Ok(false);
                }
            },
            ValueContentRef::String(text) => FlatValue::Text(text.to_string()),
            ValueContentRef::EnumVariant(EnumVariantData { tag, arg: None }) => {
                FlatValue::Text(tag.label().to_owned())
            }
            ValueContentRef::Array(items) => {
                let raw = items.iter().map(NickelValue::pos_idx);
                let items: Vec<_> = raw.zip(items.iter_with_pending_contracts(pos)).collect();
                return self.list(name, origin, items);
            }
            ValueContentRef::Record(Container::Alloc(record)) => return self.record(name, origin, record),
            ValueContentRef::Record(Container::Empty) => FlatValue::Record(0),
            _ => {
                let finding = explain::not_data(
                    self.vm.import_resolver(),
                    self.places,
                    &value,
                    &self.site(written),
                );
                self.report_at(origin, finding);
                return Ok(false);
            }
        };
        self.push(name, origin, leaf).map(|_| true)
    }

    fn list(
        &mut self,
        name: Option<String>,
        origin: Origin,
        items: Vec<(PosIdx, NickelValue)>,
    ) -> Result<bool, Stop> {
        let slot = self.push(name, origin, FlatValue::List(0))?;
        let mut kept = 0_usize;
        self.enter(origin)?;
        for (index, (raw, item)) in items.into_iter().enumerate() {
            self.path.push(Step::Index(index));
            kept = kept.saturating_add(usize::from(self.node(None, TermPos::None, raw, item)?));
            self.path.pop();
        }
        self.around.pop();
        self.walked.settle_count(slot, FlatValue::List(kept));
        Ok(true)
    }

    fn record(&mut self, name: Option<String>, origin: Origin, record: &RecordData) -> Result<bool, Stop> {
        let slot = self.push(name, origin, FlatValue::Record(0))?;
        let mut kept = 0_usize;
        self.enter(origin)?;
        for (id, field) in &record.fields {
            if field.is_empty_optional() || field.metadata.not_exported() {
                continue;
            }
            self.path.push(Step::Field(id.label().to_owned()));
            kept = kept.saturating_add(usize::from(self.field(record, *id, field)?));
            self.path.pop();
        }
        self.around.pop();
        self.walked.settle_count(slot, FlatValue::Record(kept));
        Ok(true)
    }

    fn field(&mut self, record: &RecordData, id: LocIdent, field: &Field) -> Result<bool, Stop> {
        let name = id.label();
        if is_unknown(field) {
            let site = self.site(id.pos);
            let finding = explain::unknown(
                self.vm.import_resolver(),
                self.places,
                name,
                &known(record),
                &site,
            );
            self.report(finding);
            if self.strict {
                return Ok(false);
            }
        }
        let raw = field.value.as_ref().map_or(PosIdx::NONE, NickelValue::pos_idx);
        if let Some(value) = field.value_with_pending_contracts() {
            return self.node(Some(name.to_owned()), id.pos, raw, value);
        }
        let doc = field.metadata.doc().map(str::to_owned);
        let finding = explain::missing(name, doc, &self.site(TermPos::None));
        self.report(finding);
        Ok(false)
    }

    fn enter(&mut self, origin: Origin) -> Result<(), Stop> {
        let depth = self.bounds.depth;
        if self.around.len() >= depth {
            return Err(Stop::Bounded(
                WireBound::Depth,
                format!("values nested deeper than {depth}"),
            ));
        }
        self.around.push(origin);
        Ok(())
    }

    fn push(&mut self, name: Option<String>, origin: Origin, value: FlatValue) -> Result<usize, Stop> {
        let size = name.as_ref().map_or(0, String::len).saturating_add(match &value {
            FlatValue::Text(text) => text.len(),
            _ => 0,
        });
        self.text = self.text.saturating_add(size);
        let Bounds { nodes, output, .. } = *self.bounds;
        if self.walked.nodes.len() >= nodes {
            return Err(Stop::Bounded(
                WireBound::Size,
                format!("a result of more than {nodes} values"),
            ));
        }
        if self.text > output {
            let limit = bytes(u64::try_from(output).unwrap_or(u64::MAX));
            return Err(Stop::Bounded(
                WireBound::Size,
                format!("a result of more than {limit}"),
            ));
        }
        self.walked.nodes.push(RawNode { name, origin, value });
        Ok(self.walked.nodes.len().saturating_sub(1))
    }

    fn site(&self, written: TermPos) -> Site {
        Site {
            path: dotted(&self.path),
            written,
        }
    }

    fn report_at(&mut self, origin: Origin, finding: Finding) {
        self.around.push(origin);
        self.report(finding);
        self.around.pop();
    }

    fn report(&mut self, mut finding: Finding) {
        finding.warning = finding.code == "unknown_field" && !self.strict;
        let duplicate = self
            .walked
            .findings
            .iter_mut()
            .find(|(known, _)| known.is_same_mistake(&finding));
        if let Some((known, around)) = duplicate {
            // The same broken value seen through another field: keep the path of the field that holds it.
            if finding.home && !known.home {
                *known = finding;
                around.clone_from(&self.around);
            }
        } else if self.walked.findings.len() < self.bounds.findings {
            self.walked.findings.push((finding, self.around.clone()));
        } else {
            self.walked.omitted = self.walked.omitted.saturating_add(1);
        }
    }
}

impl Walked {
    fn settle_count(&mut self, slot: usize, value: FlatValue) {
        if let Some(node) = self.nodes.get_mut(slot) {
            node.value = value;
        }
    }

    /// Resolves positions and puts the findings in the order of the source.
    pub(super) fn settle(self, context: &Context, places: &mut Places, main: &str) -> Outcome {
        let hub = &context.import_resolver;
        let mut findings = Vec::new();
        for (mut finding, around) in self.findings {
            if finding.line.is_none() {
                let mut nearest = around
                    .iter()
                    .rev()
                    .map(|origin| origin.place(context, places, false));
                if let Some(pos) = nearest.find(|pos| places.is_user(*pos)) {
                    finding = explain::at(hub, places, pos, finding);
                }
            }
            findings.push(finding);
        }
        findings.sort_by_key(|finding| {
            (
                finding.file.as_deref() != Some(main),
                finding.file.clone(),
                finding.line,
                finding.column,
            )
        });
        if self.omitted > 0 {
            findings.push(explain::omitted(
                self.omitted,
                findings.iter().all(|finding| finding.warning),
            ));
        }
        let mut outcome = Outcome {
            findings,
            ..Outcome::default()
        };
        if outcome.findings.iter().all(|finding| finding.warning) {
            for node in self.nodes {
                let pos = node.origin.place(context, places, true);
                let span = places.of(hub, pos).map(|place| {
                    FlatSpan(
                        number_of(&mut outcome.files, place.file),
                        place.line,
                        place.column,
                    )
                });
                outcome.nodes.push(FlatNode(node.name, span, node.value));
            }
        }
        outcome
    }
}

/// Whether a schema found the field to be none of its own and said so in its documentation: a mark that changes
/// nothing for those who use the value.
pub(super) fn is_unknown(field: &Field) -> bool {
    field.metadata.doc() == Some("unknown field")
}

/// The fields that the schema knows.
pub(super) fn known(record: &RecordData) -> Vec<&str> {
    let known = record.fields.iter().filter(|(_, field)| !is_unknown(field));
    let mut names: Vec<&str> = known.map(|(id, _)| id.label()).collect();
    names.sort_unstable();
    names
}

fn number_of(files: &mut Vec<String>, file: String) -> u32 {
    let number = files.iter().position(|known| *known == file).unwrap_or_else(|| {
        files.push(file);
        files.len().saturating_sub(1)
    });
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The number as it is handed on, or why it cannot be. JSON has no infinity, and a whole number that comes out as
/// its neighbour is another number.
fn flat_number(number: &NumberData) -> Result<FlatValue, &'static str> {
    if let Ok(integer) = i64::try_from(number) {
        return Ok(FlatValue::Integer(integer));
    }
    let whole = *number.denominator_ref() == 1_u32;
    // The evaluator's decimal text has some sixteen digits, which is not all that a whole number may need.
    let text = if whole {
        number.to_string()
    } else {
        explain::decimal(number)
    };
    let real: f64 = text.parse().unwrap_or(f64::NAN);
    if real.is_nan() || real.is_infinite() {
        return Err("number too large");
    }
    // Zero is an integer, so what becomes zero here was not.
    if real == 0.0 {
        return Err("number too small");
    }
    if whole && NumberData::try_from(real).as_ref() != Ok(number) {
        return Err("whole number too large to be kept exactly");
    }
    Ok(FlatValue::Real(real))
}
