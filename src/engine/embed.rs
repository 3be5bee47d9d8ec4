//! Clips and sentences as vectors, without a store.

use audiosearch_index::{Embedding, Span};

use super::{ClipInput, Engine, EngineError, Event, Models, Observer, Work, observer::Watch};
use crate::{
    audio::{Clip, SAMPLE_RATE},
    pipeline::{ClipError, ClipTask, EmbeddedClip, embed_clips, embed_whole},
    segment::{SegmentConfig, SegmentMode, energy_db},
};

/// The vectors of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipVectors {
    /// A vector of each span of the clip, in order of time.
    pub spans: Vec<SpanVector>,
    /// Why its recording ended early, if it did.
    pub truncated: Option<String>,
}

/// The vector of a stretch of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanVector {
    /// Seconds into the recording.
    pub start: f64,
    /// Seconds into the recording.
    pub end: f64,
    /// Of unit length.
    pub vector: Embedding,
}

impl From<EmbeddedClip> for ClipVectors {
    fn from(clip: EmbeddedClip) -> Self {
        let seconds = |sample: u64| (clip.offset + sample) as f64 / f64::from(SAMPLE_RATE);
        let span = |(span, vector): &(Span, Embedding)| SpanVector {
            start: seconds(span.start),
            end: seconds(span.end()),
            vector: vector.clone(),
        };
        Self { spans: clip.spans.iter().map(span).collect(), truncated: clip.truncated.clone() }
    }
}

impl Models {
    /// The vectors of clips, in the order given, and for each that has none the reason. `segments`: how clips are cut; with
    /// [`SegmentMode::Whole`] each has one vector, that of a clip longer than 3 s being the mean of its windows.
    ///
    /// # Errors
    /// Where the model cannot be loaded, or the observer asked to stop.
    pub fn embed(
        &self,
        clips: &[ClipInput],
        segments: SegmentMode,
        observer: &mut impl Observer,
    ) -> Result<Vec<Result<ClipVectors, ClipError>>, EngineError> {
        let speech = self.speech(None)?;
        let mut watch = Watch::new(observer);
        let tasks: Vec<Result<ClipTask, ClipError>> = clips.iter().map(ClipInput::task).collect();
        let good: Vec<ClipTask> = tasks.iter().filter_map(|task| task.as_ref().ok().cloned()).collect();
        let (encoders, jobs, stop, of) = (speech.encoders()?, self.jobs(), watch.stop(), good.len());
        watch.begin(Work::Clips, of);
        let mut done = 0;
        let progress = |seconds| {
            done += 1;
            watch.emit(&Event::Progress { work: Work::Clips, done, of, amount: seconds });
        };
        let config = SegmentConfig::default();
        let embedded = match segments {
            SegmentMode::Whole => embed_whole(&good, encoders, jobs, stop.flag(), progress),
            mode => embed_clips(&good, encoders, jobs, stop.flag(), |clip| cut(clip, mode, &config), progress),
        };
        watch.end(Work::Clips);
        watch.check()?;
        let mut embedded = embedded.into_iter();
        let answer = |task: Result<ClipTask, ClipError>| {
            let path = task?.path;
            embedded.next().unwrap_or(Err(ClipError::Unfinished { path })).map(ClipVectors::from)
        };
        Ok(tasks.into_iter().map(answer).collect())
    }

    /// The vectors of sentences, in the order given.
    ///
    /// # Errors
    /// Where the model cannot be loaded, a sentence is blank, or the observer asked to stop.
    pub fn embed_sentences(
        &self,
        sentences: &[&str],
        observer: &mut impl Observer,
    ) -> Result<Vec<Embedding>, EngineError> {
        let text = self.text(None)?;
        let mut watch = Watch::new(observer);
        let (mut done, of) = (0, sentences.len());
        watch.begin(Work::Sentences, of);
        let vectors = text.encode(sentences, |more| {
            done += more;
            watch.emit(&Event::Progress { work: Work::Sentences, done, of, amount: more as f64 });
        });
        watch.end(Work::Sentences);
        watch.check()?;
        Ok(vectors?)
    }
}

impl Engine {
    /// As [`Models::embed`], with the models of this engine.
    ///
    /// # Errors
    /// As there.
    pub fn embed(
        &self,
        clips: &[ClipInput],
        segments: SegmentMode,
        observer: &mut impl Observer,
    ) -> Result<Vec<Result<ClipVectors, ClipError>>, EngineError> {
        self.models.embed(clips, segments, observer)
    }
}

/// The spans of a clip.
fn cut(clip: &Clip, mode: SegmentMode, config: &SegmentConfig) -> Vec<Span> {
    let samples = clip.samples().len() as u64;
    let (mut segmenter, _) = config.segmenter(mode, Some(clip.duration()));
    let mut spans = Vec::new();
    segmenter.push(&energy_db(clip.samples()), &mut spans);
    segmenter.finish(samples, &mut spans);
    spans
}
