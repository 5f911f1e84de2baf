//! Reference pages made from what is declared, for `rag-corpus/reference/`.
//!
//! The same functions write the pages and compare them in a test, so a page cannot be stale.

use std::fmt::Write as _;

use clap::Command;
use console::Exit;
use toolcall::{Catalog, ErrorKind};

/// The help of `command` and of everything below it, as one Markdown page.
#[must_use]
pub fn command_line(mut command: Command) -> String {
    command.build();
    let mut page = format!(
        "# `{}` on the command line\n\nGenerated from the executable's own help.\n",
        command.get_name()
    );
    section(&mut command, &mut page);
    page
}

fn section(command: &mut Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.clone().term_width(100).render_long_help().to_string();
    // Wrapped help ends lines with blanks, which editors strip.
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _infallible = write!(
        page,
        "\n## `{name}`\n\n```text\n{}\n```\n",
        help.join("\n").trim_end()
    );
    for inner in command
        .get_subcommands_mut()
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        section(inner, page);
    }
}

/// Every tool of `catalog`: what it does, takes and gives.
#[must_use]
pub fn tools(title: &str, catalog: &Catalog) -> String {
    let mut page = format!("# Tools of `{title}`\n\nGenerated from the tools' declarations.\n");
    for tool in catalog.declarations() {
        let _infallible = write!(
            page,
            "\n## {}\n\n{}\n\n- title: {}\n- toolset: {}\n- effect: {}\n- idempotent: {}, open world: {}\n- deadline: {} s\n",
            tool.name,
            tool.description.trim(),
            tool.title,
            tool.toolset.name,
            tool.effect.name(),
            tool.idempotent,
            tool.open_world,
            tool.deadline.as_secs(),
        );
        page.push_str("\n| argument | type | needed | what it is |\n| --- | --- | --- | --- |\n");
        let required: Vec<&str> = tool.required().collect();
        for name in tool.properties() {
            let schema = tool.argument(name);
            let text = |key: &str| {
                schema
                    .and_then(|schema| schema.get(key))
                    .and_then(|value| value.as_str())
                    .unwrap_or_default()
            };
            let needed = if required.contains(&name) { "yes" } else { "no" };
            let _infallible = writeln!(
                page,
                "| `{name}` | {} | {needed} | {} |",
                text("type"),
                text("description").replace('\n', " ")
            );
        }
    }
    page
}

/// Every error code and every exit code.
#[must_use]
pub fn errors() -> String {
    let mut page = String::from(
        "# Errors and exit codes\n\nGenerated from the declarations. A tool's error is `{code, message, field?, allowed?, next?}`.\n\n\
         | code | meaning | exit |\n| --- | --- | --- |\n",
    );
    for kind in ErrorKind::ALL {
        let _infallible = writeln!(
            page,
            "| `{}` | {} | {} |",
            kind.code(),
            kind.meaning(),
            Exit::from(*kind).code()
        );
    }
    page.push_str("\n| exit | meaning |\n| --- | --- |\n");
    for exit in Exit::ALL {
        let _infallible = writeln!(page, "| {} | {} |", exit.code(), exit.meaning());
    }
    page
}
