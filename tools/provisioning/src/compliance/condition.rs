//! The language of conditions: what a rule asks of a resource, as data that can be checked before it is used.
//!
//! ```text
//! condition  = all(ingress, not (open(cidrs) and allows(22)))
//! fields     = encrypted   networking.public_ip   config.region   resource.name   this
//! comparison = ==  !=  <  <=  >  >=  in ['a', 'b']
//! joined by  = and  or  not  ( )
//! ```
//!
//! A field is looked up in the element at hand; `resource.` and `config.` lead outwards, `this` is the element
//! itself. It is closed on purpose: no loops but over what a configuration holds, at most three of them within each
//! other, no names but those below, so each condition ends and a pack of somebody else can do no more than ask.

mod parse;
mod token;

pub(super) use parse::version;

/// Something that is true, false or unknown of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every part is true.
    And(Vec<Condition>),
    /// Some part is true.
    Or(Vec<Condition>),
    /// The part is false.
    Not(Box<Condition>),
    /// Two values compared.
    Compare(Operand, Comparison, Operand),
    /// A value is one of these.
    In(Operand, Vec<Literal>),
    /// Some element of a list fulfils the condition.
    Any(Field, Box<Condition>),
    /// Every element of a list fulfils the condition.
    All(Field, Box<Condition>),
    /// The field is there and not null: the one question that a missing value answers.
    Exists(Field),
    /// The list, record or text has nothing in it.
    Empty(Field),
    /// The block, or one in the list, is the whole internet.
    Open(Field),
    /// The block, or every one in the list, is private.
    Private(Field),
    /// The block, or one in the list, is larger than a prefix of this length.
    Wider(Field, u32),
    /// The firewall rule at hand lets one of these TCP or UDP ports through.
    Allows(Vec<u16>),
    /// The firewall rule at hand lets more than this many ports through.
    Spans(u32),
    /// The text begins with this.
    StartsWith(Field, String),
    /// The list has this element, or the text this part.
    Contains(Field, Operand),
    /// The version is before this one, compared number by number.
    Older(Field, Vec<u64>),
    /// A truth value itself.
    Holds(Operand),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A value written in the condition.
    Literal(Literal),
    /// A field's value.
    Field(Field),
    /// How many elements a list has.
    Count(Field),
    /// The first of these fields that is there: how a value that is inherited is looked up.
    First(Vec<Field>),
}

/// A value written in a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `'text'`
    Text(String),
    /// `42`
    Number(i64),
    /// `true`, `false`
    Bool(bool),
}

/// Where a field is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the element at hand; the resource, outside of `any` and `all`.
    Element,
    /// In the resource.
    Resource,
    /// In the whole configuration.
    Configuration,
}

/// A path of field names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it starts.
    pub origin: Origin,
    /// The names; empty for the element itself.
    pub names: Vec<String>,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where in the text, in characters from 0.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Condition {
    /// The condition that `text` writes.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, Broken> {
        parse::condition(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Broken {
        Condition::parse(text).unwrap_err()
    }

    #[test]
    fn conditions_are_read() {
        for text in [
            "encrypted",
            "not networking.public_ip",
            "all(ingress, not (open(cidrs) and allows(22, 3389)))",
            "role in ['database', 'cache'] or exists(tags.Owner)",
            "count(zones) >= 2 and first(region, config.region) != 'us-east-1'",
            "any(config.networking.subnets, name == resource.networking.subnet and public)",
            "older(version, '1.29') and not empty(this) and wider(cidrs, 16) and private(cidrs)",
            "any(a, any(b, any(c, d))) and all(a, all(b, all(c, d)) or any(e, f))",
            "starts_with(plan, 't3.') or contains(resource.zones, 'a') or spans(100)",
        ] {
            assert!(
                Condition::parse(text).is_ok(),
                "{text}: {:?}",
                Condition::parse(text)
            );
        }
    }

    #[test]
    fn not_binds_closer_than_and_closer_than_or() {
        let read = Condition::parse("not a and b or c").unwrap();
        let grouped = Condition::parse("((not a) and b) or c").unwrap();
        assert_eq!(read, grouped);
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        for (text, offset, part) in [
            ("", 0, "ends"),
            ("encrypted ==", 12, "ends"),
            ("encrypted = true", 10, "`==`"),
            ("al(ingress, open(cidrs))", 0, "`al`"),
            ("a == 'x", 5, "no end"),
            ("a and (b or c", 13, "`)`"),
            ("a b", 2, "after the end"),
            ("wider(cidrs, 'x')", 13, "number"),
            ("older(version, 'new')", 15, "version"),
            ("allows(70000)", 7, "port"),
            ("a == $", 5, "`$`"),
            ("any(a, all(b, any(c, all(d, e))))", 21, "more than 3 deep"),
        ] {
            let broken = broken(text);
            assert_eq!(broken.offset, offset, "{text}: {broken:?}");
            assert!(broken.message.contains(part), "{text}: {broken:?}");
        }
        assert_eq!(broken("al(x, y)").hint.as_deref(), Some("did you mean `all`?"));
    }

    #[test]
    fn deep_nesting_ends() {
        assert!(broken(&"(".repeat(100_000)).message.contains("deep"));
        assert!(broken(&"not ".repeat(100_000)).message.contains("deep"));
    }
}
