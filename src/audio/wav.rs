//! wav by hound.

use std::io::{self, BufReader, Chain, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use symphonia::core::io::MediaSource;

use super::AudioError;
use super::decoder::{Decoded, Decoder, append_mean, check_channels};

/// Frames decoded at a time.
const STEP: usize = 8_192;

/// Largest format chunk that is believed; real ones have 16 to 40 bytes.
const MAX_FORMAT_CHUNK: u32 = 1_024;

/// Lengths that programs which write into a pipe declare (ffmpeg, sox, espeak-ng): the data reach to the end of the file.
const OPEN_LENGTHS: [u32; 3] = [u32::MAX, 0x7fff_f000, 0x7fff_ffff];

type Source = BufReader<Chain<Cursor<Vec<u8>>, Box<dyn MediaSource>>>;

/// Integer wav of 8, 16, 24 and 32 bits and 32-bit float wav.
pub(super) struct WavDecoder {
    path: PathBuf,
    reader: WavReader<Source>,
    channels: usize,
    rate: u32,
    /// What turns an integer sample into ±1; none for float.
    scale: Option<f32>,
    open_length: bool,
    truncated: bool,
    interleaved: Vec<f32>,
}

impl WavDecoder {
    /// Opens a wav file, or gives the source back, rewound, where it is of a kind that hound does not read.
    pub(super) fn open(
        mut source: Box<dyn MediaSource>,
        path: &Path,
    ) -> Result<Result<Self, Box<dyn MediaSource>>, AudioError> {
        let header = Header::read(&mut source).map_err(|error| header_error(error, path))?;
        check_channels(path, header.channels())?;
        let data_starts = source.stream_position().map_err(|error| header_error(error, path))?;
        let open_length = OPEN_LENGTHS.contains(&header.data_length);
        let canonical = header.canonical();
        // hound checks a copy first: once it has taken the source and failed, the source is lost
        let readable = WavReader::new(Cursor::new(&canonical)).is_ok_and(|reader| {
            let spec = reader.spec();
            match spec.sample_format {
                SampleFormat::Int => matches!(spec.bits_per_sample, 8 | 16 | 24 | 32),
                SampleFormat::Float => spec.bits_per_sample == 32,
            }
        });
        let position = if readable { data_starts } else { 0 };
        source.seek(SeekFrom::Start(position)).map_err(|error| header_error(error, path))?;
        if !readable {
            return Ok(Err(source));
        }
        let reader = WavReader::new(BufReader::with_capacity(1 << 16, Cursor::new(canonical).chain(source)))
            .map_err(|error| AudioError::Malformed { path: path.to_path_buf(), what: error.to_string() })?;
        let spec = reader.spec();
        let scale = match spec.sample_format {
            SampleFormat::Int => Some((1.0 - f32::from(spec.bits_per_sample)).exp2()),
            SampleFormat::Float => None,
        };
        Ok(Ok(Self {
            path: path.to_path_buf(),
            reader,
            channels: usize::from(spec.channels),
            rate: spec.sample_rate,
            scale,
            open_length,
            truncated: false,
            interleaved: Vec::new(),
        }))
    }
}

impl Decoder for WavDecoder {
    fn decode(&mut self, out: &mut Vec<f32>) -> Result<Decoded, AudioError> {
        if self.truncated {
            return Ok(if self.open_length { Decoded::End } else { Decoded::Truncated });
        }
        self.interleaved.clear();
        let wanted = STEP * self.channels;
        let outcome = match self.scale {
            Some(scale) => {
                let samples = self.reader.samples::<i32>().take(wanted).map(|s| s.map(|s| s as f32 * scale));
                collect(samples, &mut self.interleaved)
            }
            None => collect(self.reader.samples::<f32>().take(wanted), &mut self.interleaved),
        };
        match outcome {
            Ok(()) => {}
            // hound reports the end of the file as an error that no system call gave
            Err(hound::Error::IoError(error)) if error.raw_os_error().is_none() => self.truncated = true,
            Err(hound::Error::IoError(source)) => return Err(AudioError::Read { path: self.path.clone(), source }),
            Err(error) => return Err(AudioError::Malformed { path: self.path.clone(), what: error.to_string() }),
        }
        if self.interleaved.len() < self.channels {
            return if self.truncated { self.decode(out) } else { Ok(Decoded::End) };
        }
        append_mean(&self.interleaved, self.channels, out);
        Ok(Decoded::Samples { rate: self.rate })
    }
}

fn collect(samples: impl Iterator<Item = hound::Result<f32>>, out: &mut Vec<f32>) -> hound::Result<()> {
    for sample in samples {
        out.push(sample?);
    }
    Ok(())
}

fn header_error(error: io::Error, path: &Path) -> AudioError {
    let path = path.to_path_buf();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            AudioError::Malformed { path, what: "the file ends inside its wav header".to_owned() }
        }
        io::ErrorKind::InvalidData => AudioError::Malformed { path, what: error.to_string() },
        _ => AudioError::Read { path, source: error },
    }
}

/// The two chunks of a wav file that matter. Read here, since hound stumbles over odd-sized chunks and over data lengths
/// that are no whole number of frames.
struct Header {
    format: Vec<u8>,
    data_length: u32,
}

impl Header {
    /// Reads up to the first byte of sound.
    fn read(source: &mut (impl Read + Seek + ?Sized)) -> io::Result<Self> {
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        source.seek(SeekFrom::Start(12))?;
        let mut format = None;
        loop {
            let mut chunk = [0; 8];
            source.read_exact(&mut chunk)?;
            let [a, b, c, d, length @ ..] = chunk;
            let length = u32::from_le_bytes(length);
            match &[a, b, c, d] {
                b"data" => {
                    let format = format.ok_or_else(|| invalid("its wav header has no format chunk before the data"))?;
                    return Ok(Self { format, data_length: length });
                }
                b"fmt " if !(16..=MAX_FORMAT_CHUNK).contains(&length) => {
                    return Err(invalid("the format chunk of its wav header has an impossible size"));
                }
                b"fmt " => {
                    let mut bytes = vec![0; length as usize];
                    source.read_exact(&mut bytes)?;
                    source.seek(SeekFrom::Current(i64::from(length % 2)))?;
                    format = Some(bytes);
                }
                _ => {
                    source.seek(SeekFrom::Current(i64::from(length) + i64::from(length % 2)))?;
                }
            }
        }
    }

    fn channels(&self) -> usize {
        usize::from(u16::from_le_bytes([self.format[2], self.format[3]]))
    }

    /// The same header as hound takes it: nothing but the format and a length of whole frames.
    fn canonical(&self) -> Vec<u8> {
        let frame = u32::from(u16::from_le_bytes([self.format[12], self.format[13]])).max(1);
        let length = self.data_length - self.data_length % frame;
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
        bytes.extend((self.format.len() as u32).to_le_bytes());
        bytes.extend(&self.format);
        bytes.extend(b"data");
        bytes.extend(length.to_le_bytes());
        bytes
    }
}
