//! Decodes the packets of a track and puts them at their times.

use std::io;
use std::path::{Path, PathBuf};

use super::AudioError;
use super::codec::{Codec, Coding, Config};
use super::decoder::{Decoded, Decoder, check_channels};
use super::track::{Demuxer, Event, Packet, Timing};

/// Frames of silence that are handed out at a time.
const STEP: u64 = 16_384;

/// Longest silence that the times of a container may ask for, in seconds; beyond it its clock is not believed.
const LONGEST_SILENCE: i64 = 6 * 3_600;

/// Samples that wait for a page to tell its time, at most.
const MOST_WAITING: usize = 1 << 23;

/// Packets that may fail before anything was decoded, without being damage: a stream cut out of another begins in the middle.
const WARM_UP: u64 = 3;

/// A track that is decoded packet by packet.
///
/// Sound stands at the time that its container gives it, with silence where nothing is; differences of less than a fiftieth of a second
/// are the rounding of containers. A clock that goes backwards starts anew, so that sound is never lost to it.
pub(super) struct Player<D> {
    path: PathBuf,
    demuxer: D,
    codec: Option<Codec>,
    /// What the next packets are coded as, once what was decoded before has been handed out.
    upcoming: Option<Config>,
    /// The next frame that is handed out, on the clock of the track; frames before 0 are not handed out.
    position: i64,
    /// What the clock of the container is ahead of `position`.
    shift: i64,
    /// Whether anything has been placed since the start of this stream.
    placed: bool,
    silence: u64,
    /// Decoded, and not placed yet.
    waiting: Vec<f32>,
    ready: Vec<f32>,
    packet: Vec<f32>,
    damage: bool,
    /// Frames of the last packet, as an estimate for one that fails.
    usual: u64,
    good: u64,
    /// Packets without a time that failed before anything was decoded, and frames of them that are not to be heard.
    early: u64,
    early_skip: u64,
    reason: Option<String>,
    missing: f64,
    places: u32,
    ended: Option<Decoded>,
}

impl<D: Demuxer> Player<D> {
    /// Opens the track, as far as its codec.
    pub(super) fn new(demuxer: D, path: &Path) -> Result<Self, AudioError> {
        let mut player = Self {
            path: path.to_path_buf(),
            demuxer,
            codec: None,
            upcoming: None,
            position: 0,
            shift: 0,
            placed: false,
            silence: 0,
            waiting: Vec::new(),
            ready: Vec::new(),
            packet: Vec::new(),
            damage: false,
            usual: 0,
            good: 0,
            early: 0,
            early_skip: 0,
            reason: None,
            missing: 0.0,
            places: 0,
            ended: None,
        };
        match player.demuxer.next().map_err(|error| player.read_error(error))? {
            Event::Start(config) => player.start(&config)?,
            Event::Packet(_) | Event::End | Event::Cut => {
                let what = "the file ends inside its header".to_owned();
                return Err(AudioError::Malformed { path: player.path, what });
            }
        }
        Ok(player)
    }

    fn read_error(&self, source: io::Error) -> AudioError {
        AudioError::Read { path: self.path.clone(), source }
    }

    fn start(&mut self, config: &Config) -> Result<(), AudioError> {
        check_channels(&self.path, config.channels)?;
        let unsupported = |what| AudioError::Unsupported { path: self.path.clone(), what };
        self.codec = Some(Codec::new(config).map_err(unsupported)?);
        (self.position, self.shift, self.placed, self.damage) = (0, 0, false, false);
        if let Coding::Opus(head) = &config.coding {
            self.position = -i64::from(head.pre_skip);
        }
        Ok(())
    }

    /// Rate and channels of what was decoded last.
    fn format(&self) -> (u32, usize) {
        self.codec.as_ref().map_or((1, 1), |codec| (codec.rate(), codec.channels().max(1)))
    }

    /// Decodes a packet and places it, or lets it wait.
    fn take(&mut self, packet: &Packet) -> Result<(), AudioError> {
        if packet.damage {
            self.damage = true;
            if let Some(codec) = &mut self.codec {
                codec.reset();
            }
        }
        if packet.lost > 0 {
            self.lose(packet.lost);
        }
        let mut samples = std::mem::take(&mut self.packet);
        let decoded = match &mut self.codec {
            Some(codec) => codec.decode(&packet.data, &mut samples),
            None => Err("its codec is not known".to_owned()),
        };
        let (_, channels) = self.format();
        check_channels(&self.path, channels)?;
        match decoded {
            Ok(()) => {
                let frames = samples.len() / channels;
                if self.good == 0 && self.early > 0 {
                    self.begin_late(frames as u64);
                }
                self.good += 1;
                if frames > 0 {
                    self.usual = frames as u64;
                }
                let skip = packet.skip.min(frames as u64) as usize;
                let cut = packet.cut.min((frames - skip) as u64) as usize;
                self.place(packet, &samples[skip * channels..(frames - cut) * channels], skip);
            }
            Err(reason) => self.fail(packet, reason),
        }
        self.packet = samples;
        Ok(())
    }

    /// A packet that cannot be decoded: the next one tells how long it was, or it was as long as the one before.
    fn fail(&mut self, packet: &Packet, reason: String) {
        self.reason = Some(reason);
        self.damage |= self.good > 0;
        match packet.timing {
            Timing::Follows => {
                if self.good > 0 {
                    self.lose(self.usual.saturating_sub(packet.skip + packet.cut));
                } else {
                    self.early += 1;
                    self.early_skip += packet.skip + packet.cut;
                }
            }
            Timing::Begins(_) | Timing::Waits => {}
            Timing::Ends(_) => self.place(packet, &[], 0),
        }
    }

    /// Silence in the place of packets that failed before the first good one, which has so many frames.
    fn begin_late(&mut self, frames: u64) {
        let unheard = (self.early * frames).saturating_sub(self.early_skip);
        if self.early > WARM_UP {
            self.lose(unheard);
        } else {
            self.silence += unheard;
            self.position += unheard as i64;
        }
    }

    /// Silence in the place of frames that are lost.
    fn lose(&mut self, frames: u64) {
        let (rate, _) = self.format();
        self.silence += frames;
        self.position += frames as i64;
        self.missing += frames as f64 / f64::from(rate.max(1));
        self.places += 1;
        self.damage = false;
    }

    /// Puts decoded frames where the packet says that they belong.
    fn place(&mut self, packet: &Packet, samples: &[f32], skipped: usize) {
        let (rate, channels) = self.format();
        match packet.timing {
            Timing::Follows => {
                self.ready.extend_from_slice(samples);
                self.position += (samples.len() / channels) as i64;
            }
            Timing::Begins(begins) => {
                let frames = (samples.len() / channels) as i64;
                let begins = begins.frames(rate).saturating_add(skipped as i64);
                let within = |time: super::track::Time| time.frames(rate).saturating_sub(begins).clamp(0, frames);
                let from = packet.from.map_or(0, within).max(begins.saturating_neg().clamp(0, frames));
                let until = packet.until.map_or(frames, within);
                if from < until {
                    self.position = self.position.max(0);
                    self.align(begins.saturating_add(from));
                    self.ready.extend_from_slice(&samples[from as usize * channels..until as usize * channels]);
                    self.position += until - from;
                }
            }
            Timing::Waits => {
                self.waiting.extend_from_slice(samples);
                if self.waiting.len() > MOST_WAITING {
                    self.flush();
                }
            }
            Timing::Ends(ends) => {
                self.waiting.extend_from_slice(samples);
                self.place_page(ends.frames(rate), packet.last);
            }
        }
    }

    /// Places what waited for the end of its page.
    fn place_page(&mut self, ends: i64, last: bool) {
        let (_, channels) = self.format();
        let frames = (self.waiting.len() / channels) as i64;
        let begins = ends.saturating_sub(frames);
        let expected = self.position.saturating_add(self.shift);
        if last && begins < expected {
            // the last page tells where the sound ends within what was decoded
            let kept = (frames - (expected - begins)).max(0);
            self.waiting.truncate(kept as usize * channels);
        } else if self.placed || self.damage {
            self.align(begins);
        } else if begins < expected {
            // the first page tells how much comes before the beginning
            self.position = begins.max(self.position.saturating_sub(frames));
        } else {
            self.shift = begins - self.position;
        }
        self.flush();
    }

    /// Hands out what waited, after what came before it.
    fn flush(&mut self) {
        let (_, channels) = self.format();
        let frames = (self.waiting.len() / channels) as i64;
        let early = self.position.saturating_neg().clamp(0, frames);
        self.ready.extend_from_slice(&self.waiting[early as usize * channels..frames as usize * channels]);
        self.position += frames;
        self.placed |= frames > 0;
        self.waiting.clear();
    }

    /// Brings the position to a moment of the container's clock, by silence where it is ahead.
    fn align(&mut self, moment: i64) {
        let rate = i64::from(self.format().0);
        let gap = moment.saturating_sub(self.position.saturating_add(self.shift));
        if gap > rate / 50 && gap <= LONGEST_SILENCE * rate {
            self.silence += gap as u64;
            self.position += gap;
            if self.damage {
                self.missing += gap as f64 / rate.max(1) as f64;
                self.places += 1;
            }
        } else if gap.abs() > rate / 50 {
            self.shift = self.shift.saturating_add(gap);
        }
        (self.damage, self.placed) = (false, true);
    }

    fn end(&mut self, cut: bool) -> Result<Decoded, AudioError> {
        if let (0, Some(reason)) = (self.good, &self.reason) {
            return Err(AudioError::Malformed { path: self.path.clone(), what: reason.clone() });
        }
        // what failed last was followed by nothing
        Ok(match (cut || self.damage, self.places) {
            (true, _) => Decoded::Truncated,
            (false, 0) => Decoded::End,
            (false, places) => Decoded::Gaps { seconds: self.missing, places },
        })
    }
}

impl<D: Demuxer> Decoder for Player<D> {
    fn decode(&mut self, out: &mut Vec<f32>) -> Result<Decoded, AudioError> {
        loop {
            let (rate, channels) = self.format();
            if self.silence > 0 {
                let frames = self.silence.min(STEP);
                self.silence -= frames;
                out.resize(out.len() + frames as usize * channels, 0.0);
                return Ok(Decoded::Samples { rate, channels });
            }
            if !self.ready.is_empty() {
                out.append(&mut self.ready);
                return Ok(Decoded::Samples { rate, channels });
            }
            if let Some(config) = self.upcoming.take() {
                self.start(&config)?;
            }
            if let Some(ended) = self.ended {
                return Ok(ended);
            }
            match self.demuxer.next().map_err(|error| self.read_error(error))? {
                Event::Start(config) => {
                    self.flush();
                    self.upcoming = Some(config);
                }
                Event::Packet(packet) => self.take(&packet)?,
                Event::End => {
                    self.flush();
                    self.ended = Some(self.end(false)?);
                }
                Event::Cut => {
                    self.flush();
                    self.ended = Some(self.end(true)?);
                }
            }
        }
    }
}
