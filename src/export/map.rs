//! What is drawn.

use std::path::{Path, PathBuf};

use audiosearch_index::{Collection, Span};

use super::ExportError;
use crate::{
    audio::SAMPLE_RATE,
    projection::{Matrix, Neighbours},
    text::Position,
};

/// A recording, or a file of sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFile {
    /// The path as the user is shown it.
    pub path: String,
    /// Where the file is.
    pub place: PathBuf,
    /// Its address as seen from the folder of the map, percent-encoded.
    pub link: String,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Which of the map's files.
    pub file: u32,
    /// Where in it.
    pub span: Span,
    /// Which of the map's labels.
    pub label: Option<u32>,
    /// What it says.
    pub text: Option<String>,
    /// Its group among those of like vectors, from 0.
    pub cluster: u8,
}

/// Where the points lie in the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// One a point, `[points, 2]`.
    pub places: Vec<[f32; 2]>,
    /// The method and its settings, for people.
    pub method: String,
    /// Trustworthiness among ten neighbours, where there are enough points to tell.
    pub trust: Option<f64>,
}

/// From the mean of one label's vectors to that of another's.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// Label at its tail.
    pub from: String,
    /// Label at its head.
    pub to: String,
    /// Both ends in the plane.
    pub ends: [[f32; 2]; 2],
}

/// Points with their vectors, neighbours and places.
#[derive(Debug, Clone)]
pub struct Map {
    /// For people.
    pub title: String,
    /// What the vectors are of.
    pub collection: Collection,
    /// The name of the model that made them.
    pub model: String,
    /// By path.
    pub files: Vec<MapFile>,
    /// The most frequent first.
    pub labels: Vec<String>,
    /// By file and place in it.
    pub points: Vec<Point>,
    /// Unit vectors, a row a point.
    pub vectors: Matrix,
    /// At least ten a point where there are so many.
    pub neighbours: Neighbours,
    /// Absent where the format asks for none.
    pub layout: Option<Layout>,
    /// How many points there were before `--sample` took part of them.
    pub matched: usize,
    /// Only where the layout is linear.
    pub arrows: Vec<Arrow>,
}

impl Map {
    /// The layout, for formats that show it.
    ///
    /// # Errors
    /// Where there is none.
    pub fn layout(&self, out: &Path) -> Result<&Layout, ExportError> {
        self.layout.as_ref().ok_or_else(|| ExportError::NoLayout { path: out.to_owned() })
    }

    /// The file of a point.
    pub fn file(&self, point: &Point) -> &MapFile {
        &self.files[point.file as usize]
    }

    /// The label of a point.
    pub fn label(&self, point: &Point) -> Option<&str> {
        point.label.map(|label| self.labels[label as usize].as_str())
    }

    /// Whether the points are stretches of sound.
    pub fn is_audio(&self) -> bool {
        self.collection == Collection::Audio
    }

    /// Begin and end of a point in seconds; in text its first and its last line, counted from 1, in
    /// subtitles seconds.
    pub fn times(&self, point: &Point) -> (f64, f64) {
        if self.is_audio() {
            (seconds(point.span.start), seconds(point.span.end()))
        } else {
            let (start, end) = Position::of(&self.file(point).place, point.span.start, point.span.end());
            (start.number(), end.number())
        }
    }

    /// "all 1,295 points", or how many of them.
    pub fn drawn(&self) -> String {
        let [here, all] = [self.points.len(), self.matched].map(grouped);
        if here == all { format!("all {all} points") } else { format!("{here} points, sampled from {all}") }
    }

    /// The address of a point's stretch of its recording, as a media fragment (W3C, Media Fragments URI 1.0).
    pub fn link(&self, point: &Point) -> String {
        let (start, end) = self.times(point);
        let link = &self.file(point).link;
        if self.is_audio() { format!("{link}#t={start:.3},{end:.3}") } else { link.clone() }
    }
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

/// `1295` as `1,295`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 999, 1_000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
    }
}
