//! `wizard`.

mod answers;

use std::sync::Arc;

use console::{Asker, Exit, Failure, Inquiry, Shape};
use program::Session;
use provisioning::cost::PriceBook;
use provisioning::form::{Answers, Asked, Form, Kind};
use provisioning::intent::Catalogue;
use serde_json::{Map, json};

use crate::cli::WizardArguments;
use crate::commands::generate;
use crate::config::ProvConfig;
use crate::wiring;

/// Asks what is not answered yet if there is a terminal, and generates files from the answers.
pub(super) fn run(arguments: &WizardArguments, session: &Session<'_, ProvConfig>) -> Result<Exit, Failure> {
    let assets = wiring::assets(session.workspace());
    let book = PriceBook::load(assets.as_ref())
        .map_err(|error| Failure::new(Exit::Unavailable, "the price lists cannot be read").because(&error))?;
    let catalogue = Catalogue::new(Arc::new(book), assets.as_ref());
    // Through the gate, like every document: a policy may speak of it, and the record has it.
    let form = match session.read(&format!("form://{}", arguments.form)) {
        // What is wrong with it is for the tool to say, which reads it again.
        Ok(text) => Form::read(&arguments.form, &text, &catalogue).ok(),
        Err(failure) if failure.exit() == Exit::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let mut answers = match &arguments.answers {
        Some(path) => answers::read(path)?,
        None => Answers::new(),
    };
    answers::typed(&arguments.answer, form.as_ref(), &mut answers)?;
    if let (Some(form), Some(asker)) = (&form, Asker::at_terminal(plain(arguments, session))) {
        ask(form, &catalogue, &asker, arguments.defaults, &mut answers)?;
    }
    let mut call = Map::new();
    call.insert("form".to_owned(), json!(arguments.form));
    call.insert("answers".to_owned(), json!(answers));
    if let Some(file) = &arguments.file {
        call.insert("file".to_owned(), json!(file));
    }
    let kept = form
        .as_ref()
        .is_some_and(|form| answers::keepable(form, &answers));
    let delivered = generate::deliver("generate_from_form", call, &arguments.destination, session)?;
    // Only answers that led to something, and none that hold a secret in place of its reference.
    if let Some(path) = &arguments.save_answers {
        let said = match kept {
            true => {
                answers::write(path, &answers, arguments.destination.force)?;
                format!("wrote the answers to `{}`", path.display())
            }
            false => "the answers were not written down, because one may be a secret".to_owned(),
        };
        session.printer().say(&said);
    }
    Ok(delivered)
}

fn plain(arguments: &WizardArguments, session: &Session<'_, ProvConfig>) -> bool {
    let environment = session.environment();
    arguments.plain || environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb")
}

/// Asks question after question, because an answer decides what is asked next.
fn ask(
    form: &Form,
    catalogue: &Catalogue,
    asker: &Asker,
    defaults: bool,
    answers: &mut Answers,
) -> Result<(), Failure> {
    asker.say(&form.description);
    let mut left: Vec<String> = Vec::new();
    let mut title = "";
    loop {
        let open = form.open(answers, catalogue);
        let next = open.iter().find(|asked| {
            let settled = defaults && (asked.field.optional || asked.default.is_some());
            !settled && !left.contains(&asked.field.key)
        });
        let Some(asked) = next else { return Ok(()) };
        if title != asked.group.title {
            title = &asked.group.title;
            asker.say(&format!("\n{title}"));
        }
        let key = &asked.field.key;
        match ask_one(form, asked, catalogue, asker, answers)? {
            Some(typed) => {
                answers.insert(key.clone(), asked.field.kind.read(&typed));
            }
            None => left.push(key.clone()),
        }
    }
}

fn ask_one(
    form: &Form,
    asked: &Asked<'_>,
    catalogue: &Catalogue,
    asker: &Asker,
    answers: &Answers,
) -> Result<Option<String>, Failure> {
    let field = asked.field;
    if let Some(help) = &field.help {
        asker.say(&format!("  {help}"));
    }
    let prompt = match &field.unit {
        Some(unit) => format!("{} ({unit})", field.label),
        None => field.label.clone(),
    };
    let default = asked.default.as_ref().map(ToString::to_string);
    let listed = asked.choices.as_ref().filter(|choices| !choices.open);
    let inquiry = Inquiry {
        prompt: &prompt,
        default: default.as_deref(),
        optional: field.optional,
        shape: match (field.kind, listed) {
            (Kind::Boolean, _) => Shape::YesNo,
            (Kind::Choice, Some(choices)) => Shape::One(&choices.values),
            (Kind::Choices, Some(choices)) => Shape::Some(&choices.values),
            _ => Shape::Line,
        },
    };
    asker.ask(&inquiry, &|typed| {
        form.check_one(&field.key, &field.kind.read(typed), answers, catalogue)
            .map_err(|wrong| wrong.rule)
    })
}
