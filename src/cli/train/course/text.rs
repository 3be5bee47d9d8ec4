//! `audiosearch train text`

use anyhow::Result;

use super::{
    super::{
        super::{
            Context, Outcome,
            messages::Messages,
            output::{count, duration},
        },
        text::{Run, TextArgs},
    },
    Course, Ending,
};
use crate::sentence::{
    paragraph,
    train::{Losses, Progress, TrainReport, train},
};

pub fn run(args: TextArgs, context: &Context) -> Result<Outcome> {
    let run = args.run()?;
    let messages = &context.messages;
    let course = Course::new(messages, "reading text");
    let report = match run {
        Run::Sentences(config) => train(&config, &mut |progress| told_of("sentence", &course, progress, context))?,
        Run::Paragraphs(config) => {
            paragraph::train(&config, &mut |progress| told_of("paragraph", &course, progress, context))?
        }
    };
    drop(course);
    print_report(&report, messages);
    Ok(Outcome::Found)
}

/// What a run came to.
fn print_report(report: &TrainReport, messages: &Messages) {
    if report.left_out > 0 {
        messages.warn(format_args!("{} left out: not UTF-8", count(report.left_out, "line")));
    }
    Ending {
        out: &report.out,
        steps: report.steps,
        seconds: report.seconds,
        best: report.best.map(|(loss, step)| ("held-out loss ", loss, step)),
        early: report.early,
        interrupted: report.interrupted,
    }
    .report(messages);
}

/// Tells how the run goes, a line an evaluation, and on a terminal a line that changes with each step; whether it is to go on. `noun` is what a
/// line of the data is.
fn told_of(noun: &str, course: &Course<'_>, progress: &Progress, context: &Context) -> bool {
    match progress {
        Progress::Loaded { lines, tokens, vocabulary, held_out, batches } => {
            course.note(format_args!(
                "{} ({tokens} tokens, {vocabulary} different), {held_out} held out, {batches} batches",
                count(*lines, noun),
            ));
        }
        Progress::Resumed { step } => course.note(format_args!("going on from step {step}")),
        Progress::Step { step, losses, tokens_per_second, seconds_left } => {
            course.step(format!(
                "step {step}  {}  {tokens_per_second:.0} tokens/s  {} left",
                described(losses),
                duration(*seconds_left)
            ));
        }
        Progress::Epoch { step, losses, dev, best } => {
            let mark = if *best { "  best so far, written" } else { "" };
            course.note(format_args!(
                "step {step}  {}  held out: loss {:.4}  tokens {:.4}  exact {:.3}{mark}",
                described(losses),
                dev.loss,
                dev.accuracy,
                dev.exact
            ));
        }
    }
    !context.interrupt.asked()
}

fn described(losses: &Losses) -> String {
    let contrast = losses.contrast.map_or_else(String::new, |contrast| format!("  contrast {contrast:.4}"));
    format!("loss {:.4}  tokens {:.4}{contrast}", losses.total, losses.accuracy)
}
