//! WebVTT subtitles.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{Annotation, Imported, error::Malformed, srt, timestamp};

const SIGNATURE: &str = "WEBVTT";

/// A cue an annotation, by time. A note with the confidence would be taken for text by some readers.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    write!(out, "{SIGNATURE}\n\n")?;
    for annotation in srt::by_time(annotations) {
        let (start, end) = timestamp::stretch(annotation.start(), annotation.end());
        let (start, end) = (timestamp::written(start, '.'), timestamp::written(end, '.'));
        write!(out, "{start} --> {end}\n{}\n\n", escaped(annotation.label()))?;
    }
    Ok(())
}

/// Notes, styles and regions are passed over, tags within a text taken out.
///
/// # Errors
/// Where the first line is not that of such a file.
pub(super) fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let after =
        text.strip_prefix(SIGNATURE).filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
    if after.is_none() {
        return Err(Malformed { format: "vtt", what: format!("its first line is not {SIGNATURE}") });
    }
    let mut imported = Imported::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let end = lines[at..].iter().position(|line| line.trim().is_empty()).map_or(lines.len(), |blank| at + blank);
        let block = &lines[at..end];
        let first = at;
        at = end + 1;
        if block.first().is_some_and(|line| ["NOTE", "STYLE", "REGION"].iter().any(|kind| line.starts_with(kind))) {
            continue;
        }
        let Some((offset, times)) =
            block.iter().take(2).enumerate().find_map(|(n, line)| Some((n, timestamp::times(line)?)))
        else {
            continue;
        };
        let said: Vec<String> = block[offset + 1..].iter().map(|line| plain(line)).collect();
        let read = times.and_then(|(start, end)| Annotation::new(recording, start, end, &said.join(" ")));
        imported.take(|| format!("line {}", first + offset + 1), read);
    }
    Ok(imported)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Without tags and escapes.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('>').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let out = out.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}");
    out.replace("&lrm;", "\u{200e}").replace("&rlm;", "\u{200f}").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn notes_styles_names_and_tags_are_passed_over() {
        let text = "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE nothing\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Ann>Salt &amp; <i>pepper</i>\n\n00:03.000 --> 00:04.000\n\n";
        let read = read(text, Path::new("a.wav")).unwrap();
        let found: Vec<_> = read.annotations.iter().map(|a| (a.start(), a.end(), a.label())).collect();
        assert_eq!(found, [(1.0, 2.5, "Salt & pepper")]);
        assert_eq!(read.skipped[0].reason, "no label");
        assert!(super::read("WEBVTTX\n", Path::new("a.wav")).is_err());
    }

    #[test]
    fn arrows_and_tags_in_a_label_stay() {
        let label = "a --> b <c> &lt; &amp;";
        let mut out = Vec::new();
        write(&mut out, &[Annotation::new("a.wav", 0.0, 1.0, label).unwrap()]).unwrap();
        let read = read(std::str::from_utf8(&out).unwrap(), Path::new("a.wav")).unwrap();
        assert_eq!(read.annotations[0].label(), label);
    }
}
