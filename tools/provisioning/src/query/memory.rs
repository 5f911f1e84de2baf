//! What a filter means, in plain code: the inventory that the tests hold every other against.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Aggregate, Call, Condition, Entity, Entry, Field, Filter, Function, Inventory, Op, Row, Rows, Scalar,
    Test, Vocabulary,
};
use crate::resource::Kind;

/// An inventory in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    rows: Vec<Row>,
}

impl Memory {
    /// An inventory of `rows`.
    #[must_use]
    pub fn new(mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|row| row.address.to_string());
        Self { rows }
    }

    /// What `filter` selects.
    #[must_use]
    pub fn select(&self, filter: &Filter, most: u32) -> Rows {
        match &filter.entity {
            Entity::Clusters => self.clusters(filter, most),
            Entity::Resources(kinds) => {
                let fits = |row: &&Row| {
                    (kinds.is_empty() || kinds.contains(&row.address.kind))
                        && filter.conditions.iter().all(|condition| {
                            holds(condition, &|test| {
                                row.get(&test.field).is_some_and(|v| met(test, &v))
                            })
                        })
                };
                let mut found: Vec<&Row> = self.rows.iter().filter(fits).collect();
                let total = found.len() as u64;
                let rows = match &filter.aggregate {
                    Some(aggregate) => figures(&found, aggregate, filter.group.as_ref()),
                    None => {
                        found.sort_by(|a, b| order(filter, &|field| a.get(field), &|field| b.get(field)));
                        let resource = |row: &Row| Entry::Resource(Box::new(row.clone()));
                        found.into_iter().map(resource).collect()
                    }
                };
                bounded(rows, total, filter, most)
            }
        }
    }

    fn clusters(&self, filter: &Filter, most: u32) -> Rows {
        let mut clusters: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        let servers = self.rows.iter().filter(|row| row.address.kind == Kind::Server);
        for row in servers {
            if let Some(name) = &row.cluster {
                clusters.entry(name).or_default().push(row);
            }
        }
        clusters.retain(|_, servers| {
            let test = |test: &Test| match test.field {
                Field::Servers => met(test, &Scalar::Number(servers.len() as f64)),
                _ => servers
                    .iter()
                    .any(|row| row.get(&test.field).is_some_and(|value| met(test, &value))),
            };
            filter.conditions.iter().all(|condition| holds(condition, &test))
        });
        let total = clusters.len() as u64;
        if filter.aggregate.is_some() {
            let count = Entry::Figure {
                group: None,
                count: total,
                value: Some(Scalar::Number(total as f64)),
            };
            return bounded(vec![count], total, filter, most);
        }
        let mut found: Vec<(&str, usize)> = clusters.iter().map(|(name, of)| (*name, of.len())).collect();
        let value = |(name, servers): &(&str, usize), field: &Field| match field {
            Field::Servers => Some(Scalar::Number(*servers as f64)),
            _ => Some(Scalar::Text((*name).to_owned())),
        };
        found.sort_by(|a, b| order(filter, &|field| value(a, field), &|field| value(b, field)));
        let rows = found.into_iter().map(|(name, servers)| Entry::Cluster {
            name: name.to_owned(),
            servers: servers as u64,
        });
        bounded(rows.collect(), total, filter, most)
    }
}

impl Inventory for Memory {
    fn vocabulary<'a>(&'a self, words: &'a [String]) -> Call<'a, Vocabulary> {
        let mut values: BTreeMap<Field, BTreeSet<String>> = BTreeMap::new();
        for row in &self.rows {
            let tags = row.tags.keys().map(|key| Field::Tag(key.clone()));
            for field in Field::ALL.into_iter().filter(Field::live).chain(tags) {
                let listed = !matches!(
                    field,
                    Field::Name | Field::Address | Field::Ipv4 | Field::ProviderId
                );
                let texts = match row.get(&field) {
                    Some(Scalar::Text(text)) => vec![text],
                    Some(Scalar::List(texts)) => texts,
                    _ => continue,
                };
                let wanted = |text: &String| listed || words.iter().any(|w| w.eq_ignore_ascii_case(text));
                let known = values.entry(field).or_default();
                known.extend(texts.into_iter().filter(wanted));
            }
        }
        let values = values
            .into_iter()
            .filter(|(_, texts)| !texts.is_empty())
            .map(|(field, texts)| (field, texts.into_iter().collect()))
            .collect();
        let empty = self.rows.is_empty();
        Box::pin(std::future::ready(Ok(Vocabulary { values, empty })))
    }

    fn run<'a>(&'a self, filter: &'a Filter, most: u32) -> Call<'a, Rows> {
        Box::pin(std::future::ready(Ok(self.select(filter, most))))
    }
}

fn bounded(mut rows: Vec<Entry>, total: u64, filter: &Filter, most: u32) -> Rows {
    let most = filter.limit.map_or(most, |limit| limit.min(most));
    rows.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Rows { total, rows }
}

fn holds(condition: &Condition, test: &dyn Fn(&Test) -> bool) -> bool {
    match condition {
        Condition::Is(is) => test(is),
        Condition::Not(inner) => !holds(inner, test),
        Condition::All(parts) => parts.iter().all(|part| holds(part, test)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, test)),
    }
}

/// Whether `value`, which is recorded, meets `test`.
fn met(test: &Test, value: &Scalar) -> bool {
    let Some(wanted) = &test.value else {
        return test.op == Op::Known;
    };
    if let Scalar::List(values) = value {
        return values.iter().any(|value| met(test, &Scalar::Text(value.clone())));
    }
    match (test.op, value, wanted) {
        (Op::In, Scalar::Text(text), Scalar::List(list)) => list.contains(text),
        (Op::StartsWith, Scalar::Text(text), Scalar::Text(part)) => text.starts_with(part.as_str()),
        (Op::EndsWith, Scalar::Text(text), Scalar::Text(part)) => text.ends_with(part.as_str()),
        (Op::Contains, Scalar::Text(text), Scalar::Text(part)) => text.contains(part.as_str()),
        _ => order_of(value, wanted).is_some_and(|order| match test.op {
            Op::Equal => order == Ordering::Equal,
            Op::Less => order == Ordering::Less,
            Op::AtMost => order != Ordering::Greater,
            Op::More => order == Ordering::Greater,
            Op::AtLeast => order != Ordering::Less,
            _ => false,
        }),
    }
}

/// How two values of one type stand; amounts of two currencies do not.
#[must_use]
pub fn order_of(a: &Scalar, b: &Scalar) -> Option<Ordering> {
    match (a, b) {
        (Scalar::Text(a), Scalar::Text(b)) => Some(a.cmp(b)),
        (Scalar::Number(a), Scalar::Number(b)) => a.partial_cmp(b),
        (Scalar::Bool(a), Scalar::Bool(b)) => Some(a.cmp(b)),
        (Scalar::Time(a), Scalar::Time(b)) => Some(a.cmp(b)),
        (
            Scalar::Money { nanos, currency },
            Scalar::Money {
                nanos: other,
                currency: of,
            },
        ) => (currency == of).then(|| nanos.cmp(other)),
        _ => None,
    }
}

/// Order of a filter; what is not recorded comes last, and equals stay in the order of their addresses.
fn order(
    filter: &Filter,
    a: &dyn Fn(&Field) -> Option<Scalar>,
    b: &dyn Fn(&Field) -> Option<Scalar>,
) -> Ordering {
    for sort in &filter.sort {
        let order = match (a(&sort.field), b(&sort.field)) {
            (Some(a), Some(b)) => {
                let order = order_of(&a, &b).unwrap_or(Ordering::Equal);
                if sort.descending { order.reverse() } else { order }
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// What a group is known by: whether its value is not recorded, the value, and the currency of what is summed.
type Key = (bool, Option<String>, Option<String>);

/// One figure for each group and currency, groups in order, what is not recorded last.
fn figures(rows: &[&Row], aggregate: &Aggregate, group: Option<&Field>) -> Vec<Entry> {
    let mut groups: BTreeMap<Key, Vec<&Row>> = BTreeMap::new();
    let money = aggregate.field == Some(Field::MonthlyCost);
    for row in rows {
        let value = group.and_then(|field| row.get(field));
        let keys: Vec<Option<String>> = match value {
            Some(Scalar::List(texts)) => texts.into_iter().map(Some).collect(),
            Some(value) => vec![Some(value.to_string())],
            None => vec![None],
        };
        let currency = if money { row.currency.clone() } else { None };
        for key in keys {
            let entry = groups.entry((key.is_none(), key, currency.clone()));
            entry.or_default().push(row);
        }
    }
    if groups.is_empty() && group.is_none() && !money {
        groups.insert((true, None, None), Vec::new());
    }
    groups
        .into_iter()
        .map(|((_, group, currency), rows)| Entry::Figure {
            group,
            count: rows.len() as u64,
            value: figure(&rows, aggregate, currency),
        })
        .collect()
}

fn figure(rows: &[&Row], aggregate: &Aggregate, currency: Option<String>) -> Option<Scalar> {
    let Some(field) = &aggregate.field else {
        return Some(Scalar::Number(rows.len() as f64));
    };
    if *field == Field::MonthlyCost {
        let nanos: Vec<i64> = rows.iter().filter_map(|row| row.monthly_cost).collect();
        let sum = nanos
            .iter()
            .try_fold(0_i64, |sum, nanos| sum.checked_add(*nanos))?;
        let nanos = match aggregate.function {
            Function::Count | Function::Sum => (!nanos.is_empty()).then_some(sum),
            Function::Avg => sum.checked_div(i64::try_from(nanos.len()).ok()?),
            Function::Min => nanos.into_iter().min(),
            Function::Max => nanos.into_iter().max(),
        };
        return Some(Scalar::Money {
            nanos: nanos?,
            currency: currency.unwrap_or_default(),
        });
    }
    let number = |row: &&Row| match row.get(field)? {
        Scalar::Number(number) => Some(number),
        _ => None,
    };
    let values: Vec<f64> = rows.iter().filter_map(number).collect();
    let sum = values.iter().sum::<f64>();
    let value = match aggregate.function {
        _ if values.is_empty() => None,
        Function::Count => Some(values.len() as f64),
        Function::Sum => Some(sum),
        Function::Avg => Some(sum / values.len() as f64),
        Function::Min => values.into_iter().min_by(f64::total_cmp),
        Function::Max => values.into_iter().max_by(f64::total_cmp),
    };
    value.map(Scalar::Number)
}
