//! `audiosearch completions`

use std::io;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Outcome};

/// Print what a shell needs to complete commands and options
#[derive(Args)]
pub struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub fn run(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "audiosearch", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(Outcome::Found)
}
