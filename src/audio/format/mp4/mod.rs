//! MP4, QuickTime and 3GPP (ISO/IEC 14496-12): tables or fragments of samples, edit lists in full, iTunes' gapless tag.

mod boxes;
mod edit;
mod entry;
mod samples;
mod track;

use std::io;

use super::super::codec::{Coding, Config};
use super::super::source::Source;
use super::super::track::{Demuxer, Event, Packet, Time, Timing};
use edit::Edit;
use samples::{Sample, Samples};
use track::{Movie, Track};

/// The chosen sound track of a file.
pub(in super::super) struct Mp4 {
    source: Source,
    samples: Samples,
    config: Option<Config>,
    scale: u32,
    edits: Vec<Edit>,
    edit: usize,
    /// Read one too far, or the one before the first that is heard.
    waiting: Option<Sample>,
    before: Option<Sample>,
    /// Samples of this edit have been handed out.
    begun: bool,
    /// The samples before are not in the file.
    lost: bool,
}

impl Mp4 {
    /// Reads the tables. Fails with what is wrong with the file.
    pub(in super::super) fn open(mut source: Source) -> io::Result<Result<Self, String>> {
        let movie = Movie::read(&mut source)?;
        let sound = |track: &&Track| track.config.is_some();
        let readable =
            |track: &&Track| track.config.as_ref().is_some_and(|config| !matches!(config.coding, Coding::Unknown(_)));
        let enabled = |track: &&Track| readable(track) && track.enabled;
        let tracks = || movie.tracks.iter();
        let chosen = tracks().find(enabled).or_else(|| tracks().find(readable)).or_else(|| tracks().find(sound));
        let Some(track) = chosen else {
            return Ok(Err(match (movie.complete, movie.tracks.is_empty()) {
                (_, false) => "it has no sound track".to_owned(),
                (true, true) => "it has no tracks".to_owned(),
                (false, true) => "it ends before the tables that tell where its sound lies (moov)".to_owned(),
            }));
        };
        let edits = movie.edits(track);
        let samples = Samples::new(track, &movie);
        let scale = track.scale.max(1);
        let config = track.config.clone();
        Ok(Ok(Self {
            source,
            samples,
            config,
            scale,
            edits,
            edit: 0,
            waiting: None,
            before: None,
            begun: false,
            lost: false,
        }))
    }

    fn packet(&mut self, sample: &Sample, edit: &Edit) -> io::Result<Option<Packet>> {
        let data = self.source.bytes(sample.place, u64::from(sample.size))?;
        if data.len() < sample.size as usize || data.is_empty() {
            self.lost |= sample.size > 0;
            return Ok(None);
        }
        let time = |ticks| Time::new(ticks, self.scale);
        Ok(Some(Packet {
            data,
            timing: Timing::Begins(time(edit.presented.saturating_add(sample.time.saturating_sub(edit.from)))),
            from: Some(time(edit.presented)),
            until: (edit.until != i64::MAX).then(|| time(edit.presented.saturating_add(edit.until - edit.from))),
            damage: std::mem::take(&mut self.lost),
            ..Packet::default()
        }))
    }
}

impl Demuxer for Mp4 {
    fn next(&mut self) -> io::Result<Event> {
        if let Some(config) = self.config.take() {
            return Ok(Event::Start(config));
        }
        while let Some(&edit) = self.edits.get(self.edit) {
            let sample = match self.waiting.take() {
                Some(sample) => sample,
                None => match self.samples.next(&mut self.source)? {
                    Some(sample) => sample,
                    None if self.edit + 1 < self.edits.len() => {
                        self.next_edit();
                        continue;
                    }
                    None => break,
                },
            };
            if sample.time.saturating_add(sample.duration.max(1)) <= edit.from {
                self.before = Some(sample);
                continue;
            }
            if sample.time >= edit.until {
                self.waiting = Some(sample);
                if self.edit + 1 == self.edits.len() {
                    break;
                }
                self.next_edit();
                continue;
            }
            // what is decoded from the middle on needs the sample before it
            if let Some(before) = self.before.take()
                && !self.begun
            {
                self.begun = true;
                self.waiting = Some(sample);
                if let Some(packet) = self.packet(&before, &edit)? {
                    return Ok(Event::Packet(packet));
                }
                self.lost = false;
                continue;
            }
            self.begun = true;
            if let Some(packet) = self.packet(&sample, &edit)? {
                return Ok(Event::Packet(packet));
            }
        }
        Ok(if self.lost || self.samples.cut() { Event::Cut } else { Event::End })
    }
}

impl Mp4 {
    /// Goes on to the next edit, which may lie before the present one in the media.
    fn next_edit(&mut self) {
        let present = self.edits.get(self.edit).map_or(0, |edit| edit.until);
        self.edit += 1;
        self.begun = false;
        let ahead = self.edits.get(self.edit).is_some_and(|next| next.from >= present);
        if !ahead {
            self.samples.rewind();
            (self.waiting, self.before) = (None, None);
        }
    }
}
