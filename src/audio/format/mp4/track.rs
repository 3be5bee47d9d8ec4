//! The tracks of a movie: their tables and edit lists.

use std::io;

use super::super::super::codec::Config;
use super::super::super::source::{Fields, Source};
use super::boxes::{Box, Boxes};
use super::edit::Edit;
use super::entry;

/// Most bytes of one table that are read: a day of AAC has 16 MB.
const MOST: u64 = 1 << 28;

/// Most edits of one list.
const MAX_EDITS: usize = 4_096;

/// What `moov` says.
#[derive(Default)]
pub(super) struct Movie {
    pub(super) tracks: Vec<Track>,
    /// Ticks a second of the durations of edits.
    scale: u32,
    /// There are fragments.
    pub(super) fragmented: bool,
    /// A `moov` box was found.
    pub(super) complete: bool,
    /// Defaults of fragments: track, duration, size.
    defaults: Vec<(u32, u32, u32)>,
    /// iTunes' gapless tag: samples of delay, and of sound.
    gapless: Option<(u64, u64)>,
}

/// One track.
#[derive(Default)]
pub(super) struct Track {
    pub(super) id: u32,
    /// Of films in several languages, one is.
    pub(super) enabled: bool,
    /// Ticks a second.
    pub(super) scale: u32,
    /// How it is coded, where it is sound.
    pub(super) config: Option<Config>,
    sound: bool,
    /// Duration in ticks of the movie, first tick of the media or -1, whether the media stands still.
    edits: Vec<(u64, i64, bool)>,
    /// How many samples have which duration.
    pub(super) durations: Vec<(u32, u32)>,
    /// From which chunk on there are how many samples in each.
    pub(super) runs: Vec<(u32, u32)>,
    pub(super) sizes: Sizes,
    pub(super) chunks: Vec<u64>,
}

/// The sizes of samples.
#[derive(Clone)]
pub(super) enum Sizes {
    Same { size: u32, count: u32 },
    Each(Vec<u32>),
}

impl Default for Sizes {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Movie {
    /// Finds and reads `moov`, wherever it stands.
    pub(super) fn read(source: &mut Source) -> io::Result<Self> {
        let mut movie = Self::default();
        let mut boxes = Boxes::new(0, source.length());
        while let Some(found) = boxes.next(source)? {
            match &found.kind {
                b"moov" => {
                    movie.complete = true;
                    movie.read_box(source, &found)?;
                }
                b"moof" => movie.fragmented = true,
                _ => {}
            }
        }
        Ok(movie)
    }

    fn read_box(&mut self, source: &mut Source, moov: &Box) -> io::Result<()> {
        let mut boxes = moov.boxes();
        while let Some(found) = boxes.next(source)? {
            match &found.kind {
                b"mvhd" => {
                    let content = found.content(source, 32)?;
                    self.scale = after_times(&content);
                }
                b"trak" => {
                    let mut track = Track::default();
                    track.read(source, &found)?;
                    self.tracks.push(track);
                }
                b"mvex" => {
                    let mut inner = found.boxes();
                    while let Some(found) = inner.next(source)? {
                        if &found.kind == b"trex" {
                            let content = found.content(source, 24)?;
                            let mut fields = Fields(&content);
                            fields.take(4);
                            let track = fields.u32_be();
                            fields.take(4);
                            self.defaults.push((track, fields.u32_be(), fields.u32_be()));
                        }
                    }
                }
                b"udta" | b"meta" => {
                    let content = found.content(source, 1 << 20)?;
                    self.gapless = self.gapless.or_else(|| gapless(&content));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Default duration and size of the samples of a track in fragments.
    pub(super) fn defaults(&self, track: u32) -> (u32, u32) {
        self.defaults.iter().find(|(id, ..)| *id == track).map_or((0, 0), |&(_, duration, size)| (duration, size))
    }

    /// What of a track is heard when, in the order of hearing.
    pub(super) fn edits(&self, track: &Track) -> Vec<Edit> {
        let whole = Edit { from: 0, until: i64::MAX, presented: 0 };
        let ticks = |duration: u64| {
            let scaled = u128::from(duration) * u128::from(track.scale);
            let scale = u128::from(self.scale.max(1));
            i64::try_from((2 * scaled + scale) / (2 * scale)).unwrap_or(i64::MAX)
        };
        let media: i64 = track
            .durations
            .iter()
            .map(|&(count, duration)| i64::from(count) * i64::from(duration))
            .fold(0, i64::saturating_add);
        // durations are rounded, and the delay of an encoder may be left out of them
        let slack = if media == 0 { i64::MAX } else { i64::from(track.scale) / 10 };
        let mut edits = Vec::new();
        let mut presented = 0_i64;
        for &(duration, from, still) in &track.edits {
            let length = ticks(duration);
            if from >= 0 && !still {
                // what the tables of `moov` hold is all that a list knew that was written before the fragments
                let before_fragments = self.fragmented && from.saturating_add(length) >= media.saturating_sub(slack);
                let open = duration == 0 || before_fragments;
                let until = if open { i64::MAX } else { from.saturating_add(length) };
                edits.push(Edit { from, until, presented });
                if open {
                    break;
                }
            }
            presented = presented.saturating_add(length);
        }
        // a list that leaves nothing to be heard is not believed
        if edits.is_empty() {
            edits.push(Edit { presented, ..whole });
        }
        if media > 0 && !self.fragmented && edits.iter().all(|edit| edit.from >= media || edit.until <= edit.from) {
            edits = vec![whole];
        }
        match (edits.as_slice(), self.gapless) {
            (&[Edit { from: 0, presented: 0, until }], Some((delay, length))) => {
                let from = delay as i64;
                let until = if length == 0 { until } else { from.saturating_add(length as i64) };
                vec![Edit { from, until, presented: 0 }]
            }
            _ => edits,
        }
    }
}

/// The number that follows two times, of 32 or 64 bits by the version of the box.
fn after_times(content: &[u8]) -> u32 {
    let mut fields = Fields(content);
    let version = fields.u8();
    fields.take(if version == 1 { 3 + 16 } else { 3 + 8 });
    fields.u32_be()
}

/// iTunes' gapless tag among others: a line of hexadecimal numbers.
fn gapless(content: &[u8]) -> Option<(u64, u64)> {
    let name = content.windows(8).position(|name| name == b"iTunSMPB")?;
    let rest = &content[name + 8..];
    let data = rest.windows(4).take(64).position(|kind| kind == b"data")?;
    let text = rest.get(data + 12..)?;
    let text = String::from_utf8_lossy(&text[..text.len().min(160)]);
    let numbers: Vec<u64> =
        text.split_whitespace().map_while(|word| u64::from_str_radix(word, 16).ok()).take(4).collect();
    match numbers.as_slice() {
        &[_, delay, _, length] if delay < 1 << 20 && length < 1 << 40 => Some((delay, length)),
        _ => None,
    }
}

impl Track {
    fn read(&mut self, source: &mut Source, outer: &Box) -> io::Result<()> {
        let mut boxes = outer.boxes();
        let mut description = Vec::new();
        while let Some(found) = boxes.next(source)? {
            match &found.kind {
                b"edts" | b"mdia" | b"minf" | b"stbl" => self.read(source, &found)?,
                b"tkhd" => {
                    let content = found.content(source, 32)?;
                    self.enabled = content.get(3).is_some_and(|flags| flags & 1 == 1);
                    self.id = after_times(&content);
                }
                b"mdhd" => self.scale = after_times(&found.content(source, 32)?),
                b"hdlr" if &outer.kind == b"mdia" => {
                    self.sound = found.content(source, 12)?.get(8..12) == Some(b"soun");
                }
                b"elst" => self.edits = edits(&found.content(source, 8 + 20 * MAX_EDITS as u64)?),
                b"stsd" => description = found.content(source, 1 << 20)?,
                b"stts" => self.durations = pairs(&found.content(source, MOST)?, 8),
                b"stsc" => self.runs = pairs(&found.content(source, MOST)?, 12),
                b"stsz" | b"stz2" => self.sizes = sizes(&found.kind, &found.content(source, MOST)?),
                b"stco" => self.chunks = numbers(&found.content(source, MOST)?, 4),
                b"co64" => self.chunks = numbers(&found.content(source, MOST)?, 8),
                _ => {}
            }
        }
        if self.sound && !description.is_empty() {
            self.config = entry::read(&description);
        }
        Ok(())
    }
}

fn edits(content: &[u8]) -> Vec<(u64, i64, bool)> {
    let mut fields = Fields(content);
    let wide = fields.u8() == 1;
    fields.take(3);
    let count = fields.u32_be() as usize;
    let mut edits = Vec::new();
    for _ in 0..count.min(MAX_EDITS) {
        if fields.0.len() < if wide { 20 } else { 12 } {
            break;
        }
        let (duration, from) = if wide {
            (fields.u64_be(), fields.u64_be() as i64)
        } else {
            (u64::from(fields.u32_be()), i64::from(fields.u32_be() as i32))
        };
        edits.push((duration, from, fields.u32_be() >> 16 == 0));
    }
    edits
}

/// The first two numbers of each entry of a table.
fn pairs(content: &[u8], entry: usize) -> Vec<(u32, u32)> {
    let count = Fields(content.get(4..).unwrap_or_default()).u32_be() as usize;
    let entries = content.get(8..).unwrap_or_default().chunks_exact(entry).take(count);
    entries
        .map(|entry| {
            let mut fields = Fields(entry);
            (fields.u32_be(), fields.u32_be())
        })
        .collect()
}

fn numbers(content: &[u8], width: usize) -> Vec<u64> {
    let count = Fields(content.get(4..).unwrap_or_default()).u32_be() as usize;
    let entries = content.get(8..).unwrap_or_default().chunks_exact(width).take(count);
    entries.map(|entry| entry.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))).collect()
}

fn sizes(kind: &[u8; 4], content: &[u8]) -> Sizes {
    let mut fields = Fields(content.get(4..).unwrap_or_default());
    let (size, count) = (fields.u32_be(), fields.u32_be());
    let rest = fields.0;
    let most = count as usize;
    match (kind, size) {
        (b"stz2", 4) => {
            Sizes::Each(rest.iter().flat_map(|byte| [u32::from(byte >> 4), u32::from(byte & 15)]).take(most).collect())
        }
        (b"stz2", 8) => Sizes::Each(rest.iter().map(|&byte| u32::from(byte)).take(most).collect()),
        (b"stz2", _) => Sizes::Each(rest.chunks_exact(2).map(|two| Fields(two).u16_be().into()).take(most).collect()),
        (_, 0) => Sizes::Each(rest.chunks_exact(4).map(|four| Fields(four).u32_be()).take(most).collect()),
        (_, size) => Sizes::Same { size, count },
    }
}
