//! The `audiosearch` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread is born: one worker a core is faster than several threads an operator.
    audiosearch::encoder::single_threaded();
    audiosearch::cli::main()
}
