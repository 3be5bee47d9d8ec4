//! The samples of a track in order: out of the tables of `moov`, then out of fragments.

use std::collections::VecDeque;
use std::io;

use super::super::super::codec::Coding;
use super::super::super::source::{Fields, Source};
use super::boxes::{Box, Boxes};
use super::track::{Movie, Sizes, Track};

/// Frames of PCM, or packets of ADPCM, that are taken for one sample.
const GROUP: u64 = 4_096;

/// Most samples of one run in a fragment.
const MAX_RUN: u64 = 1 << 22;

/// Where a sample lies, and when; times in ticks of the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) place: u64,
    pub(super) size: u32,
    pub(super) time: i64,
    pub(super) duration: i64,
}

/// Goes over the samples.
pub(super) struct Samples {
    id: u32,
    durations: Vec<(u32, u32)>,
    runs: Vec<(u32, u32)>,
    sizes: Sizes,
    chunks: Vec<u64>,
    defaults: (u32, u32),
    /// Sound whose samples are too small to be handed out one by one: bytes and samples of a unit.
    unit: Option<(u64, u64)>,
    at: Cursor,
    cut: bool,
}

/// Where in the tables, and in the fragments.
#[derive(Default, Clone)]
struct Cursor {
    chunk: usize,
    run: usize,
    /// Samples of this chunk that were handed out, and the bytes of them.
    in_chunk: u64,
    bytes: u64,
    sample: u64,
    time: i64,
    /// In the table of durations: the entry, and samples that were taken of it.
    entry: usize,
    taken: u32,
    fragments: u64,
    queue: VecDeque<Sample>,
}

impl Samples {
    pub(super) fn new(track: &Track, movie: &Movie) -> Self {
        let delta = track.durations.first().map_or(1, |&(_, duration)| u64::from(duration));
        let unit = match track.config.as_ref().map(|config| (&config.coding, config.channels)) {
            Some((Coding::Pcm(pcm), _)) if delta == 1 => Some((pcm.frame as u64, 1)),
            Some((Coding::Adpcm(adpcm), channels)) if delta == 1 => Some((adpcm.block(channels) as u64, 64)),
            _ => None,
        };
        Self {
            id: track.id,
            durations: track.durations.clone(),
            runs: track.runs.clone(),
            sizes: track.sizes.clone(),
            chunks: track.chunks.clone(),
            defaults: movie.defaults(track.id),
            unit: unit.filter(|&(bytes, _)| bytes > 0),
            at: Cursor::default(),
            cut: false,
        }
    }

    /// Begins anew.
    pub(super) fn rewind(&mut self) {
        self.at = Cursor::default();
    }

    /// Whether the file ends inside a fragment's tables.
    pub(super) fn cut(&self) -> bool {
        self.cut
    }

    pub(super) fn next(&mut self, source: &mut Source) -> io::Result<Option<Sample>> {
        if let Some(sample) = self.next_of_tables() {
            return Ok(Some(sample));
        }
        while self.at.queue.is_empty() {
            if !self.read_fragment(source)? {
                return Ok(None);
            }
        }
        Ok(self.at.queue.pop_front())
    }

    fn next_of_tables(&mut self) -> Option<Sample> {
        loop {
            let &start = self.chunks.get(self.at.chunk)?;
            while self.runs.get(self.at.run + 1).is_some_and(|&(first, _)| first as usize <= self.at.chunk + 1) {
                self.at.run += 1;
            }
            let count = u64::from(self.runs.get(self.at.run)?.1);
            if self.at.in_chunk >= count {
                self.at.chunk += 1;
                (self.at.in_chunk, self.at.bytes) = (0, 0);
                continue;
            }
            let (samples, size) = match self.unit {
                Some((bytes, samples)) => {
                    let left = (count - self.at.in_chunk).min(GROUP * samples);
                    (left, left.div_ceil(samples) * bytes)
                }
                None => (1, u64::from(self.size(self.at.sample)?)),
            };
            let place = start.saturating_add(self.at.bytes);
            let time = self.at.time;
            self.at.in_chunk += samples;
            self.at.bytes += size;
            self.at.sample += samples;
            let duration = if self.unit.is_some() { samples as i64 } else { self.duration() };
            self.at.time = time.saturating_add(duration);
            return Some(Sample { place, size: u32::try_from(size).unwrap_or(u32::MAX), time, duration });
        }
    }

    fn size(&self, sample: u64) -> Option<u32> {
        match &self.sizes {
            Sizes::Same { size, count } => (sample < u64::from(*count)).then_some(*size),
            Sizes::Each(sizes) => sizes.get(usize::try_from(sample).ok()?).copied(),
        }
    }

    /// The duration of the next sample; the last one's where the table is too short.
    fn duration(&mut self) -> i64 {
        while let Some(&(count, duration)) = self.durations.get(self.at.entry) {
            if self.at.taken < count {
                self.at.taken += 1;
                return i64::from(duration);
            }
            if self.at.entry + 1 == self.durations.len() {
                return i64::from(duration);
            }
            self.at.entry += 1;
            self.at.taken = 0;
        }
        1_024
    }

    /// Reads the samples of the next fragment; false where there is none.
    fn read_fragment(&mut self, source: &mut Source) -> io::Result<bool> {
        let mut boxes = Boxes::new(self.at.fragments, source.length());
        while let Some(found) = boxes.next(source)? {
            if &found.kind != b"moof" {
                continue;
            }
            self.at.fragments = found.end;
            if found.beyond {
                self.cut = true;
                return Ok(false);
            }
            let mut inner = found.boxes();
            while let Some(traf) = inner.next(source)? {
                if &traf.kind == b"traf" {
                    self.read_track_fragment(source, &found, &traf)?;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn read_track_fragment(&mut self, source: &mut Source, moof: &Box, traf: &Box) -> io::Result<()> {
        let (mut duration, mut size) = self.defaults;
        let mut base = moof.place;
        let mut next = None;
        let mut boxes = traf.boxes();
        while let Some(found) = boxes.next(source)? {
            match &found.kind {
                b"tfhd" => {
                    let content = found.content(source, 64)?;
                    let mut fields = Fields(&content);
                    let flags = fields.u32_be();
                    if fields.u32_be() != self.id {
                        return Ok(());
                    }
                    if flags & 1 != 0 {
                        base = fields.u64_be();
                    }
                    if flags & 2 != 0 {
                        fields.take(4);
                    }
                    if flags & 8 != 0 {
                        duration = fields.u32_be();
                    }
                    if flags & 16 != 0 {
                        size = fields.u32_be();
                    }
                }
                b"tfdt" => {
                    let content = found.content(source, 12)?;
                    let mut fields = Fields(&content);
                    let wide = fields.u8() == 1;
                    fields.take(3);
                    let time = if wide { fields.u64_be() } else { u64::from(fields.u32_be()) };
                    self.at.time = i64::try_from(time).unwrap_or(self.at.time);
                }
                b"trun" => {
                    let content = found.content(source, 8 + 16 * MAX_RUN)?;
                    next = Some(self.read_run(&content, base, next, (duration, size), source.length()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the samples of a run; says where the next run begins if that does not say so itself.
    fn read_run(&mut self, run: &[u8], base: u64, next: Option<u64>, defaults: (u32, u32), length: u64) -> u64 {
        let mut fields = Fields(run);
        let flags = fields.u32_be();
        let count = u64::from(fields.u32_be());
        let mut place = next.unwrap_or(base);
        if flags & 1 != 0 {
            place = base.saturating_add_signed(i64::from(fields.u32_be() as i32));
        }
        if flags & 4 != 0 {
            fields.take(4);
        }
        let entry = (flags & 0xf00).count_ones() as usize * 4;
        for _ in 0..count.min(MAX_RUN) {
            // entries of no bytes are as many as the file can hold
            if fields.0.len() < entry || place >= length {
                break;
            }
            let duration = if flags & 0x100 != 0 { fields.u32_be() } else { defaults.0 };
            let size = if flags & 0x200 != 0 { fields.u32_be() } else { defaults.1 };
            fields.take((flags & 0xc00).count_ones() as usize * 4);
            if entry == 0 && size == 0 {
                break;
            }
            let (time, duration) = (self.at.time, i64::from(duration));
            self.at.queue.push_back(Sample { place, size, time, duration });
            self.at.time = time.saturating_add(duration);
            place = place.saturating_add(u64::from(size));
        }
        place
    }
}
