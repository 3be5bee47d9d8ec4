//! What a container gives for one sound track: how it is coded, then its packets in order, with their times.

use std::io;

use super::codec::Config;

/// A moment on the clock of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) ticks: i64,
    /// Ticks a second.
    pub(super) scale: u32,
}

impl Time {
    pub(super) fn new(ticks: i64, scale: u32) -> Self {
        Self { ticks, scale }
    }

    /// The same moment, counted in frames of `rate`.
    pub(super) fn frames(self, rate: u32) -> i64 {
        let scaled = i128::from(self.ticks) * i128::from(rate);
        let scale = i128::from(self.scale.max(1));
        // rounded to the nearest frame
        let frames = (2 * scaled + scale).div_euclid(2 * scale);
        i64::try_from(frames).unwrap_or(if frames > 0 { i64::MAX } else { i64::MIN })
    }
}

/// How the sound of a packet lies in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Timing {
    /// It follows what came before.
    #[default]
    Follows,
    /// Its first decoded frame is at this moment.
    Begins(Time),
    /// A later packet says it.
    Waits,
    /// It has ended at this moment, and what waited was before it.
    Ends(Time),
}

/// Bytes that a codec decodes at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Packet {
    pub(super) data: Vec<u8>,
    pub(super) timing: Timing,
    /// What is decoded before this moment is not to be heard.
    pub(super) from: Option<Time>,
    /// Nor what is decoded from this moment on.
    pub(super) until: Option<Time>,
    /// Frames at the beginning of this packet that are not to be heard.
    pub(super) skip: u64,
    /// Frames at its end that are not to be heard.
    pub(super) cut: u64,
    /// Something before this packet is damaged.
    pub(super) damage: bool,
    /// Frames that are estimated to be lost before it, where the container has no clock.
    pub(super) lost: u64,
    /// The last one of its stream.
    pub(super) last: bool,
}

/// The next thing of a track.
pub(super) enum Event {
    /// How all that follows is coded; its clock starts anew.
    Start(Config),
    /// Sound.
    Packet(Packet),
    /// The end as it should be.
    End,
    /// The end of the bytes before that of the sound.
    Cut,
}

/// Takes a container apart.
pub(super) trait Demuxer: Send {
    /// The next thing of the chosen track. `Start` comes first; after the end it is not asked any more.
    fn next(&mut self) -> io::Result<Event>;
}
