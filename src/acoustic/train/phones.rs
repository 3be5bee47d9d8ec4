//! When which phone is heard: a table of times, and transcripts.

use std::{collections::HashMap, fs, path::Path};

use super::super::{Letters, phones::PARTS, training::PHONES};
use crate::encoder::TrainError;

/// The phone head's output for silence, behind those for phones.
pub const SILENCE: usize = PHONES.len();
/// That for the blank of CTC.
pub const BLANK: usize = SILENCE + 1;
/// The class of silence, behind the thirds of all phones.
pub const SILENT_CLASS: usize = PHONES.len() * PARTS;
/// The class of a frame of which nothing is known.
pub const UNKNOWN: u8 = u8::MAX;

/// A phone's number, of silence [`SILENCE`]; none of what is neither. Stress (`AH0`) does not count.
fn number(name: &str) -> Option<usize> {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_uppercase();
    match name.as_str() {
        "SIL" | "SP" | "PAU" | "" => Some(SILENCE),
        "AX" => number("AH"),
        _ => PHONES.iter().position(|phone| *phone == name),
    }
}

/// A phone of a recording: its number, and its seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Timed {
    number: usize,
    start: f64,
    end: f64,
}

/// The phones of recordings, by the paths that the table names.
#[derive(Debug, Default)]
pub struct PhoneTimes(HashMap<String, Vec<Timed>>);

impl PhoneTimes {
    /// Reads tab-separated columns path, start, end, phone. Phones that are none of English stay unknown.
    ///
    /// # Errors
    /// Where it cannot be read, lacks a column or has a time that is none.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = fs::read_to_string(path).map_err(|source| TrainError::Io { path: path.into(), source })?;
        let fail = |line: usize, cause: String| TrainError::Manifest { path: path.into(), line, cause };
        let mut lines = text.lines().enumerate();
        let header: Vec<&str> = lines.next().map_or(Vec::new(), |(_, first)| first.split('\t').collect());
        let column = |name: &str| {
            header.iter().position(|cell| *cell == name).ok_or_else(|| fail(1, format!("no column named {name}")))
        };
        let (path_at, start_at, end_at, phone_at) =
            (column("path")?, column("start")?, column("end")?, column("phone")?);
        let mut all: HashMap<String, Vec<Timed>> = HashMap::new();
        for (at, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let cell = |column: usize| {
                cells.get(column).copied().ok_or_else(|| fail(at + 1, format!("{} columns are too few", cells.len())))
            };
            let seconds = |column: usize| -> Result<f64, TrainError> {
                let text = cell(column)?;
                let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
                value.ok_or_else(|| fail(at + 1, format!("{text:?} is no time in seconds")))
            };
            let (start, end) = (seconds(start_at)?, seconds(end_at)?);
            if let Some(number) = number(cell(phone_at)?).filter(|_| end > start) {
                all.entry(cell(path_at)?.to_owned()).or_default().push(Timed { number, start, end });
            }
        }
        Ok(Self(all))
    }

    /// The class of each frame of 10 ms of a recording from `offset` on; none where nothing is known of it.
    pub fn classes(&self, path: &str, offset: usize, frames: usize) -> Option<Vec<u8>> {
        let phones = self.0.get(path)?;
        let mut classes = vec![UNKNOWN; frames];
        for Timed { number, start, end } in phones {
            let (first, last) = (start * 100.0, end * 100.0);
            for frame in first.round() as usize..last.round() as usize {
                let Some(class) = frame.checked_sub(offset).and_then(|at| classes.get_mut(at)) else { continue };
                let part = ((frame as f64 - first) / (last - first) * PARTS as f64).max(0.0) as usize;
                let known = if *number == SILENCE { SILENT_CLASS } else { number * PARTS + part.min(PARTS - 1) };
                *class = known as u8;
            }
        }
        Some(classes)
    }
}

/// The output of the phone head that stands for a class.
pub fn output_of(class: u8) -> i64 {
    match usize::from(class) {
        class if class < SILENT_CLASS => (class / PARTS) as i64,
        SILENT_CLASS => SILENCE as i64,
        _ => -1,
    }
}

/// The phones of a transcript, by the letters network; none where it is not written in the letters a to z.
pub fn of_transcript(text: &str, letters: &Letters) -> Vec<i64> {
    letters.sounds(text).unwrap_or_default().into_iter().map(|sound| sound as i64).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<PhoneTimes, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phones.tsv");
        fs::write(&path, text).unwrap();
        PhoneTimes::read(&path)
    }

    #[test]
    fn a_phone_has_three_parts_and_silence_one() {
        let times =
            read("path\tstart\tend\tphone\na.wav\t0.03\t0.09\tB\na.wav\t0.09\t0.11\tSIL\na.wav\t0.12\t0.13\t!!\n");
        let classes = times.unwrap().classes("a.wav", 2, 11).unwrap();
        let b = 6 * 3;
        let silent = SILENT_CLASS as u8;
        assert_eq!(classes, [UNKNOWN, b, b, b + 1, b + 1, b + 2, b + 2, silent, silent, UNKNOWN, UNKNOWN]);
        assert_eq!([b, b + 2, silent, UNKNOWN].map(output_of), [6, 6, SILENCE as i64, -1]);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named() {
        assert!(read("path\tstart\tend\n").unwrap_err().to_string().contains("no column named phone"));
        assert!(read("path\tstart\tend\tphone\nx\t0\ty\tB\n").unwrap_err().to_string().contains(":2:"));
        assert!(read("path\tstart\tend\tphone\n").unwrap().classes("x", 0, 3).is_none());
    }

    #[test]
    fn stress_and_the_names_of_silence_are_known() {
        assert_eq!((number("AH0"), number("ah"), number("sil"), number("X9")), (Some(2), Some(2), Some(SILENCE), None));
    }
}
