//! The worker process: evaluates what it is sent on stdin and answers on stdout.
//!
//! It trusts nothing it evaluates, itself included: before the first message it gives up the right to open files
//! and to grow beyond its address space. Whatever goes wrong ends the process; the pool starts another.

mod explain;
mod format;
mod imports;
mod limits;
mod place;
mod rule;
mod session;
mod steps;
mod syntax;
mod trace;
mod walk;

use std::io::{self, BufReader, Read, Write};

use crate::wire::{self, Request, Response};
use session::Session;

/// Serves evaluations until stdin ends. Owns stdin and stdout: nothing else may use them.
///
/// # Errors
///
/// If the limits cannot be set or the pool is gone.
pub fn run() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin());
    let Some(Request::Start { bounds, schemas }) = wire::read(&mut input)? else {
        return Err(io::Error::other("the first message must be the start"));
    };
    limits::lower(&bounds)?;
    // Parsing, evaluating and dropping deep terms all recurse.
    let thread = std::thread::Builder::new()
        .name("evaluation".to_owned())
        .stack_size(bounds.stack);
    let serving =
        thread.spawn(move || serve(Session::new(bounds, schemas), &mut input, &mut io::stdout()))?;
    serving
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the evaluation panicked")))
}

fn serve(mut session: Session, input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    limits::allow_time(session.bounds())?;
    session.warm();
    wire::write(output, &Response::Ready)?;
    while let Some(request) = wire::read(input)? {
        limits::allow_time(session.bounds())?;
        let mut ask = |imports| {
            wire::write(output, &Response::Need { imports })?;
            match wire::read(input)? {
                Some(Request::Imports { answers }) => Ok(answers),
                _ => Err(io::Error::other("expected the imported texts")),
            }
        };
        let done = match request {
            Request::Evaluate { name, text, strict } => session
                .evaluate(&name, text, strict, &mut ask)
                .map(Response::Done),
            Request::Format { name, text } => session.format(&name, text),
            Request::Explain { name, text, path } => session.explain(&name, text, &path, &mut ask),
            Request::Start { .. } | Request::Imports { .. } => {
                return Err(io::Error::other("expected a source"));
            }
        };
        let response = match done {
            Ok(response) => response,
            Err(session::Stop::Bounded(bound, limit)) => Response::Bounded { bound, limit },
            Err(session::Stop::Gone(error)) => return Err(error),
        };
        wire::write(output, &response)?;
    }
    Ok(())
}
