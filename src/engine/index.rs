//! Files → the store.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use audiosearch_index::{Collection, Index, IndexError, Reader, SourceKey, Writer};

use super::{
    Engine, EngineError, Event, FileReport, FileStatus, Observer, Problem, Speech, Text, Work, labels::LabelList,
    observer::Watch,
};
use crate::{
    annotation::Format,
    audio::{Channels, ExternalDecoder, SAMPLE_RATE},
    pipeline::{
        FileError, Imports, Ingest, Inputs, Report, Settings, Status, TextIngest, TextReport, TextSettings, TextStatus,
        Unread, WalkError, find, prune, tidy,
    },
    segment::{SegmentConfig, SegmentMode},
    text::SentenceMode,
};

/// What is indexed, and how.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// Only recordings, or only texts; `None`: both.
    pub collection: Option<Collection>,
    /// How recordings are cut.
    pub segments: SegmentMode,
    /// How texts are cut.
    pub sentences: SentenceMode,
    /// Index unchanged files again too.
    pub force: bool,
    /// Remove files from the store that vanished from these folders; nothing below one that is not there, or empty.
    pub prune: bool,
    /// A list of labels to store with the files that it names: tab-separated columns path, label, and start and end (seconds) where they
    /// apply; or a file or a folder of annotations, as [`Engine::import_labels`] takes it. They take the place of those of these files that
    /// were imported before.
    pub labels: Option<PathBuf>,
    /// Which channels of recordings are searched; `None`: of files of the store those that are, of others all together.
    pub channels: Option<Channels>,
    /// Who decodes recordings that are not read here.
    pub external: ExternalDecoder,
}

impl IndexOptions {
    /// Only recordings, or only texts; the rest as usual.
    pub fn of(collection: Collection) -> Self {
        Self { collection: Some(collection), ..Self::default() }
    }
}

/// What indexing came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexReport {
    /// Files stored now, recordings and texts, partly read ones included.
    pub indexed: usize,
    /// Files as they were.
    pub unchanged: usize,
    /// Files that vanished, and were removed.
    pub removed: usize,
    /// Files that could not be stored.
    pub failed: usize,
    /// Seconds of audio read.
    pub duration: f64,
    /// Segments stored now.
    pub segments: usize,
    /// Sentences stored now.
    pub sentences: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// How much of that went to texts.
    pub texts_elapsed: Duration,
    /// Whether there were texts among the files.
    pub texts: bool,
    /// Whether the observer asked to stop before the end.
    pub interrupted: bool,
}

impl IndexReport {
    fn add(&mut self, file: &FileReport) {
        *match &file.status {
            FileStatus::Indexed | FileStatus::Partial(_) if file.fresh => &mut self.indexed,
            FileStatus::Indexed | FileStatus::Partial(_) | FileStatus::Unchanged => &mut self.unchanged,
            FileStatus::Removed => &mut self.removed,
            FileStatus::Failed(_) => &mut self.failed,
        } += 1;
        self.texts |= file.collection == Collection::Text;
        match file.collection {
            Collection::Audio if file.fresh => {
                self.duration += file.seconds();
                self.segments += file.segments;
            }
            Collection::Text if file.fresh => self.sentences += file.segments,
            _ => {}
        }
    }
}

/// What a run over files tells, and what it is given.
struct IndexRun<'a> {
    watch: Watch<'a>,
    report: IndexReport,
    labels: Option<LabelList>,
    /// Files of the list of labels that the store holds.
    labelled: HashSet<SourceKey>,
}

impl IndexRun<'_> {
    fn imports(&self, collection: Collection) -> Imports {
        self.labels.as_ref().map(|labels| labels.imports(collection)).unwrap_or_default()
    }

    /// Gives their labels to files that were not read anew.
    fn store_labels(&mut self, index: &Index, writer: &Writer<'_>) -> Result<(), EngineError> {
        if let Some(labels) = &self.labels {
            self.labelled.extend(labels.store(index, writer)?);
        }
        Ok(())
    }

    fn file(&mut self, file: &FileReport) {
        self.report.add(file);
        self.watch.emit(&Event::File(file));
    }
}

/// Files done so far of a part of the work.
struct Counter {
    work: Work,
    done: usize,
    of: usize,
}

impl Counter {
    fn file(&mut self, run: &mut IndexRun<'_>, file: &FileReport) {
        run.file(file);
        self.done += 1;
        // Of a file whose channels are apart each is one.
        self.of = self.of.max(self.done);
        let amount = match (file.fresh, file.collection) {
            (false, _) => 0.0,
            (true, Collection::Audio) => file.length as f64 / f64::from(SAMPLE_RATE),
            (true, Collection::Text) => file.segments as f64,
        };
        run.watch.emit(&Event::Progress { work: self.work, done: self.done, of: self.of, amount });
    }
}

impl From<Report> for FileReport {
    fn from(report: Report) -> Self {
        let status = match report.status {
            Status::Indexed => FileStatus::Indexed,
            Status::Unchanged => FileStatus::Unchanged,
            Status::Partial(cause) => FileStatus::Partial(cause.into()),
            Status::Failed(cause) => FileStatus::Failed(cause.into()),
            Status::Removed => FileStatus::Removed,
        };
        let Report { path, channel, samples: length, segments, fresh, .. } = report;
        let channel = channel.map(|channel| channel.saturating_add(1));
        Self {
            path,
            channel,
            collection: Collection::Audio,
            status,
            length,
            segments,
            fresh,
            damage: None,
            untimed: None,
        }
    }
}

impl From<TextReport> for FileReport {
    fn from(report: TextReport) -> Self {
        let status = match report.status {
            TextStatus::Indexed => FileStatus::Indexed,
            TextStatus::Unchanged => FileStatus::Unchanged,
            TextStatus::Failed(cause) => FileStatus::Failed(cause.into()),
            TextStatus::Removed => FileStatus::Removed,
        };
        let TextReport { path, lines: length, sentences: segments, fresh, damage, untimed, .. } = report;
        Self { path, channel: None, collection: Collection::Text, status, length, segments, fresh, damage, untimed }
    }
}

impl Engine {
    /// Indexes files, and folders with all that lies below them: recordings and texts (`.txt`, `.md`, `.markdown`, `.srt`, `.vtt`). Files that did not
    /// change since they were indexed are not read again. Each file is one transaction, on disk before it is reported; a file that cannot
    /// be read is reported and the rest goes on.
    ///
    /// Where the observer asks to stop, the files under way are finished, and the next call goes on from there.
    ///
    /// # Errors
    /// Where a model cannot be loaded, or the store cannot be written: what was reported by then is safe.
    pub fn index<P: AsRef<Path>>(
        &self,
        paths: &[P],
        options: &IndexOptions,
        observer: &mut impl Observer,
    ) -> Result<IndexReport, EngineError> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| path.as_ref().to_owned()).collect();
        self.index_paths(&paths, options, Watch::new(observer))
    }

    fn index_paths(
        &self,
        paths: &[PathBuf],
        options: &IndexOptions,
        watch: Watch<'_>,
    ) -> Result<IndexReport, EngineError> {
        let _changing = self.change();
        let begun = Instant::now();
        let mut run = IndexRun { watch, report: IndexReport::default(), labels: None, labelled: HashSet::new() };
        let (annotations, list) = options.labels.as_deref().map_or((None, None), |labels| {
            if is_annotations(labels) { (Some(labels), None) } else { (None, Some(labels)) }
        });
        if let Some(list) = list {
            // Keys are of a folder that is there.
            std::fs::create_dir_all(self.path()).map_err(EngineError::io(self.path()))?;
            run.labels = Some(LabelList::read(list, &self.keys()?, &mut run.watch)?);
        }
        let mut found = Inputs::default();
        // Places that hold nothing, or are not there, may be drives that are not there: nothing is removed below them.
        let mut looked_into = Vec::new();
        for path in paths {
            let mut there = true;
            find(path, &mut found, &mut |problem| {
                there &= !matches!(problem, WalkError::Missing { .. } | WalkError::Nothing { .. });
                run.watch.problem(problem);
            });
            if there {
                looked_into.push(path.clone());
            }
        }
        let paths = looked_into.as_slice();
        let Inputs { mut recordings, mut texts, mut unread } = found;
        match options.collection {
            Some(Collection::Audio) => texts.clear(),
            Some(Collection::Text) => {
                recordings.clear();
                unread.clear();
            }
            None => {}
        }
        if options.external != ExternalDecoder::None {
            recordings.extend(unread.drain(..).map(|one| one.path));
        }
        for Unread { path, format } in unread {
            let status = Status::Failed(FileError::Unread { path: path.clone(), format });
            run.file(&Report { path, channel: None, status, samples: 0, segments: 0, fresh: false }.into());
        }
        // A run that has nothing to index makes an empty store all the same, for recordings unless it was asked for texts.
        let listens = !recordings.is_empty() || (texts.is_empty() && options.collection != Some(Collection::Text));
        if listens {
            self.index_recordings(recordings, paths, options, &mut run)?;
        } else if options.prune && options.collection != Some(Collection::Text) {
            self.prune(Collection::Audio, paths, &mut run)?;
        }
        if !texts.is_empty() {
            // Of a run without recordings all the time went to texts.
            let from = if listens { Instant::now() } else { begun };
            self.index_texts(texts, paths, options, &mut run)?;
            run.report.texts_elapsed = from.elapsed();
            run.report.texts = true;
        } else if options.prune && options.collection != Some(Collection::Audio) {
            self.prune(Collection::Text, paths, &mut run)?;
        }
        if let (Some(labels), Some(list)) = (&run.labels, list) {
            let rows = labels.unknown(|key| run.labelled.contains(key));
            if rows > 0 {
                run.watch.problem(Problem::UnknownFiles { list: list.to_owned(), rows });
            }
        }
        if let Some(annotations) = annotations
            && !run.watch.stop().is_requested()
        {
            self.import(annotations, &mut run.watch)?;
        }
        let interrupted = run.watch.stop().is_requested();
        Ok(IndexReport { elapsed: begun.elapsed(), interrupted, ..run.report })
    }

    /// Recordings → the audio collection.
    fn index_recordings(
        &self,
        recordings: Vec<PathBuf>,
        paths: &[PathBuf],
        options: &IndexOptions,
        run: &mut IndexRun<'_>,
    ) -> Result<(), EngineError> {
        let speech: Arc<Speech> = self.models.speech(self.recorded_model(Collection::Audio).as_deref())?;
        let index = Index::create(self.path(), Collection::Audio, speech.schema())?;
        let settings = Settings {
            mode: options.segments,
            segments: SegmentConfig::default(),
            force: options.force,
            readers: self.models.jobs(),
            channels: options.channels,
            external: options.external,
            network: self.acoustic()?.clone(),
        };
        let ingest = Ingest::new(&index, self.path(), settings)?.labels(run.imports(Collection::Audio));
        let writer = index.writer()?;
        let encoders = speech.bulk_encoders()?;
        let mut counter = Counter { work: Work::Recordings, done: 0, of: recordings.len() };
        run.watch.begin(counter.work, counter.of);
        let stop = run.watch.stop();
        let mut observe = |report: Report| counter.file(run, &report.into());
        // After an error of the store what was flushed is safe, and committing would meet the same error.
        let ran = ingest.run(&writer, recordings, encoders, stop.flag(), &mut observe);
        ran.and_then(|regrouped| regrouped.settle(&index, &writer)).map_err(EngineError::IndexStopped)?;
        run.watch.end(Work::Recordings);
        self.commit(&index, writer, options.prune.then_some(paths), run)
    }

    /// Texts → the text collection.
    fn index_texts(
        &self,
        texts: Vec<PathBuf>,
        paths: &[PathBuf],
        options: &IndexOptions,
        run: &mut IndexRun<'_>,
    ) -> Result<(), EngineError> {
        let text: Arc<Text> = match self.models.text(self.recorded_model(Collection::Text).as_deref()) {
            Ok(text) => text,
            Err(cause) => {
                run.watch.problem(Problem::TextsLeftOut { texts: texts.len(), cause: Box::new(cause) });
                return Ok(());
            }
        };
        let index = Index::create(self.path(), Collection::Text, text.schema())?;
        let settings = TextSettings { mode: options.sentences, force: options.force };
        let ingest = TextIngest::new(&index, self.path(), settings)?.labels(run.imports(Collection::Text));
        let writer = index.writer()?;
        let encoders = text.encoders()?;
        let mut counter = Counter { work: Work::Texts, done: 0, of: texts.len() };
        run.watch.begin(counter.work, counter.of);
        let stop = run.watch.stop();
        let mut observe = |report: TextReport| counter.file(run, &report.into());
        ingest.run(&writer, texts, encoders, stop.flag(), &mut observe).map_err(EngineError::IndexStopped)?;
        run.watch.end(Work::Texts);
        self.commit(&index, writer, options.prune.then_some(paths), run)
    }

    /// Stores the labels of files that were not read anew, removes what vanished from the folders that were named, and commits.
    fn commit(
        &self,
        index: &Index,
        writer: Writer<'_>,
        pruned: Option<&[PathBuf]>,
        run: &mut IndexRun<'_>,
    ) -> Result<(), EngineError> {
        run.store_labels(index, &writer)?;
        if let Some(paths) = pruned {
            self.prune_index(index, paths, run)?;
        }
        run.watch.begin(Work::Commit, 0);
        writer.commit()?;
        run.watch.end(Work::Commit);
        Ok(tidy(index, self.path())?)
    }

    /// The name of the model that a collection was made with.
    fn recorded_model(&self, collection: Collection) -> Option<String> {
        Reader::open(self.path(), collection).ok().map(|reader| reader.schema().model.clone())
    }

    /// Removes what vanished where there is nothing to index: no model is needed.
    fn prune(&self, collection: Collection, paths: &[PathBuf], run: &mut IndexRun<'_>) -> Result<(), EngineError> {
        let index = match Index::open(self.path(), collection) {
            Ok(index) => index,
            Err(IndexError::Missing { .. }) => return Ok(()),
            Err(cause) => return Err(cause.into()),
        };
        self.prune_index(&index, paths, run)?;
        index.writer()?.commit()?;
        tidy(&index, self.path())?;
        Ok(())
    }

    /// Removes what vanished from the folders that were named.
    fn prune_index(&self, index: &Index, paths: &[PathBuf], run: &mut IndexRun<'_>) -> Result<(), EngineError> {
        let collection = index.collection();
        let pruned = prune(index, &index.writer()?, self.path(), paths)?;
        for (folder, files) in pruned.kept {
            run.watch.problem(Problem::EmptyFolder { folder, files });
        }
        for removed in pruned.removed {
            let (path, length, segments) = (removed.path, removed.samples, removed.segments as usize);
            let status = FileStatus::Removed;
            run.file(&FileReport {
                path,
                channel: removed.channel,
                collection,
                status,
                length,
                segments,
                fresh: false,
                damage: None,
                untimed: None,
            });
        }
        Ok(())
    }
}

/// Whether labels are annotations of other tools, or a list as every command reads it.
fn is_annotations(labels: &Path) -> bool {
    labels.is_dir() || Format::of_file(labels, &[]).is_some_and(|format| format != Format::Csv)
}
