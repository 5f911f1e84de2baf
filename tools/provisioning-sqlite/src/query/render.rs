//! Filters as queries. The text is made of names that this crate knows; every value is a parameter.

use provisioning::query::{
    Aggregate, Condition, Entity, Entry, Field, Filter, Function, Op, Rows, Scalar, Test, Type,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::store::{NAMED, columns, row, value};

/// A query and its parameters.
pub(super) struct Query {
    pub(super) text: String,
    parameters: Vec<Value>,
}

/// What `filter` selects.
pub(super) fn run(connection: &Connection, filter: &Filter, most: u32) -> Result<Rows, rusqlite::Error> {
    let count = total(filter);
    let total: i64 = connection
        .prepare_cached(&count.text)?
        .query_row(params_from_iter(&count.parameters), |row| row.get(0))?;
    let total = u64::try_from(total).unwrap_or_default();
    let query = rows(filter, most);
    let mut statement = connection.prepare_cached(&query.text)?;
    let mut found = statement.query(params_from_iter(&query.parameters))?;
    let mut rows = Vec::new();
    while let Some(next) = found.next()? {
        let entry = match (&filter.aggregate, &filter.entity) {
            (Some(aggregate), _) => Some(figure(next, aggregate)?),
            (None, Entity::Clusters) => Some(Entry::Cluster {
                name: next.get(0)?,
                servers: u64::try_from(next.get::<_, i64>(1)?).unwrap_or_default(),
            }),
            (None, Entity::Resources(_)) => row(connection, next)?.map(|row| Entry::Resource(Box::new(row))),
        };
        rows.extend(entry);
    }
    Ok(Rows { total, rows })
}

fn figure(found: &rusqlite::Row<'_>, aggregate: &Aggregate) -> Result<Entry, rusqlite::Error> {
    let value = if aggregate.field == Some(Field::MonthlyCost) {
        let currency: Option<String> = found.get(3)?;
        found.get::<_, Option<i64>>(2)?.map(|nanos| Scalar::Money {
            nanos,
            currency: currency.unwrap_or_default(),
        })
    } else {
        found.get::<_, Option<f64>>(2)?.map(Scalar::Number)
    };
    Ok(Entry::Figure {
        group: found.get(0)?,
        count: u64::try_from(found.get::<_, i64>(1)?).unwrap_or_default(),
        value,
    })
}

/// How many there are, whatever the limit.
fn total(filter: &Filter) -> Query {
    let mut query = Query::new();
    match filter.entity {
        Entity::Clusters => {
            query.push("SELECT count(*) FROM (");
            query.clusters(filter);
            query.push(")");
        }
        Entity::Resources(_) => {
            query.push("SELECT count(*) FROM inventory AS i");
            query.resources(filter);
        }
    }
    query
}

/// The rows themselves, at most `most`.
pub(super) fn rows(filter: &Filter, most: u32) -> Query {
    let mut query = Query::new();
    match (&filter.entity, &filter.aggregate) {
        (Entity::Clusters, Some(_)) => {
            query.push("SELECT NULL, count(*), CAST(count(*) AS REAL) FROM (");
            query.clusters(filter);
            query.push(")");
        }
        (Entity::Clusters, None) => {
            query.clusters(filter);
            query.order(filter, "cluster");
        }
        (Entity::Resources(_), Some(aggregate)) => query.figures(filter, aggregate),
        (Entity::Resources(_), None) => return resources(filter, most),
    }
    query.push(" LIMIT ?");
    let most = filter.limit.map_or(most, |limit| limit.min(most));
    query.parameters.push(Value::Integer(i64::from(most)));
    query
}

/// Whether a condition names what is meant.
fn names(condition: &Condition) -> bool {
    matches!(condition, Condition::Is(test) if test.op == Op::Equal && NAMED.contains(&test.field))
}

/// Resources: which ones is found in what conditions are held against, and only those are read whole.
fn resources(filter: &Filter, most: u32) -> Query {
    let mut query = Query::new();
    let names: Vec<String> = columns().map(|field| format!("i.{}", field.name())).collect();
    query.push(&format!(
        "SELECT {} FROM inventory AS i WHERE i.rowid IN (SELECT i.rowid FROM inventory AS i",
        names.join(", ")
    ));
    query.resources(filter);
    query.order(filter, "i.address");
    query.push(" LIMIT ?)");
    let most = filter.limit.map_or(most, |limit| limit.min(most));
    query.parameters.push(Value::Integer(i64::from(most)));
    query.order(filter, "i.address");
    query
}

impl Query {
    fn new() -> Self {
        Self {
            text: String::new(),
            parameters: Vec::new(),
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The restriction to what a filter selects.
    fn resources(&mut self, filter: &Filter) {
        self.push(" WHERE TRUE");
        if let Entity::Resources(kinds) = &filter.entity
            && !kinds.is_empty()
        {
            match kinds.len() {
                // Who is named is found by the name: the plus keeps the index of kinds out of it.
                1 if filter.conditions.iter().any(names) => self.push(" AND +i.kind = ?"),
                // Not a list of one, which would lose the order of the index.
                1 => self.push(" AND i.kind = ?"),
                several => {
                    let marks = vec!["?"; several].join(", ");
                    self.push(&format!(" AND i.kind IN ({marks})"));
                }
            }
            let names = kinds.iter().map(|kind| Value::Text(kind.name().to_owned()));
            self.parameters.extend(names);
        }
        for condition in &filter.conditions {
            self.push(" AND ");
            self.condition(condition, "i", &Self::test);
        }
    }

    /// Clusters with the number of their servers.
    fn clusters(&mut self, filter: &Filter) {
        self.push(
            "SELECT c.cluster AS cluster, count(*) AS servers FROM inventory AS c
             WHERE c.kind = 'server' AND c.cluster IS NOT NULL GROUP BY c.cluster HAVING TRUE",
        );
        for condition in &filter.conditions {
            self.push(" AND ");
            self.condition(condition, "c", &Self::of_cluster);
        }
    }

    /// A test of a cluster holds if it does for one of its servers.
    fn of_cluster(&mut self, test: &Test, table: &str) {
        if test.field == Field::Servers {
            self.push(&format!("count(*) {} ?", test.op.sign()));
            self.parameters.extend(test.value.as_ref().map(value));
            return;
        }
        // One of the group meets it: asked of the group that is read anyway.
        self.push("max(");
        self.test(test, table);
        self.push(") = 1");
    }

    fn condition(&mut self, condition: &Condition, table: &str, test: &dyn Fn(&mut Self, &Test, &str)) {
        match condition {
            Condition::Is(is) => test(self, is, table),
            // Two truth values: what is not recorded does not meet a test, and meets its opposite.
            Condition::Not(inner) => {
                self.push("(");
                self.condition(inner, table, test);
                self.push(") IS NOT TRUE");
            }
            Condition::All(parts) => self.joined(parts, " AND ", "TRUE", table, test),
            Condition::Any(parts) => self.joined(parts, " OR ", "FALSE", table, test),
        }
    }

    fn joined(
        &mut self,
        parts: &[Condition],
        word: &str,
        none: &str,
        table: &str,
        test: &dyn Fn(&mut Self, &Test, &str),
    ) {
        self.push("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.push(word);
            }
            self.condition(part, table, test);
        }
        if parts.is_empty() {
            self.push(none);
        }
        self.push(")");
    }

    fn test(&mut self, test: &Test, table: &str) {
        match &test.field {
            Field::Tag(key) if key == "*" => {
                self.push(&format!("{table}.address IN (SELECT address FROM inventory_tag)"));
            }
            Field::Tag(key) => {
                self.push(&format!(
                    "{table}.address IN (SELECT address FROM inventory_tag WHERE key = ? AND "
                ));
                self.parameters.push(Value::Text(key.clone()));
                self.compared("value", test);
                self.push(")");
            }
            Field::Service => {
                self.push(&format!(
                    "{table}.address IN (SELECT address FROM inventory_service WHERE "
                ));
                self.compared("service", test);
                self.push(")");
            }
            Field::MonthlyCost => {
                self.push("(");
                if let Some(Scalar::Money { currency, .. }) = &test.value {
                    self.push(&format!("{table}.currency = ? AND "));
                    self.parameters.push(Value::Text(currency.clone()));
                }
                self.compared(&format!("{table}.monthly_cost"), test);
                self.push(")");
            }
            Field::Servers => self.push("FALSE"),
            // The index of names knows no capitals: it finds the few that may be meant, and the test is exact.
            field if NAMED.contains(field) && test.op == Op::Equal => {
                let column = format!("{table}.{}", field.name());
                self.push(&format!("({column} = ? COLLATE NOCASE AND "));
                self.parameters.extend(test.value.as_ref().map(value));
                self.compared(&column, test);
                self.push(")");
            }
            field => self.compared(&format!("{table}.{}", field.name()), test),
        }
    }

    fn compared(&mut self, column: &str, test: &Test) {
        let Some(wanted) = &test.value else {
            return self.push(&format!("{column} IS NOT NULL"));
        };
        match (test.op, wanted) {
            (Op::In, Scalar::List(texts)) => {
                let marks = vec!["?"; texts.len()].join(", ");
                self.push(&format!("{column} IN ({marks})"));
                self.parameters.extend(texts.iter().cloned().map(Value::Text));
            }
            (Op::StartsWith, Scalar::Text(part)) => {
                self.push(&format!("substr({column}, 1, length(?)) = ?"));
                self.parameters
                    .extend([part.clone(), part.clone()].map(Value::Text));
            }
            (Op::EndsWith, Scalar::Text(part)) => {
                self.push(&format!("substr({column}, -length(?)) = ?"));
                self.parameters
                    .extend([part.clone(), part.clone()].map(Value::Text));
            }
            (Op::Contains, Scalar::Text(part)) => {
                self.push(&format!("instr({column}, ?) > 0"));
                self.parameters.push(Value::Text(part.clone()));
            }
            (op, wanted) => {
                self.push(&format!("{column} {} ?", op.sign()));
                self.parameters.push(value(wanted));
            }
        }
    }

    /// What is not recorded comes last, and equals are in the order of `last`.
    fn order(&mut self, filter: &Filter, last: &str) {
        self.push(" ORDER BY ");
        for sort in filter.sort.iter().filter(|sort| !sort.field.many()) {
            let way = if sort.descending { "DESC" } else { "ASC" };
            let column = match (&sort.field, &filter.entity) {
                (Field::Servers, _) => "servers".to_owned(),
                (_, Entity::Clusters) => "cluster".to_owned(),
                (Field::Tag(key), _) => {
                    self.parameters
                        .extend([key.clone(), key.clone()].map(Value::Text));
                    "(SELECT value FROM inventory_tag AS t WHERE t.address = i.address AND t.key = ?)"
                        .to_owned()
                }
                (field, _) => format!("i.{}", field.name()),
            };
            self.push(&format!("{column} IS NULL, {column} {way}, "));
        }
        self.push(last);
    }

    /// One figure for each group and currency.
    fn figures(&mut self, filter: &Filter, aggregate: &Aggregate) {
        let group = match &filter.group {
            None => "NULL".to_owned(),
            Some(Field::Service) => "s.service".to_owned(),
            Some(Field::Tag(_)) => "t.value".to_owned(),
            Some(field) if field.holds() == Type::Bool => {
                format!(
                    "CASE i.{0} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END",
                    field.name()
                )
            }
            Some(field) => format!("i.{}", field.name()),
        };
        let money = aggregate.field == Some(Field::MonthlyCost);
        let value = match (&aggregate.field, aggregate.function) {
            (None, _) => "CAST(count(*) AS REAL)".to_owned(),
            (Some(field), Function::Avg) if money => {
                format!("sum(i.{0}) / count(i.{0})", field.name())
            }
            (Some(field), function) => format!("{}(i.{})", function.name(), field.name()),
        };
        let currency = if money { "i.currency" } else { "NULL" };
        self.push(&format!(
            "SELECT {group} AS g, count(*), {value}, {currency} AS c FROM inventory AS i"
        ));
        match &filter.group {
            Some(Field::Service) => {
                self.push(" LEFT JOIN inventory_service AS s ON s.address = i.address");
            }
            Some(Field::Tag(key)) => {
                self.push(" LEFT JOIN inventory_tag AS t ON t.address = i.address AND t.key = ?");
                self.parameters.push(Value::Text(key.clone()));
            }
            _ => {}
        }
        self.resources(filter);
        // Without groups there is one figure, even of nothing.
        if filter.group.is_some() || money {
            self.push(" GROUP BY g, c ORDER BY g IS NULL, g, c");
        }
    }
}
