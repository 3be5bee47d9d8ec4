//! NIST SPHERE, as corpora of speech have it: a header of lines, then samples. Those compressed by shorten are not read.

use std::io;

use super::super::codec::{Coding, Config, Pcm, Sample};
use super::super::source::Source;
use super::raw::Extent;

/// Reads the header.
pub(in super::super) fn read(source: &mut Source) -> io::Result<Result<(Config, Extent), String>> {
    let head = source.bytes(0, 1 << 16)?;
    let text = String::from_utf8_lossy(&head);
    let mut lines = text.lines();
    let start = lines.nth(1).and_then(|line| line.trim().parse::<u64>().ok());
    let Some(start) = start.filter(|&start| start >= 16) else {
        return Ok(Err("its SPHERE header does not say where the samples begin".to_owned()));
    };
    let field = |wanted: &str| -> Option<String> {
        text.lines().skip(2).take_while(|line| line.trim() != "end_head").find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(wanted)).then(|| words.nth(1).map(str::to_owned)).flatten()
        })
    };
    let number = |wanted: &str| field(wanted).and_then(|text| text.parse::<u64>().ok());
    let channels = number("channel_count").unwrap_or(1).min(1 << 16) as usize;
    let rate = number("sample_rate").and_then(|rate| u32::try_from(rate).ok()).unwrap_or(16_000);
    let bytes = number("sample_n_bytes").unwrap_or(2);
    let frames = number("sample_count").filter(|&frames| frames > 0);
    let coding = field("sample_coding").unwrap_or_else(|| "pcm".to_owned());
    let big = field("sample_byte_format").is_some_and(|order| order.starts_with("10") || order.starts_with("32"));
    let coding = match (coding.as_str(), bytes) {
        ("pcm", 1..=4) => Coding::Pcm(Pcm::packed(Sample::Int { bytes: bytes as usize, signed: true, big }, channels)),
        ("ulaw" | "mu-law", _) => Coding::Pcm(Pcm::packed(Sample::MuLaw, channels)),
        ("alaw", _) => Coding::Pcm(Pcm::packed(Sample::ALaw, channels)),
        (other, _) => Coding::Unknown(format!("SPHERE of coding {other:?}")),
    };
    let frame = if let Coding::Pcm(pcm) = &coding { pcm.frame as u64 } else { 1 };
    let declared = frames.map(|frames| frames.saturating_mul(frame));
    let extent = Extent::new(start, declared, source.length(), frame * u64::from(rate));
    Ok(Ok((Config { coding, rate, channels }, extent)))
}
