//! `audiosearch train audio`

use anyhow::Result;

use super::{
    super::{
        super::{
            Context, Outcome,
            output::{count, duration},
        },
        audio::AudioArgs,
    },
    Course, Ending, report_left_out,
};
use crate::encoder::train::{DevFigures, Losses, Progress, train};

pub fn run(args: AudioArgs, context: &Context) -> Result<Outcome> {
    let config = args.config()?;
    let messages = &context.messages;
    let course = Course::new(messages, "reading recordings");
    let report = train(&config, &mut |progress| {
        report(&course, progress);
        !context.interrupt.asked()
    })?;
    drop(course);
    report_left_out(&report.left_out, messages);
    Ending {
        out: &report.out,
        steps: report.steps,
        seconds: report.seconds,
        best: report.best.map(|(score, step)| ("", score, step)),
        early: report.early,
        interrupted: report.interrupted,
    }
    .report(messages);
    Ok(Outcome::Found)
}

/// Tells how the run goes: a line an epoch, and on a terminal a line that changes with each step.
fn report(course: &Course<'_>, progress: &Progress) {
    match progress {
        Progress::Loaded { recordings, tokens, words, frames, left_out } => {
            let audio = duration(*frames as f64 / 100.0);
            course.note(format_args!(
                "{} ({audio}), {} of {}, {left_out} left out",
                count(*recordings, "recording"),
                count(*tokens, "token"),
                count(*words, "word"),
            ));
        }
        Progress::Resumed { step } => course.note(format_args!("going on from step {step}")),
        Progress::Step { step, losses, frames_per_second, seconds_left } => {
            course.step(format!(
                "step {step}  {}  {:.0} × real time  {} left",
                described(losses),
                frames_per_second / 100.0,
                duration(*seconds_left)
            ));
        }
        Progress::Epoch { step, losses, dev, score, best } => {
            let figures = |dev: &DevFigures| format!("  {} SWDP AP {:.4}", dev.name, dev.same_different.swdp_ap);
            let dev: String = dev.iter().map(figures).collect();
            let mark = if *best { "  best so far, written" } else { "" };
            course.note(format_args!("step {step}  {}{dev}  score {score:.4}{mark}", described(losses)));
        }
    }
}

/// The losses that have a weight.
fn described(losses: &Losses) -> String {
    let parts = [
        ("sa", losses.sa),
        ("dsa", losses.dsa),
        ("cae", losses.cae),
        ("contrastive", losses.contrastive),
        ("multiview", losses.multiview),
        ("agreement", losses.agreement),
    ];
    let parts = parts.iter().filter_map(|(name, loss)| loss.map(|loss| format!("  {name} {loss:.4}")));
    format!("loss {:.4}{}", losses.total, parts.collect::<String>())
}
