//! Conditions that are joined by `and`, `or` and commas, and turned around by `not`, `without` and `except`.
//!
//! What could be joined in two ways is not joined at all: it is asked about.

use super::lexicon::Kind;
use super::operand::{Form, Operand, Tried};
use super::parse::Parser;
use super::{Assumption, Condition, Field, NotUnderstood, Op, Reason, Scalar};

/// What stands between two conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Comma,
    And,
    Or,
}

/// A condition of a list.
struct Element {
    joint: Joint,
    /// Whether a word such as `in` or `not` begins it, so that nothing before reaches into it.
    own: bool,
    negated: bool,
    start: usize,
    operand: Operand,
}

/// Neighbours that one field has.
struct Run {
    joint: Joint,
    own: bool,
    negated: bool,
    condition: Condition,
}

impl Parser<'_> {
    /// Reads the conditions that begin at `at`, and says where they end. Whatever is wrong is reported.
    pub(super) fn chain(&mut self, at: usize) -> usize {
        let mut elements: Vec<Element> = Vec::new();
        let both = self.kind(at) == Some(Kind::Both);
        let mut next = if both || self.kind(at) == Some(Kind::Either) {
            at + 1
        } else {
            at
        };
        let mut joint = Joint::Comma;
        let end = loop {
            let like = elements
                .last()
                .and_then(|last| last.operand.equals.clone())
                .map(|(field, _)| field);
            match self.element(next, joint, like.as_ref()) {
                // A field alone behind `and`, which joins it to nothing that is a condition.
                (Tried::Read(operand), ..)
                    if elements.is_empty()
                        && operand.form == Form::Presence
                        && at > 0
                        && (matches!(self.kind(at - 1), Some(Kind::And | Kind::Or))
                            || self.is_mark(at - 1, ",")) =>
                {
                    let problem = self.report(
                        at,
                        operand.end,
                        Reason::Ambiguous,
                        vec!["with …".to_owned(), "without …".to_owned()],
                    );
                    self.problems.push(problem);
                    break operand.end;
                }
                (Tried::Read(operand), start, negated, own) => {
                    let end = operand.end;
                    elements.push(Element {
                        joint,
                        own,
                        negated,
                        start,
                        operand,
                    });
                    match self.joint(end) {
                        Some((found, after)) => {
                            joint = found;
                            next = after;
                        }
                        None => break end,
                    }
                }
                (Tried::Wrong(problem, end), ..) if elements.is_empty() => {
                    self.wrong(at, problem);
                    break end.max(at + 1);
                }
                (Tried::No, start, ..) if elements.is_empty() => {
                    self.unread(at, start);
                    break at + 1;
                }
                // Not a condition: the main rules look at the joint again.
                _ => break elements.last().map_or(at + 1, |last| last.operand.end),
            }
        };
        if !elements.is_empty() {
            self.combine(at, end, both, elements);
        }
        end
    }

    /// A condition with what turns it around: what it is, where it begins, whether it is negated and stands for itself.
    fn element(&self, at: usize, joint: Joint, like: Option<&Field>) -> (Tried, usize, bool, bool) {
        let mut negations =
            usize::from(joint == Joint::And && at > 0 && self.kind(at - 1) == Some(Kind::Nor));
        let mut own = negations > 0;
        let mut start = at;
        loop {
            match self.kind(start) {
                Some(Kind::Link) => own = true,
                Some(Kind::Filler) => {}
                Some(Kind::Not | Kind::Except | Kind::Neither | Kind::Nor) => {
                    negations += 1;
                    own = true;
                }
                // `not only aws` is not `not aws`.
                Some(Kind::Only) if !self.clusters() && negations == 0 => {}
                _ => break,
            }
            start += 1;
        }
        if negations > 1 {
            let problem = self.report(
                at,
                start,
                Reason::Ambiguous,
                vec!["say it without the double negation".to_owned()],
            );
            return (Tried::Wrong(problem, start), at, true, own);
        }
        // `con más de` is one phrase, and begins with a word that ties.
        let first = self.items.get(start).and_then(|item| item.key.split(' ').next());
        let ties = first
            .and_then(|word| self.lexicon.word(word))
            .is_some_and(|word| word.kind == Kind::Link);
        own |= ties;
        let tried = match self.operand(start, like) {
            Tried::Read(operand) => match self.foreign(&operand, start) {
                Some(problem) => Tried::Wrong(problem, operand.end),
                None => Tried::Read(operand),
            },
            other => other,
        };
        (tried, start, negations == 1, own)
    }

    /// A condition on something that what is asked for does not have.
    fn foreign(&self, operand: &Operand, start: usize) -> Option<NotUnderstood> {
        let tests = operand.condition.tests();
        let test = tests.iter().find(|test| !self.has(&test.field))?;
        let why = format!("a {} has no {}", self.filter.entity.name(), test.field);
        Some(self.report(start, operand.end, Reason::UnknownAttribute, vec![why]))
    }

    /// The joint at `at`, and where what follows begins.
    fn joint(&self, at: usize) -> Option<(Joint, usize)> {
        let comma = self.is_mark(at, ",");
        let next = if comma { at + 1 } else { at };
        match self.kind(next) {
            Some(Kind::And | Kind::Nor) => Some((Joint::And, next + 1)),
            Some(Kind::Or) => Some((Joint::Or, next + 1)),
            _ if comma => Some((Joint::Comma, next)),
            _ => None,
        }
    }

    fn combine(&mut self, at: usize, end: usize, both: bool, elements: Vec<Element>) {
        let except = (at..end).any(|at| self.kind(at) == Some(Kind::Except));
        for element in &elements {
            let matched = self.matched(element.start, &element.operand, element.negated);
            self.matches.extend(matched);
            self.assumptions
                .extend(element.operand.assumptions.iter().cloned());
        }
        let unlike = elements.windows(2).any(|pair| match pair {
            [before, after] if !after.own => {
                let form = after.operand.form;
                before.operand.form == Form::Pattern
                    || (form == Form::Presence && before.operand.form != Form::Presence)
            }
            _ => false,
        });
        let mut runs = self.runs_of(at, end, both, elements);
        let or = runs.iter().skip(1).any(|run| run.joint == Joint::Or);
        let and = runs.iter().skip(1).any(|run| run.joint == Joint::And);
        let mut reaching = false;
        for pair in runs.windows(2) {
            if let [before, run] = pair {
                reaching |= before.negated && !run.own && !run.negated;
            }
        }
        if unlike || (or && and) || (reaching && !or) || (reaching && runs.iter().skip(1).any(|run| run.own))
        {
            let suggestions = vec![
                "say each part whole, with its own `not`, `with` or `in`".to_owned(),
                "ask for one part at a time".to_owned(),
            ];
            let problem = self.report(at, end, Reason::Ambiguous, suggestions);
            return self.problems.push(problem);
        }
        let condition = if reaching {
            let inner = runs.into_iter().map(|run| run.condition).collect();
            Condition::Any(inner).negated()
        } else if or {
            self.ors.push((at, end));
            Condition::Any(runs.into_iter().map(Run::whole).collect())
        } else if runs.len() == 1 {
            match runs.pop() {
                Some(run) => run.whole(),
                None => return,
            }
        } else {
            for run in runs {
                self.clauses.push((at, end, except, run.whole()));
            }
            return;
        };
        self.clauses.push((at, end, except, condition));
    }

    /// Neighbours of one field as one: `aws or upcloud` is a list.
    fn runs_of(&mut self, at: usize, end: usize, both: bool, elements: Vec<Element>) -> Vec<Run> {
        let mut groups: Vec<Vec<Element>> = Vec::new();
        for element in elements {
            let fits = groups
                .last()
                .and_then(|group| group.first())
                .is_some_and(|first| {
                    let field =
                        |element: &Element| element.operand.equals.as_ref().map(|(field, _)| field.clone());
                    let same = field(first).is_some() && field(first) == field(&element);
                    let several = field(first).is_some_and(|field| field.many());
                    let listed = !several || element.joint != Joint::And;
                    same && listed
                        && (!element.negated || (first.negated && element.joint == Joint::And && !several))
                });
            match groups.last_mut() {
                Some(group) if fits => group.push(element),
                _ => groups.push(vec![element]),
            }
        }
        let mut runs = Vec::new();
        for group in groups {
            let Some(first) = group.first() else { continue };
            let (joint, own, negated) = (first.joint, first.own, first.negated);
            let values: Vec<String> = group
                .iter()
                .filter_map(|element| element.operand.equals.clone())
                .map(|(_, value)| value)
                .collect();
            let said_or = group.iter().skip(1).any(|element| element.joint == Joint::Or);
            let condition = match &first.operand.equals {
                Some((field, _)) if group.len() > 1 => {
                    if !negated && (!said_or || both) {
                        let text = self
                            .place(at, end)
                            .map(|place| self.text_at(place))
                            .unwrap_or_default();
                        self.assumptions.push(Assumption {
                            text,
                            read_as: format!("{field} in ({})", values.join(", ")),
                            why: format!("nothing has two values of {field}, so that either will do"),
                        });
                    }
                    Condition::is(field.clone(), Op::In, Some(Scalar::List(values)))
                }
                _ => first.operand.condition.clone(),
            };
            runs.push(Run {
                joint,
                own,
                negated,
                condition,
            });
        }
        // Commas before an `or` are one too.
        if runs.iter().skip(1).any(|run| run.joint == Joint::Or) {
            for run in runs.iter_mut().filter(|run| run.joint == Joint::Comma) {
                run.joint = Joint::Or;
            }
        }
        runs
    }
}

impl Run {
    fn whole(self) -> Condition {
        match self.negated {
            true => self.condition.negated(),
            false => self.condition,
        }
    }
}
