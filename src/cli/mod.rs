//! The command line: what the user typed becomes calls of the other rooms, what comes back is printed.
//!
//! Standard output is data, standard error is everything else. The exit code is 0 where something was found or done, 1 where a
//! search found nothing, 2 where anything failed, even if the rest went on.

mod compact;
mod completions;
mod discover;
mod embed;
mod eval;
mod export;
mod filter;
mod hit_files;
mod hits;
mod index;
mod info;
mod interrupt;
mod label;
mod list;
mod model;
mod query;
mod reconstruct;
mod remove;
mod store;
mod text;
mod torch;
mod train;
mod values;
mod verify;

use std::{io, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};

use self::interrupt::Interrupt;
use crate::terminal::{
    messages::{self, Messages, Verbosity},
    output,
    progress::{self, Bars},
};

/// Finds where something sounds like something, in recordings that nobody has transcribed.
///
/// `audiosearch index FOLDER` listens to recordings once; `audiosearch query CLIP` then finds the moments that sound like the clip.
#[derive(Parser)]
#[command(name = "audiosearch", version, max_term_width = 120, propagate_version = false)]
#[command(after_help = "Example:\n\
    \x20 audiosearch index ~/recordings && audiosearch query clip.wav\n\n\
    Exit code: 0 found, 1 nothing found, 2 an error, also where only some files failed.")]
struct Cli {
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 997)]
    quiet: bool,
    /// Also print what was skipped, and why
    #[arg(short, long, global = true, action = ArgAction::SetTrue, display_order = 998)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Index(index::IndexArgs),
    Query(Box<query::QueryArgs>),
    Discover(discover::DiscoverArgs),
    Embed(embed::EmbedArgs),
    Reconstruct(reconstruct::ReconstructArgs),
    Train(train::TrainArgs),
    Eval(eval::EvalArgs),
    Export(export::ExportArgs),
    Info(info::InfoArgs),
    List(list::ListArgs),
    Label(label::LabelArgs),
    Remove(remove::RemoveArgs),
    Verify(verify::VerifyArgs),
    Compact(compact::CompactArgs),
    Completions(completions::CompletionsArgs),
}

/// What a command came to, errors aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something was found or done.
    Found,
    /// There was nothing to find.
    Nothing,
}

/// What every command is given.
pub struct Context {
    messages: Arc<Messages>,
    interrupt: Interrupt,
}

impl Context {
    /// Shows how work goes on, and hears of Ctrl-C.
    fn bars(&self) -> Bars<'_> {
        Bars::new(&self.messages, self.interrupt.stop())
    }
}

/// The whole command line as clap knows it: manual pages and completions are made of it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program on this process's arguments.
pub fn main() -> ExitCode {
    // Before any thread is born: one worker a core is faster than several threads an operator.
    #[cfg(feature = "torch")]
    crate::engine::single_threaded();
    let cli = Cli::parse();
    let verbosity = match (cli.quiet, cli.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let messages = Arc::new(Messages::new(verbosity));
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(cause) => {
            messages.warn(format_args!("Ctrl-C will end the program at once: {cause}"));
            Interrupt::default()
        }
    };
    let context = Context { messages, interrupt };
    match run(cli.command, &context) {
        // The reader of our output (head, say) has read enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            context.messages.error(message(&error));
            ExitCode::from(2)
        }
        Ok(_) if context.messages.failed() => ExitCode::from(2),
        Ok(Outcome::Found) => ExitCode::SUCCESS,
        Ok(Outcome::Nothing) => ExitCode::from(1),
    }
}

fn run(command: Command, context: &Context) -> Result<Outcome> {
    match command {
        Command::Index(args) => index::run(&args, context),
        Command::Query(args) => query::run(&args, context),
        Command::Discover(args) => discover::run(&args, context),
        Command::Embed(args) => embed::run(&args, context),
        Command::Reconstruct(args) => reconstruct::run(&args, context),
        Command::Train(args) => train::run(args, context),
        Command::Eval(args) => eval::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::Info(args) => info::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Label(args) => label::run(&args, context),
        Command::Remove(args) => remove::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Compact(args) => compact::run(&args, context),
        Command::Completions(args) => completions::run(&args),
    }
}

/// An error and its causes, without those that the words before name already.
fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text {
        text if text.is_empty() => cause,
        text if text.contains(&cause) => text,
        text => format!("{text}: {cause}"),
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<io::Error>() {
        Some(cause) => Some(cause.kind()),
        None => cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind),
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cause_is_named_once() {
        let error = anyhow::anyhow!("disk full").context("a.sled: cannot write: disk full").context("stopped");
        assert_eq!(super::message(&error), "stopped: a.sled: cannot write: disk full");
    }

    use super::*;

    /// All commands that do something, with the words that call them.
    fn leaves(command: &clap::Command, way: String) -> Vec<(String, clap::Command)> {
        if !command.has_subcommands() {
            return vec![(way, command.clone())];
        }
        command.get_subcommands().flat_map(|one| leaves(one, format!("{way} {}", one.get_name()))).collect()
    }

    #[test]
    fn every_help_shows_an_example_that_can_be_typed() {
        for (way, mut leaf) in leaves(&command(), "audiosearch".into()) {
            let help = leaf.render_long_help().to_string();
            let examples = help.split_once("\nExample").map_or("", |(_, examples)| examples);
            let lines: Vec<&str> = examples.lines().map(str::trim).filter(|line| line.starts_with(&way)).collect();
            assert!(!lines.is_empty(), "{way} shows no example");
            for line in lines {
                let typed = line.split(['>', '&', '|']).next().unwrap_or_default();
                let mut words = Vec::new();
                for (at, part) in typed.split(['"', '\'']).enumerate() {
                    // What stands in quotes is one word.
                    if at % 2 == 1 { words.push(part) } else { words.extend(part.split_whitespace()) }
                }
                let read = command().try_get_matches_from(words);
                assert!(read.is_ok(), "{line}: {:?}", read.err().map(|wrong| wrong.to_string()));
            }
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
