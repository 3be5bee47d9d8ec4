//! Hits and labels as annotations, which other tools read, and labels out of files of such tools.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use audiosearch_index::{Collection, Index, Label, LabelOrigin, SourceKey, Span};
use jiff::Timestamp;

use super::{Engine, EngineError, Filter, Hit, Observer, Problem, observer::Watch};
use crate::{
    annotation::{Annotation, InvalidAnnotation, Named, Origin, Recording, RecordingNames, read_files},
    audio::SAMPLE_RATE,
    pipeline::{file_of, labels_of_channel},
};

/// What [`Engine::import_labels`] came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelReport {
    /// Labels that were stored.
    pub labels: usize,
    /// Recordings that they belong to.
    pub recordings: usize,
}

impl Hit {
    /// The hit as an annotation named by what was asked for. None for a sentence, which has no place in a recording.
    ///
    /// # Errors
    /// Where the name says nothing.
    pub fn annotation(&self, query: &str) -> Result<Option<Annotation>, InvalidAnnotation> {
        if self.collection != Collection::Audio {
            return Ok(None);
        }
        let annotation = Annotation::new(&self.path, self.start(), self.end(), query)?
            .with_tier(query)
            .with_origin(Origin::Model)
            .with_score(self.score)?;
        let annotation = match self.channel {
            Some(channel) => annotation.with_channel(channel)?,
            None => annotation,
        };
        Ok(Some(match self.confidence {
            Some(confidence) => annotation.with_confidence(confidence.clamp(0.0, 1.0))?,
            None => annotation,
        }))
    }
}

impl Engine {
    /// Annotations by the recording of the store that they are of, in the order in which these come first; each with the place of its file
    /// and its length. A recording that is not in the store keeps the path that it is known by.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn by_recording(&self, annotations: Vec<Annotation>) -> Result<Vec<(Recording, Vec<Annotation>)>, EngineError> {
        let (reader, keys) = (self.reader(Collection::Audio)?, self.keys()?);
        let known: HashMap<PathBuf, _> = reader.sources().map(|source| (source.path.clone(), source)).collect();
        let mut groups: Vec<(Recording, Vec<Annotation>)> = Vec::new();
        let mut place: HashMap<PathBuf, usize> = HashMap::new();
        for annotation in annotations {
            let at = *place.entry(annotation.path().to_owned()).or_insert_with_key(|path| {
                let recording = match known.get(path) {
                    Some(source) => Recording { path: keys.place(&source.key), seconds: Some(seconds(source.samples)) },
                    None => Recording { path: path.clone(), seconds: None },
                };
                groups.push((recording, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(annotation);
        }
        Ok(groups)
    }

    /// All labels of recordings that pass, by path and then by time. A label of the whole recording goes from its start to its end.
    ///
    /// # Errors
    /// Where the store cannot be read, or a condition names what is not there.
    pub fn labels(&self, filter: &Filter) -> Result<Vec<Annotation>, EngineError> {
        let reader = self.reader(Collection::Audio)?;
        let passing = self.hit_filter(&reader, Collection::Audio, filter)?;
        let mut labels = Vec::new();
        for source in reader.sources() {
            for label in reader.labels(&source.key) {
                let (start, end) = match label.span {
                    Some(span) => (span.start, span.end().min(source.samples.max(span.start))),
                    None => (0, source.samples),
                };
                let whole = Span { start, len: u32::try_from((end - start).max(1)).unwrap_or(u32::MAX) };
                let within = passing.places.as_ref().is_none_or(|places| places.touches(source.id, whole));
                if !within || !passing.moments.pass(Some(&label.text), None) {
                    continue;
                }
                // What says nothing was never a label.
                let Ok(annotation) = Annotation::new(&source.path, seconds(start), seconds(end), &label.text) else {
                    continue;
                };
                let mut annotation = annotation.with_origin(origin(label.origin));
                if let Some(tier) = &label.tier {
                    annotation = annotation.with_tier(tier);
                }
                // A store may hold what no annotation can say: then the label goes without it.
                if let Some(placed) =
                    label.channel.and_then(|channel| annotation.clone().with_channel(channel.saturating_add(1)).ok())
                {
                    annotation = placed;
                }
                if let Some(certain) = label.confidence.and_then(|value| annotation.clone().with_confidence(value).ok())
                {
                    annotation = certain;
                }
                labels.push(match Timestamp::from_second(label.date) {
                    Ok(created) => annotation.with_created(created),
                    Err(_) => annotation,
                });
            }
        }
        labels.sort_by(|a, b| {
            let times = a.start().total_cmp(&b.start()).then(a.end().total_cmp(&b.end()));
            a.path().cmp(b.path()).then(times).then(a.label().cmp(b.label()))
        });
        // What is said of all channels is kept with each.
        labels.dedup();
        Ok(labels)
    }

    /// Stores the annotations of a file, or of all files below a folder, as labels of the recordings that they are of; of a recording they
    /// take the place of what was imported before. All of it is one transaction: a kill leaves everything or nothing. What cannot be used is reported and the rest goes on.
    ///
    /// # Errors
    /// Where `path` cannot be read or the store cannot be written.
    pub fn import_labels(&self, path: &Path, observer: &mut impl Observer) -> Result<LabelReport, EngineError> {
        let _changing = self.change();
        self.import(path, &mut Watch::new(observer))
    }

    /// The same, for who is changing the store already.
    pub(super) fn import(&self, path: &Path, watch: &mut Watch<'_>) -> Result<LabelReport, EngineError> {
        let files = read_files(path)?;
        let index = Index::open(self.path(), Collection::Audio)?;
        let keys = self.keys()?;
        let (mut stored, mut places, mut sources) = (HashMap::new(), Vec::new(), Vec::<Vec<SourceKey>>::new());
        let mut numbers: HashMap<SourceKey, usize> = HashMap::new();
        for source in index.sources() {
            let (_, source, _) = source?;
            let at = *numbers.entry(file_of(&source.key)).or_insert_with(|| {
                places.push(keys.place(&source.key));
                sources.push(Vec::new());
                sources.len() - 1
            });
            stored.insert(source.path, at);
            sources[at].push(source.key);
        }
        let names = RecordingNames::new(&places);
        let position: HashMap<&Path, usize> =
            places.iter().enumerate().map(|(at, path)| (path.as_path(), at)).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        // By place, so that a run is the same as another.
        let mut labels: BTreeMap<usize, Vec<Label>> = BTreeMap::new();
        for (file, read) in files {
            let read = match read {
                Ok(read) => read,
                Err(cause) => {
                    watch.problem(cause);
                    continue;
                }
            };
            for skipped in read.skipped {
                watch.problem(Problem::LabelSkipped {
                    file: file.clone(),
                    place: skipped.place,
                    reason: skipped.reason,
                });
            }
            let mut unknown: BTreeMap<PathBuf, (usize, usize)> = BTreeMap::new();
            let mut found: HashMap<PathBuf, Option<usize>> = HashMap::new();
            for annotation in read.annotations {
                let at = *found.entry(annotation.path().to_owned()).or_insert_with_key(|path| {
                    stored.get(path).copied().or_else(|| match names.find(path) {
                        Named::One(place) => position.get(place).copied(),
                        Named::Several(several) => {
                            unknown.insert(path.clone(), (several, 0));
                            None
                        }
                        Named::None => None,
                    })
                });
                match at {
                    Some(at) => labels.entry(at).or_default().push(label(&annotation, now)),
                    None => unknown.entry(annotation.path().to_owned()).or_default().1 += 1,
                }
            }
            for (recording, (several, labels)) in unknown {
                watch.problem(Problem::UnknownRecording { file: file.clone(), recording, several, labels });
            }
        }
        watch.check()?;
        let report = LabelReport { labels: labels.values().map(Vec::len).sum(), recordings: labels.len() };
        let channels = |(at, labels): (usize, Vec<Label>)| {
            let sources = sources.get(at).map_or(&[][..], Vec::as_slice);
            sources.iter().map(move |key| (key, labels_of_channel(&labels, key))).collect::<Vec<_>>()
        };
        let labels: Vec<(&SourceKey, Vec<Label>)> = labels.into_iter().flat_map(channels).collect();
        let writer = index.writer()?;
        writer.import_all_labels(&labels)?;
        writer.commit()?;
        Ok(report)
    }
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

fn origin(origin: LabelOrigin) -> Origin {
    match origin {
        LabelOrigin::Model => Origin::Model,
        LabelOrigin::Imported => Origin::Imported,
        LabelOrigin::User => Origin::User,
    }
}

fn label(annotation: &Annotation, now: i64) -> Label {
    let sample = |seconds: f64| (seconds * f64::from(SAMPLE_RATE)).round() as u64;
    let start = sample(annotation.start());
    let len = u32::try_from(sample(annotation.end()) - start).unwrap_or(u32::MAX);
    let date = annotation.created().map_or(now, Timestamp::as_second);
    Label {
        tier: annotation.tier().map(str::to_owned),
        channel: annotation.channel().map(|channel| channel.saturating_sub(1)),
        confidence: annotation.confidence(),
        ..Label::new(Some(Span { start, len }), annotation.label(), LabelOrigin::Imported, date)
    }
}
