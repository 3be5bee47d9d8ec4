//! The `audiosearch` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    audiosearch::cli::main()
}
