//! Sun and NeXT audio (`.au`, `.snd`).

use std::io;

use super::super::codec::{Coding, Config, Pcm, Sample};
use super::super::source::{Fields, Source};
use super::raw::{Extent, open_length};

/// Reads the header.
pub(in super::super) fn read(source: &mut Source) -> io::Result<Result<(Config, Extent), String>> {
    let Some(head) = source.array::<24>(0)? else {
        return Ok(Err("the file ends inside its header".to_owned()));
    };
    let big = head.starts_with(b".snd");
    let mut fields = Fields(&head[4..]);
    let mut number = || if big { fields.u32_be() } else { fields.u32_le() };
    let (start, declared, encoding, rate, channels) = (number(), number(), number(), number(), number());
    let int = |bytes| Sample::Int { bytes, signed: true, big };
    let channels = channels as usize;
    let sample = match encoding {
        1 => Ok(Sample::MuLaw),
        2..=5 => Ok(int(encoding as usize - 1)),
        6 => Ok(Sample::Float32 { big }),
        7 => Ok(Sample::Float64 { big }),
        27 => Ok(Sample::ALaw),
        23..=26 => Err("G.721, G.722 or G.723 ADPCM".to_owned()),
        encoding => Err(format!("of an unknown Sun encoding, {encoding}")),
    };
    let coding = match sample {
        Ok(sample) => Coding::Pcm(Pcm::packed(sample, channels.min(1 << 16))),
        Err(name) => Coding::Unknown(name),
    };
    let start = u64::from(start).max(24);
    let frame = if let Coding::Pcm(pcm) = &coding { pcm.frame as u64 } else { 1 };
    let declared = open_length(declared, start, source.length()).filter(|&bytes| bytes != 0);
    let extent = Extent::new(start, declared, source.length(), frame * u64::from(rate));
    Ok(Ok((Config { coding, rate, channels }, extent)))
}
