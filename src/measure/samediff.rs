//! Same-different: does the model tell the same word from different ones?

use std::path::Path;

use clap::ValueEnum as _;
use serde::Serialize;

use crate::{
    acoustic::Letters,
    audio::{Clip, SAMPLE_RATE},
    baseline::Untrained,
    engine::{
        ClipInput, Embedding, EncoderError, EngineError, Manifest, Models, Observer, Problem, Row, SegmentMode, Span,
        SpanVector, Speech, Watch, Work,
    },
    eval::{
        AtDistance, SameDifferent, Token, by_edit_distance, cross_view_ap, same_different, same_different_by_likeness,
    },
    pipeline::read_available,
};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct SamediffOptions<'a> {
    /// Clips with their words and speakers.
    pub manifest: &'a Manifest,
    /// Methods that need no training.
    pub baselines: &'a [Untrained],
    /// Also the mean cosine of pairs by the edit distance of their words; pairs of this distance and more are one group.
    pub by_edit_distance: Option<usize>,
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct SamediffFigures {
    /// Of the model.
    #[serde(flatten)]
    pub model: SameDifferent,
    /// Null where the model knows no written words.
    pub cross_view_ap: Option<f64>,
    /// Of methods that need no training.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<MethodFigures>,
    /// What words were compared by: phonemes or letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spelt_in: Option<&'static str>,
    /// The mean cosine by edit distance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_edit_distance: Vec<AtDistance>,
}

/// The figures of a method that needs no training.
#[derive(Debug, Serialize)]
pub struct MethodFigures {
    /// Its name.
    pub method: String,
    /// Average precision of "same word" over all pairs.
    pub ap: f64,
    /// The same without pairs of one word by one speaker.
    pub swdp_ap: f64,
    /// Precision of the nearest clip by another speaker.
    pub p_at_1: f64,
    /// Precision among the ten nearest clips by other speakers.
    pub p_at_10: f64,
}

/// Embeds every clip as one vector and compares all pairs.
///
/// # Errors
/// Where the list has not the columns that it needs, a model cannot be loaded, or the observer asked to stop.
pub fn measure_samediff(
    models: &Models,
    options: &SamediffOptions<'_>,
    observer: &mut impl Observer,
) -> Result<SamediffFigures, EngineError> {
    let rows = &options.manifest.rows;
    let (labels, speakers) = options.manifest.labels_and_speakers()?;
    let clips: Vec<ClipInput> = rows.iter().map(|row| ClipInput::file(&row.path).between(row.start, row.end)).collect();
    let embedded = models.embed(&clips, SegmentMode::Whole, observer)?;
    let mut watch = Watch::new(observer);
    let (mut spans, mut tokens): (Vec<(&Row, SpanVector)>, Vec<Token>) = Default::default();
    for (((clip, label), speaker), row) in embedded.into_iter().zip(labels).zip(speakers).zip(rows) {
        match clip {
            Ok(clip) => {
                if let Some(message) = clip.truncated {
                    watch.problem(Problem::Truncated { message });
                }
                if let Some(span) = clip.spans.into_iter().next() {
                    spans.push((row, span));
                    tokens.push(Token { label, speaker });
                }
            }
            Err(cause) => watch.problem(cause),
        }
    }
    let vectors: Vec<&[f32]> = spans.iter().map(|(_, span)| span.vector.as_slice()).collect();
    let mut figures = SamediffFigures {
        model: same_different(&vectors, &tokens),
        cross_view_ap: cross_view(models.speech(None)?.as_ref(), &vectors, &tokens)?,
        baselines: baselines(options.baselines, &spans, &tokens, &mut watch)?,
        spelt_in: None,
        by_edit_distance: Vec::new(),
    };
    if let Some(far) = options.by_edit_distance {
        let (spelt, what) = spelt(models.letters()?, &tokens);
        figures.by_edit_distance = by_edit_distance(&vectors, &spelt, far);
        figures.spelt_in = Some(what);
    }
    Ok(figures)
}

/// Where the model writes no words there is no such figure.
fn cross_view(model: &Speech, vectors: &[&[f32]], tokens: &[Token]) -> Result<Option<f64>, EngineError> {
    let spoken: Vec<String> = tokens.iter().map(|token| token.label.to_lowercase()).collect();
    let mut words = spoken.clone();
    words.sort_unstable();
    words.dedup();
    words.retain(|word| !word.trim().is_empty());
    let written: Result<Vec<Embedding>, EncoderError> = words.iter().map(|word| model.encode_text(word)).collect();
    match written {
        Ok(written) => {
            let written: Vec<&[f32]> = written.iter().map(Embedding::as_slice).collect();
            Ok(Some(cross_view_ap(vectors, &spoken, &written, &words)))
        }
        Err(EncoderError::Missing(_)) => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}

/// Each method over the samples of the clips that the model could embed.
fn baselines(
    methods: &[Untrained],
    clips: &[(&Row, SpanVector)],
    tokens: &[Token],
    watch: &mut Watch<'_>,
) -> Result<Vec<MethodFigures>, EngineError> {
    if methods.is_empty() {
        return Ok(Vec::new());
    }
    watch.begin(Work::Baselines, 0);
    let mut samples = Vec::with_capacity(clips.len());
    let mut last: Option<(&Path, Clip)> = None;
    for (row, span) in clips {
        let path = row.path.as_path();
        if last.as_ref().is_none_or(|(read, _)| *read != path) {
            // What it could not be read whole for was reported when the model read it.
            last = Some((path, Clip::new(read_available(path)?.0)?));
        }
        let [start, end] = [span.start, span.end].map(|seconds| (seconds * f64::from(SAMPLE_RATE)).round() as u64);
        let span = Span { start, len: u32::try_from(end - start).unwrap_or(u32::MAX) };
        if let Some((_, recording)) = &last {
            samples.push(recording.slice(span)?.samples().to_vec());
        }
    }
    let figures = |method: &Untrained| {
        let SameDifferent { ap, swdp_ap, p_at_1, p_at_10, .. } =
            same_different_by_likeness(&method.likeness(&samples), tokens);
        let method = method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        MethodFigures { method, ap, swdp_ap, p_at_1, p_at_10 }
    };
    let figures = methods.iter().map(figures).collect();
    watch.end(Work::Baselines);
    Ok(figures)
}

/// The words in phonemes where all of them can be, else in letters, as numbers.
fn spelt(network: &Letters, tokens: &[Token]) -> (Vec<Vec<usize>>, &'static str) {
    let phonemes: Option<Vec<Vec<usize>>> = tokens.iter().map(|token| network.sounds(&token.label)).collect();
    let letters = |token: &Token| token.label.to_lowercase().chars().map(|letter| letter as usize).collect();
    match phonemes {
        Some(phonemes) => (phonemes, "phonemes"),
        None => (tokens.iter().map(letters).collect(), "letters"),
    }
}
