//! `audiosearch completions`

use std::io;

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use super::{Outcome, command};

/// Print what a shell needs to complete commands and options
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch completions bash > ~/.local/share/bash-completion/completions/audiosearch")]
pub struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub fn run(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "audiosearch", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(Outcome::Found)
}
