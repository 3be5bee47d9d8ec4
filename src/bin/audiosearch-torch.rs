//! `audiosearch` with LibTorch: training, and encoding on an accelerator. `audiosearch` starts it where that is asked for.

use std::process::ExitCode;

fn main() -> ExitCode {
    audiosearch::cli::main()
}
