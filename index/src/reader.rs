//! Searching a frozen generation.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::error::{IndexError, Result};
use crate::file_search::FileSearch;
use crate::frozen::{FrozenFile, Kind, Labels, SourceRow};
use crate::query::{Hit, Query};
use crate::record::path_from_bytes;
use crate::search::{Kernel, Scratch};
use crate::selection::{Amendments, Selection, key_of};
use crate::{Collection, Fingerprint, Generation, Label, Schema, SegmentId, SourceId, SourceKey, Span};

/// A collection as it was last committed, mapped; it stays that way while others write.
pub struct Reader {
    base: FrozenFile,
    tail: Option<FrozenFile>,
    amendments: Amendments,
    labels: Labels,
    kernel: Kernel,
    /// Memory of walks that have ended, for the next.
    scratch: Mutex<Vec<Scratch>>,
    /// The files that it maps, as they were just before they were opened.
    stamps: Vec<(PathBuf, Option<Stamp>)>,
    /// Makes the paths that are reported instead of those that were stored.
    paths: Option<Box<PathOf>>,
}

/// What tells one version of a file from another: each is put in place by a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    /// `None` where there is no such file.
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { modified: metadata.modified().ok(), bytes: metadata.len(), inode })
    }
}

/// The path of a source by its key.
type PathOf = dyn Fn(&SourceKey) -> PathBuf + Send + Sync;

/// A source of a [`Reader`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// Its number.
    pub id: SourceId,
    /// Its identity.
    pub key: SourceKey,
    /// Its path as the user gave it.
    pub path: PathBuf,
    /// Its duration in samples; lines in text.
    pub samples: u64,
    /// How many segments it has.
    pub segments: u32,
}

/// A segment of a [`Reader`].
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentRef<'a> {
    /// Its identity.
    pub id: SegmentId,
    /// Its source.
    pub source: SourceId,
    /// The source's path as the user gave it.
    pub path: PathBuf,
    /// Where in the source.
    pub span: Span,
    /// What it is, where known.
    pub label: Option<&'a str>,
    /// What it says, where known.
    pub text: Option<&'a str>,
    /// Its unit vector, `[dimension]`.
    pub embedding: &'a [f32],
}

/// A segment of [`Reader::sample`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The source it lies in.
    pub source: SourceId,
    /// Where it lies there.
    pub span: Span,
    /// Its unit vector, `[dimension]`; read, so that random places do not map the whole file.
    pub embedding: Vec<f32>,
}

impl Reader {
    /// Maps what was last committed to `collection` of the store in `dir`. Never waits for a writer.
    pub fn open(dir: &Path, collection: Collection) -> Result<Self> {
        let files = [collection.base_path(dir), collection.tail_path(dir), collection.labels_path(dir)];
        let stamps = files.map(|path| (path.clone(), Stamp::of(&path))).to_vec();
        let labels = Labels::open(&collection.labels_path(dir))?;
        // The tail first: one that belongs to an older base is then known by its generation, and a base that came
        // later holds all that the tail held.
        let tail = match FrozenFile::open(&collection.tail_path(dir), Kind::Tail) {
            Ok(tail) => Some(tail),
            Err(IndexError::Missing { .. }) => None,
            Err(e) => return Err(e),
        };
        let base = FrozenFile::open(&collection.base_path(dir), Kind::Base)?;
        let tail = match tail {
            Some(tail) if tail.base() == base.generation() => Some(tail),
            Some(tail) if tail.generation() <= base.generation() => None,
            Some(tail) => return Err(IndexError::damaged(tail.path(), "belongs to a base that is not there")),
            None => None,
        };
        if let Some(tail) = &tail
            && tail.schema() != base.schema()
        {
            return Err(IndexError::damaged(tail.path(), "its schema is not the base's"));
        }
        let amendments = tail.as_ref().map(|tail| Amendments::new(&base, tail)).unwrap_or_default();
        Ok(Self {
            base,
            tail,
            amendments,
            kernel: Kernel::detect(),
            scratch: Mutex::default(),
            labels,
            stamps,
            paths: None,
        })
    }

    /// Whether nothing was committed since it was opened: two looks at the file system.
    pub fn is_current(&self) -> bool {
        self.stamps.iter().all(|(path, stamp)| Stamp::of(path) == *stamp)
    }

    /// Reports paths by the keys of sources from now on, where the caller knows better than what was stored with them.
    #[must_use]
    pub fn with_paths(self, path_of: impl Fn(&SourceKey) -> PathBuf + Send + Sync + 'static) -> Self {
        Self { paths: Some(Box::new(path_of)), ..self }
    }

    /// What all vectors have in common.
    pub fn schema(&self) -> &Schema {
        self.base.schema()
    }

    /// Which commit this is.
    pub fn generation(&self) -> Generation {
        Generation(self.tail.as_ref().unwrap_or(&self.base).generation())
    }

    /// Fails where the store's vectors come from another encoder.
    pub fn require(&self, fingerprint: &Fingerprint) -> Result<()> {
        let schema = self.schema();
        if schema.fingerprint == *fingerprint {
            return Ok(());
        }
        Err(IndexError::FingerprintMismatch {
            path: self.base.path().to_owned(),
            stored: schema.fingerprint,
            model: schema.model.clone(),
            given: *fingerprint,
        })
    }

    /// The number of segments.
    pub fn len(&self) -> usize {
        let tail = self.tail.as_ref().map_or(0, FrozenFile::rows);
        self.base.rows().saturating_sub(self.amendments.dead_rows()) + tail
    }

    /// Whether there is no segment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the mapped files.
    pub fn len_bytes(&self) -> u64 {
        self.base.len_bytes() + self.tail.as_ref().map_or(0, FrozenFile::len_bytes)
    }

    /// All sources by number.
    pub fn sources(&self) -> impl Iterator<Item = SourceRef> + '_ {
        self.places().map(|(file, place)| self.source(file, place))
    }

    /// What a stretch of a source is called: by the label that shares most of it, and at least half of the shorter of the two; else by
    /// a label of the whole source.
    pub fn label(&self, source: &SourceKey, span: Span) -> Option<&str> {
        self.labels.label(source, span)
    }

    /// The labels of a source, in no order.
    pub fn labels(&self, source: &SourceKey) -> &[Label] {
        self.labels.of(source)
    }

    /// Whether any source has labels.
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// All segments, by source and then by place in it.
    pub fn segments(&self) -> impl Iterator<Item = SegmentRef<'_>> + '_ {
        self.segments_of(|_| true)
    }

    /// The segments of some sources, by source and then by place in it; of the others nothing is read.
    pub fn segments_of<'a>(
        &'a self,
        wanted: impl Fn(SourceId) -> bool + 'a,
    ) -> impl Iterator<Item = SegmentRef<'a>> + 'a {
        let id = |(file, place): &(&FrozenFile, usize)| file.sources().get(*place).map(|own| SourceId(own.id));
        self.places().filter(move |place| id(place).is_some_and(&wanted)).flat_map(move |(file, place)| {
            let source = self.source(file, place);
            let rows = file.sources().get(place).map_or(&[][..], |s| file.rows_of(s));
            rows.iter().filter_map(move |&row| self.segment(file, row, &source))
        })
    }

    /// About `count` segments from all over the collection, evenly spaced; all of them where there are no more.
    ///
    /// # Errors
    /// Where a vector cannot be read.
    pub fn sample(&self, count: usize) -> Result<Vec<Sampled>> {
        let every = (self.len() / count.max(1)).max(1);
        let mut sample = Vec::with_capacity(count);
        for file in std::iter::once(&self.base).chain(&self.tail) {
            for row in (0..file.rows()).step_by(every) {
                let Some((place, at)) = file.row_sources().get(row).zip(file.row(row)) else { continue };
                let is_dead = std::ptr::eq(file, &self.base) && self.amendments.is_dead(*place as usize);
                let Some(source) = file.sources().get(*place as usize).filter(|_| !is_dead) else { continue };
                let mut embedding = vec![0.0; file.dimension()];
                file.read_vectors(u32::try_from(row).unwrap_or(u32::MAX), &mut embedding)?;
                let span = Span { start: at.start, len: at.len };
                sample.push(Sampled { source: SourceId(source.id), span, embedding });
            }
        }
        Ok(sample)
    }

    /// Every living source with segments of its own file: base first, then what only the tail holds.
    fn places(&self) -> impl Iterator<Item = (&FrozenFile, usize)> + '_ {
        let living = (0..self.base.sources().len()).filter(|&place| !self.amendments.is_dead(place));
        let tail = self.tail.iter().flat_map(|tail| (0..tail.sources().len()).map(move |place| (tail, place)));
        let new = tail.filter(|(tail, place)| {
            tail.sources().get(*place).is_some_and(|s| self.amendments.touched(s.id).is_none())
        });
        living.map(|place| (&self.base, place)).chain(new)
    }

    fn source(&self, file: &FrozenFile, place: usize) -> SourceRef {
        let Some(own) = file.sources().get(place) else {
            // Only a damaged file has such a row.
            let (path, key) = (PathBuf::new(), SourceKey::new([]));
            return SourceRef { id: SourceId(u32::MAX), key, path, samples: 0, segments: 0 };
        };
        let (from, row) = self.newest(file, own);
        SourceRef {
            id: SourceId(own.id),
            key: key_of(from, row.key_at, row.key_len),
            path: self.path(from, row),
            samples: row.samples,
            segments: own.segments,
        }
    }

    fn path(&self, file: &FrozenFile, row: &SourceRow) -> PathBuf {
        match &self.paths {
            Some(path_of) => path_of(&key_of(file, row.key_at, row.key_len)),
            None => path_from_bytes(file.bytes_at(row.path_at, row.path_len).unwrap_or_default()),
        }
    }

    /// What is newest of a source, and the file that holds its strings.
    fn newest<'a>(&'a self, file: &'a FrozenFile, own: &'a SourceRow) -> (&'a FrozenFile, &'a SourceRow) {
        let newer = self.amendments.touched(own.id).zip(self.tail.as_ref());
        newer.and_then(|(place, tail)| Some((tail, tail.sources().get(place)?))).unwrap_or((file, own))
    }

    fn segment<'a>(&'a self, file: &'a FrozenFile, row: u32, source: &SourceRef) -> Option<SegmentRef<'a>> {
        let at = file.row(row as usize)?;
        Some(SegmentRef {
            id: SegmentId { source: source.id, ordinal: at.ordinal },
            source: source.id,
            path: source.path.clone(),
            span: Span { start: at.start, len: at.len },
            label: file.label(row as usize).or_else(|| self.label(&source.key, Span { start: at.start, len: at.len })),
            text: file.text_at(at.text_at, at.text_len),
            embedding: file.vector(row as usize)?,
        })
    }

    /// The best hits, best first; fewer than `k` only where no more segments pass.
    pub fn search(&self, query: &Query<'_>) -> Result<Vec<Hit>> {
        let given = query.embedding.dimension();
        if given != self.base.dimension() {
            return Err(IndexError::DimensionMismatch {
                path: self.base.path().to_owned(),
                stored: self.schema().dimension,
                given: u32::try_from(given).unwrap_or(u32::MAX),
            });
        }
        let mut found: Vec<(&FrozenFile, u32, f32)> = Vec::new();
        let beside = self.tail.as_ref().map(|tail| (tail, &self.amendments));
        for (file, tail) in std::iter::once((&self.base, beside)).chain(self.tail.iter().map(|tail| (tail, None))) {
            let selection = Selection::new(file, tail, &query.filter);
            let search = FileSearch { file, kernel: self.kernel, scratch: &self.scratch };
            found.extend(search.search(&selection, query)?.into_iter().map(|(row, s)| (file, row, s)));
        }
        found.sort_by(|a, b| b.2.total_cmp(&a.2));
        found.retain(|(_, _, score)| query.min_score.is_none_or(|least| *score >= least));
        found.truncate(query.k);
        Ok(found.into_iter().filter_map(|(file, row, score)| self.hit(file, row, score)).collect())
    }

    fn hit(&self, file: &FrozenFile, row: u32, score: f32) -> Option<Hit> {
        let at = file.row(row as usize)?;
        let own = file.sources().get(*file.row_sources().get(row as usize)? as usize)?;
        let (from, newest) = self.newest(file, own);
        let (source, span) = (SourceId(own.id), Span { start: at.start, len: at.len });
        let label = file.label(row as usize);
        let label = label.or_else(|| self.label(&key_of(from, newest.key_at, newest.key_len), span));
        Some(Hit {
            segment: SegmentId { source, ordinal: at.ordinal },
            source,
            path: self.path(from, newest),
            span,
            label: label.map(str::to_owned),
            text: file.text_at(at.text_at, at.text_len).map(str::to_owned),
            score,
        })
    }
}
