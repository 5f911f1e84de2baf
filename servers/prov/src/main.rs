//! `prov`, the executable; see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    prov::main()
}
