//! Asking somebody at a terminal: with menus, or in plain lines for terminals and readers that have none.
//!
//! Answers are what was typed; what it means is the business of whoever asks. Nothing is asked where nobody sits.

use std::io::{self, BufRead, IsTerminal, Write};

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::{Exit, Failure};

/// What leaves a question open.
const NOTHING: &str = "(leave out)";
/// Most options that are shown at once.
const ROWS: usize = 12;

/// Asks on standard error and reads standard input.
#[derive(Debug)]
pub struct Asker {
    plain: bool,
}

/// A question.
#[derive(Debug)]
pub struct Inquiry<'a> {
    /// The question in a few words.
    pub prompt: &'a str,
    /// What is taken for an empty line, as it would be typed.
    pub default: Option<&'a str>,
    /// Whether it may stay open.
    pub optional: bool,
    /// How it is answered.
    pub shape: Shape<'a>,
}

/// How a question is answered.
#[derive(Debug)]
pub enum Shape<'a> {
    /// With a line.
    Line,
    /// With yes or no.
    YesNo,
    /// With one of these.
    One(&'a [String]),
    /// With some of these.
    Some(&'a [String]),
}

/// Says what is wrong with what was typed.
pub type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;

impl Asker {
    /// Asks at the terminal, if there is one to ask at and to read from. `plain` is without menus and colour.
    #[must_use]
    pub fn at_terminal(plain: bool) -> Option<Self> {
        (io::stdin().is_terminal() && io::stderr().is_terminal()).then_some(Self { plain })
    }

    /// Says something between two questions.
    pub fn say(&self, text: &str) {
        // Nobody listens: there is nowhere left to say so.
        let _gone = writeln!(io::stderr().lock(), "{text}");
    }

    /// What was typed, once `check` has nothing against it; nothing if the question stays open.
    ///
    /// # Errors
    /// If whoever was asked went away.
    pub fn ask(&self, inquiry: &Inquiry<'_>, check: Check<'_>) -> Result<Option<String>, Failure> {
        if self.plain {
            return plain(inquiry, check, &mut io::stdin().lock(), &mut io::stderr().lock());
        }
        loop {
            let Some(typed) = menu(inquiry, check).map_err(|error| gone(&error))? else {
                return Ok(None);
            };
            match check(&typed) {
                Ok(()) => return Ok(Some(typed)),
                Err(problem) => self.say(&format!("  {problem}")),
            }
        }
    }
}

fn gone(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Cancelled, "the questions were not answered")
        .because(error)
        .hint("run it again, or give the answers in a file")
}

/// Asks with menus.
fn menu(inquiry: &Inquiry<'_>, check: Check<'_>) -> Result<Option<String>, dialoguer::Error> {
    let theme = ColorfulTheme::default();
    let default = |list: &[String]| {
        let at = inquiry
            .default
            .and_then(|default| list.iter().position(|option| option == default));
        at.unwrap_or(0)
    };
    match inquiry.shape {
        Shape::YesNo if !inquiry.optional || inquiry.default.is_some() => {
            let mut confirm = Confirm::with_theme(&theme).with_prompt(inquiry.prompt);
            if let Some(default) = inquiry.default {
                confirm = confirm.default(default == "true");
            }
            confirm.interact().map(|yes| Some(yes.to_string()))
        }
        Shape::One(options) => {
            let left = inquiry.optional.then(|| NOTHING.to_owned());
            let items: Vec<String> = left.into_iter().chain(options.iter().cloned()).collect();
            let chosen = Select::with_theme(&theme)
                .with_prompt(inquiry.prompt)
                .default(default(&items))
                .max_length(ROWS)
                .items(&items)
                .interact()?;
            Ok(items.get(chosen).filter(|item| item.as_str() != NOTHING).cloned())
        }
        Shape::Some(options) => {
            let wanted: Vec<&str> = inquiry.default.unwrap_or_default().split(", ").collect();
            let ticked: Vec<bool> = options
                .iter()
                .map(|option| wanted.contains(&option.as_str()))
                .collect();
            let chosen = MultiSelect::with_theme(&theme)
                .with_prompt(inquiry.prompt)
                .max_length(ROWS)
                .items(options)
                .defaults(&ticked)
                .interact()?;
            let typed: Vec<&str> = chosen
                .into_iter()
                .filter_map(|at| options.get(at).map(String::as_str))
                .collect();
            Ok((!typed.is_empty()).then(|| typed.join(", ")))
        }
        Shape::Line | Shape::YesNo => {
            let mut input = Input::<String>::with_theme(&theme)
                .with_prompt(inquiry.prompt)
                .allow_empty(inquiry.optional);
            if let Some(default) = inquiry.default {
                input = input.default(default.to_owned());
            }
            let empty = inquiry.optional;
            let typed = input
                .validate_with(|typed: &String| match typed.trim() {
                    "" if empty => Ok(()),
                    typed => check(typed),
                })
                .interact_text()?;
            let typed = typed.trim();
            Ok((!typed.is_empty()).then(|| typed.to_owned()))
        }
    }
}

/// Asks in plain lines.
fn plain(
    inquiry: &Inquiry<'_>,
    check: Check<'_>,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    let failed = |error: io::Error| gone(&error);
    let options = match inquiry.shape {
        Shape::One(options) | Shape::Some(options) => options,
        Shape::Line | Shape::YesNo => &[],
    };
    for (at, option) in options.iter().enumerate() {
        writeln!(output, "  {}. {option}", at + 1).map_err(failed)?;
    }
    let mut notes: Vec<String> = match inquiry.shape {
        Shape::YesNo => vec!["yes or no".to_owned()],
        Shape::One(_) => vec!["a name or a number".to_owned()],
        Shape::Some(_) => vec!["names or numbers with commas between".to_owned()],
        Shape::Line => Vec::new(),
    };
    match (inquiry.default, inquiry.optional) {
        (Some(default), _) => notes.push(format!("empty for {default}")),
        (None, true) => notes.push("empty to leave it out".to_owned()),
        (None, false) => {}
    }
    loop {
        match notes.as_slice() {
            [] => write!(output, "{}: ", inquiry.prompt),
            notes => write!(output, "{} ({}): ", inquiry.prompt, notes.join("; ")),
        }
        .and_then(|()| output.flush())
        .map_err(failed)?;
        let mut line = String::new();
        if input.read_line(&mut line).map_err(failed)? == 0 {
            return Err(failed(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the input has ended",
            )));
        }
        let typed = match (line.trim(), inquiry.default) {
            ("", Some(default)) => default.to_owned(),
            ("", None) if inquiry.optional => return Ok(None),
            (typed, _) => named(typed, options),
        };
        match check(&typed) {
            Ok(()) => return Ok(Some(typed)),
            Err(problem) => writeln!(output, "  {problem}").map_err(failed)?,
        }
    }
}

/// `typed` with the options in place of their numbers.
fn named(typed: &str, options: &[String]) -> String {
    if options.is_empty() {
        return typed.to_owned();
    }
    let parts = typed.split(',').map(|part| {
        let part = part.trim();
        let at = part
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        at.and_then(|at| options.get(at)).map_or(part, String::as_str)
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        shape: Shape<'_>,
        default: Option<&str>,
        lines: &str,
    ) -> (Result<Option<String>, Failure>, String) {
        let inquiry = Inquiry {
            prompt: "Plugin",
            default,
            optional: default.is_none(),
            shape,
        };
        let check = |typed: &str| match typed {
            "bad" => Err("must be good".to_owned()),
            _ => Ok(()),
        };
        let mut output = Vec::new();
        let answer = plain(&inquiry, &check, &mut lines.as_bytes(), &mut output);
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn plain_lines_are_asked_until_they_hold() {
        let options = ["cilium".to_owned(), "calico".to_owned()];
        let (answer, said) = asked(Shape::One(&options), Some("cilium"), "bad\n2\n");
        assert_eq!(answer.unwrap().as_deref(), Some("calico"));
        for part in [
            "1. cilium",
            "(a name or a number; empty for cilium): ",
            "must be good",
        ] {
            assert!(said.contains(part), "{said}");
        }
        let (answer, _) = asked(Shape::One(&options), Some("cilium"), "\n");
        assert_eq!(answer.unwrap().as_deref(), Some("cilium"));
        let (answer, _) = asked(Shape::Some(&options), None, "1, calico\n");
        assert_eq!(answer.unwrap().as_deref(), Some("cilium, calico"));
        let (answer, said) = asked(Shape::Line, None, "\n");
        assert_eq!(answer.unwrap(), None);
        assert_eq!(said, "Plugin (empty to leave it out): ");
    }

    #[test]
    fn an_end_of_input_is_told() {
        let (answer, _) = asked(Shape::YesNo, None, "");
        assert_eq!(answer.unwrap_err().exit(), Exit::Cancelled);
    }
}
