//! The plan as one value, and the hashes of it: what an approval is of.

use super::{Group, Item, Plan, Wave};
use crate::canonical;
use crate::cost::{AmountChange, Currency, Money};
use crate::desired::Desired;
use crate::resource::{Attributes, Value};

/// Puts the hashes in.
pub(super) fn sign(plan: &mut Plan) {
    for wave in &mut plan.waves {
        wave.hash = canonical::hash(&of_wave(wave, &plan.items));
    }
    plan.hash = canonical::hash(&whole(plan));
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter();
    Value::Record(fields.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn list<T>(items: impl IntoIterator<Item = T>, one: impl Fn(T) -> Value) -> Value {
    Value::List(items.into_iter().map(one).collect())
}

fn texts(items: &[String]) -> Value {
    list(items, |text| text.clone().into())
}

/// A number of which JSON may not have all digits.
fn number(number: impl ToString) -> Value {
    number.to_string().into()
}

fn whole(plan: &Plan) -> Value {
    let question = |question: &super::Question| {
        record([
            ("subject", question.subject.to_string().into()),
            (
                "candidates",
                list(&question.candidates, |(address, likeness)| {
                    format!("{address} {likeness}").into()
                }),
            ),
        ])
    };
    record([
        ("items", list(&plan.items, of_item)),
        ("waves", list(&plan.waves, |wave| wave.hash.clone().into())),
        ("questions", list(&plan.questions, question)),
        ("assumptions", texts(&plan.assumptions)),
        ("cost", list(&plan.cost, of_amounts)),
        ("cost_incomplete", plan.cost_incomplete.into()),
        ("providers_gone", texts(&plan.providers_gone)),
    ])
}

fn of_amounts(change: &AmountChange) -> Value {
    record([
        ("currency", change.currency.code().into()),
        ("before", number(change.before.nanos())),
        ("after", number(change.after.nanos())),
    ])
}

fn of_wave(wave: &Wave, items: &[Item]) -> Value {
    record([
        ("number", number(wave.number)),
        ("phase", wave.phase.name().into()),
        ("after_days", number(wave.after_days)),
        ("groups", list(&wave.groups, |group| of_group(group, items))),
    ])
}

fn of_group(group: &Group, items: &[Item]) -> Value {
    let members = group.members.iter().filter_map(|place| items.get(*place));
    let step = |step: &super::Step| {
        record([
            ("stage", step.stage.name().into()),
            ("address", step.address.to_string().into()),
            ("what", step.what.clone().into()),
        ])
    };
    let amount = |(currency, money): (&Currency, &Money)| {
        record([
            ("currency", currency.code().into()),
            ("delta", number(money.nanos())),
        ])
    };
    record([
        ("name", group.name.clone().into()),
        ("members", list(members, of_item)),
        ("needs", texts(&group.needs)),
        ("cost", list(&group.cost, amount)),
        ("cost_incomplete", group.cost_incomplete.into()),
        ("downtime_s", number(group.downtime.seconds)),
        ("downtime_unknown", texts(&group.downtime.unknown)),
        ("downtime_assumptions", texts(&group.downtime.assumptions)),
        ("checks", texts(&group.checks)),
        ("steps", list(&group.steps, step)),
        ("validation", texts(&group.validation)),
        ("rollback", texts(&group.rollback.how)),
        ("rollback_deadline", group.rollback.deadline.clone().into()),
    ])
}

fn of_item(item: &Item) -> Value {
    record([
        ("from", of_resource(item.from.as_ref())),
        ("to", of_resource(item.to.as_ref())),
        ("class", item.class.name().into()),
        ("method", item.method.name().into()),
        ("protected", item.protected.into()),
        ("early", item.early.into()),
    ])
}

/// What a resource is, not where the configuration says it: moving a line changes no plan.
fn of_resource(one: Option<&Desired>) -> Value {
    let Some(one) = one else { return Value::Null };
    let region = one.region.clone().map_or(Value::Null, Value::from);
    record([
        ("address", one.address.to_string().into()),
        ("provider", one.provider.clone().into()),
        ("region", region),
        ("attributes", Value::Record(Attributes::clone(&one.attributes))),
        (
            "depends_on",
            list(&one.depends_on, |address| address.to_string().into()),
        ),
    ])
}
