//! Choosing the decoder of a file.

use std::path::Path;

use super::AudioError;
use super::codec::{Coding, Config};
use super::content::Content;
use super::decoder::Decoder;
use super::format::adts::Adts;
use super::format::caf::{self, Caf};
use super::format::flac::Flac;
use super::format::matroska::Matroska;
use super::format::mp4::Mp4;
use super::format::mpeg::Mpeg;
use super::format::ogg::Ogg;
use super::format::raw::{Extent, Raw};
use super::format::wave::{Inner, Wave};
use super::format::{aiff, sphere, sun};
use super::player::Player;
use super::source::Source;
use super::track::Demuxer;

/// Opens what a file holds.
pub(super) fn open(mut source: Source, path: &Path) -> Result<Box<dyn Decoder>, AudioError> {
    let read = |source| AudioError::Read { path: path.to_path_buf(), source };
    let malformed = |what| AudioError::Malformed { path: path.to_path_buf(), what };
    let content = Content::of(&mut source).map_err(read)?;
    let length = source.length();
    let (name, opened) = match content {
        Content::Wave => {
            let wave = Wave::read(&mut source).map_err(read)?.map_err(malformed)?;
            let Extent { start, end, .. } = wave.extent;
            let opened = match wave.inner {
                Some(Inner::Mpeg) => play(Mpeg::new(source, start, end), path),
                Some(Inner::Adts) => play(Adts::new(source, start, end), path),
                None => play(Raw::new(source, wave.config, wave.extent, wave.frames), path),
            };
            ("WAVE", opened)
        }
        Content::Aiff => {
            let aiff = aiff::read(&mut source).map_err(read)?.map_err(malformed)?;
            ("AIFF", raw(source, aiff.config, aiff.extent, path))
        }
        Content::Sun => {
            let (config, extent) = sun::read(&mut source).map_err(read)?.map_err(malformed)?;
            ("Sun audio", raw(source, config, extent, path))
        }
        Content::Sphere => {
            let (config, extent) = sphere::read(&mut source).map_err(read)?.map_err(malformed)?;
            ("NIST SPHERE", raw(source, config, extent, path))
        }
        Content::Caf => {
            let (caf, source) = caf::read(source).map_err(read)?.map_err(malformed)?;
            let opened = match caf {
                Caf::Raw(config, extent) => raw(source, config, extent, path),
                Caf::Mpeg(extent) => play(Mpeg::new(source, extent.start, extent.end), path),
                Caf::Packets(packets) => play(packets.with(source), path),
            };
            ("CAF", opened)
        }
        Content::Flac(start) => match Flac::open(source, start).map_err(read)? {
            Some(flac) => ("FLAC", play(flac, path)),
            None => return Err(malformed("the file ends inside its header".to_owned())),
        },
        Content::Ogg(start) => ("Ogg", play(Ogg::new(source, start), path)),
        Content::Mp4 => ("MP4", play(Mp4::open(source).map_err(read)?.map_err(malformed)?, path)),
        Content::Matroska => ("Matroska", play(Matroska::open(source).map_err(read)?.map_err(malformed)?, path)),
        Content::Mpeg(start) => ("MPEG audio", play(Mpeg::new(source, start, length), path)),
        Content::Adts(start) => ("ADTS", play(Adts::new(source, start, length), path)),
        Content::Unsupported(name) => {
            let what = format!("it is {name}, which is not read here");
            return Err(AudioError::Unsupported { path: path.to_path_buf(), what });
        }
        Content::Other(found) => return Err(AudioError::NotAudio { path: path.to_path_buf(), found }),
    };
    opened.map_err(|error| match error {
        AudioError::Unsupported { path, what } => AudioError::Unsupported { path, what: format!("{name}: {what}") },
        error => error,
    })
}

fn raw(source: Source, config: Config, extent: Extent, path: &Path) -> Result<Box<dyn Decoder>, AudioError> {
    if let Coding::Mpeg(_) = config.coding {
        return play(Mpeg::new(source, extent.start, extent.end), path);
    }
    play(Raw::new(source, config, extent, None), path)
}

fn play<D: Demuxer + 'static>(demuxer: D, path: &Path) -> Result<Box<dyn Decoder>, AudioError> {
    Ok(Box::new(Player::new(demuxer, path)?))
}
