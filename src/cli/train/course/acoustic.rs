//! `audiosearch train acoustic`

use anyhow::Result;

use super::{
    super::{
        super::{
            Context, Outcome,
            output::{count, duration},
        },
        acoustic::AcousticArgs,
    },
    Course, Ending, report_left_out,
};
use crate::acoustic::train::{AcousticFigures, AcousticLosses, AcousticProgress, train_acoustic};

pub fn run(args: AcousticArgs, context: &Context) -> Result<Outcome> {
    let config = args.config()?;
    let messages = &context.messages;
    let course = Course::new(messages, "reading recordings");
    let report = train_acoustic(&config, &mut |progress| {
        report_progress(&course, progress);
        !context.interrupt.asked()
    })?;
    drop(course);
    report_left_out(&report.left_out, messages);
    Ending {
        out: &report.out,
        steps: report.steps,
        seconds: report.seconds,
        best: report.best.map(|(score, step)| ("", score, step)),
        early: false,
        interrupted: report.interrupted,
    }
    .report(messages);
    if let Some(before) = &report.before {
        let gained = before.named().into_iter().zip(report.after.named());
        for ((name, before), (_, after)) in gained {
            if let (Some(before), Some(after)) = (before, after) {
                messages.note(format_args!("  {name}: {before:.4} before, {after:.4} now"));
            }
        }
    }
    Ok(Outcome::Found)
}

/// Tells how the run goes: a line an epoch, and on a terminal a line that changes with each step.
fn report_progress(course: &Course<'_>, progress: &AcousticProgress) {
    match progress {
        AcousticProgress::Loaded { recordings, held_out, frames, taught, left_out, shape } => {
            course.note(format_args!(
                "{} and {held_out} held out ({}), {taught} with targets, {left_out} left out; {:.2} million multiplications for 40 ms",
                count(*recordings, "recording"),
                duration(*frames as f64 / 100.0),
                shape.multiplications() as f64 / 1e6,
            ));
        }
        AcousticProgress::Resumed { step } => course.note(format_args!("going on from step {step}")),
        AcousticProgress::Began { figures } => course.note(format_args!("began with{}", figures_text(figures))),
        AcousticProgress::Step { step, losses, seconds_left } => {
            course.step(format!("step {step}{}  {} left", losses_text(losses), duration(*seconds_left)));
        }
        AcousticProgress::Epoch { step, losses, figures, best } => {
            let mark = if *best { "  best so far, written" } else { "" };
            course.note(format_args!("step {step}{}  held out:{}{mark}", losses_text(losses), figures_text(figures)));
        }
    }
}

fn losses_text(losses: &AcousticLosses) -> String {
    text_of(losses.named())
}

fn figures_text(figures: &AcousticFigures) -> String {
    text_of(figures.named())
}

fn text_of<const COUNT: usize>(values: [(&str, Option<f64>); COUNT]) -> String {
    values.iter().filter_map(|(name, value)| value.map(|value| format!("  {name} {value:.4}"))).collect()
}
