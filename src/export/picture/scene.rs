//! What stands where in the picture.

use super::{
    colours::{KINDS, OTHER, Style, style},
    font::Font,
    names::{Name, place},
};
use crate::export::{Layout, Map, map::grouped};

pub(super) const WIDTH: f32 = 1200.0;
pub(super) const HEIGHT: f32 = 900.0;
/// Letters of the title, of names, of the legend and of what stands under the title.
pub(super) const TITLE: f32 = 22.0;
pub(super) const NAME: f32 = 14.0;
pub(super) const SMALL: f32 = 13.0;
/// The legend's column, and a line of it.
const LEGEND: f32 = 230.0;
const LINE: f32 = 22.0;
const TOP: f32 = 76.0;
const MARGIN: f32 = 28.0;
/// Letters of a label, at most.
const BRIEF: usize = 26;
/// Names in the picture, at most.
const NAMES: usize = 80;

/// A group of points with the same style.
pub(super) struct Group {
    pub style: Style,
    pub points: Vec<[f32; 2]>,
}

/// A line of the legend.
pub(super) struct Entry {
    pub style: Option<Style>,
    pub text: String,
    /// The left end of the text's middle line.
    pub at: [f32; 2],
}

/// All that is drawn, in pixels from the upper left corner.
pub(super) struct Scene {
    pub title: String,
    pub about: String,
    pub groups: Vec<Group>,
    pub radius: f32,
    pub names: Vec<Name>,
    pub legend: Vec<Entry>,
    /// Tail and head.
    pub arrows: Vec<[[f32; 2]; 2]>,
}

impl Scene {
    /// Lays `map` out in [`WIDTH`] × [`HEIGHT`].
    pub fn new(map: &Map, layout: &Layout, font: &Font<'_>) -> Self {
        let at = fitted(map, layout);
        let labelled = map.points.iter().filter(|point| point.label.is_some()).count();
        // Labels where they group points: as many as points would be as many colours.
        let by_label = !map.labels.is_empty() && 2 * map.labels.len() <= labelled;
        let group = |number: usize| -> Option<usize> {
            let point = &map.points[number];
            if by_label { point.label.map(|label| label as usize) } else { Some(usize::from(point.cluster)) }
        };
        let count = if by_label {
            map.labels.len()
        } else {
            map.points.iter().map(|p| usize::from(p.cluster) + 1).max().unwrap_or(0)
        };
        let mut members: Vec<Vec<[f32; 2]>> = vec![Vec::new(); count];
        let mut groups = vec![Group { style: OTHER, points: Vec::new() }];
        for number in 0..map.points.len() {
            let place = at(layout.places[number]);
            match group(number) {
                Some(own) => members[own].push(place),
                None => groups[0].points.push(place),
            }
        }
        for points in members.iter().skip(KINDS) {
            groups[0].points.extend(points);
        }
        let of_style =
            |(number, points): (usize, &Vec<[f32; 2]>)| Group { style: style(number), points: points.clone() };
        // The largest first, so that small ones lie on top.
        groups.extend(members.iter().take(KINDS).enumerate().map(of_style));
        let text =
            |number: usize| if by_label { brief(&map.labels[number]) } else { format!("cluster {}", number + 1) };
        let arrows: Vec<[[f32; 2]; 2]> = map.arrows.iter().map(|arrow| arrow.ends.map(&at)).collect();
        let mut wanted: Vec<(String, [f32; 2])> = Vec::new();
        for (arrow, ends) in map.arrows.iter().zip(&arrows) {
            let down = if ends[0][1] > ends[1][1] { 13.0 } else { -13.0 };
            wanted.push((brief(&arrow.from), [ends[0][0], ends[0][1] + down]));
            wanted.push((brief(&arrow.to), [ends[1][0], ends[1][1] - down]));
        }
        if by_label && map.arrows.is_empty() {
            let middle = |points: &Vec<[f32; 2]>| [0, 1].map(|axis| median(points.iter().map(|p| p[axis]).collect()));
            wanted = members.iter().take(NAMES).enumerate().map(|(number, own)| (text(number), middle(own))).collect();
        }
        let measured =
            wanted.into_iter().map(|(text, middle)| (text.clone(), font.width(&text, NAME), middle)).collect();
        Self {
            title: brief_to(&map.title, 70),
            about: about(map, layout),
            groups,
            radius: (130.0 / (map.points.len() as f32).sqrt()).clamp(1.4, 4.5),
            names: place(measured, [8.0, TOP - 6.0, WIDTH - LEGEND - 8.0, HEIGHT - 8.0]),
            legend: legend(members.iter().map(Vec::len).enumerate().map(|(number, size)| (text(number), size)), map),
            arrows,
        }
    }
}

fn about(map: &Map, layout: &Layout) -> String {
    let trust = layout.trust.map_or_else(String::new, |trust| format!(", trustworthiness@10 {trust:.3}"));
    format!("{}; {}{trust}", map.drawn(), layout.method)
}

/// As many lines as there is room for.
fn legend(groups: impl ExactSizeIterator<Item = (String, usize)>, map: &Map) -> Vec<Entry> {
    let (left, room) = (WIDTH - LEGEND + 22.0, ((HEIGHT - TOP - MARGIN) / LINE) as usize);
    let all = groups.len();
    let shown = if all > room { room - 1 } else { all };
    let line = |number: usize| [left, TOP + (number as f32 + 0.5) * LINE];
    let mut entries: Vec<Entry> = groups
        .take(shown)
        .enumerate()
        .map(|(number, (text, size))| Entry {
            style: Some(style(number)),
            text: format!("{} ({})", brief_to(&text, 20), grouped(size)),
            at: line(number),
        })
        .collect();
    if shown < all {
        let grey = if all > KINDS { format!(" ({} grey)", all - KINDS) } else { String::new() };
        entries.push(Entry { style: None, text: format!("and {} more{grey}", all - shown), at: line(shown) });
    }
    debug_assert!(entries.len() <= room.max(1), "{}", map.points.len());
    entries
}

/// From the plane to the picture, as large as fits, y upwards.
fn fitted(map: &Map, layout: &Layout) -> impl Fn([f32; 2]) -> [f32; 2] + use<> {
    let ends = map.arrows.iter().flat_map(|arrow| arrow.ends);
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for place in layout.places.iter().copied().chain(ends) {
        for axis in 0..2 {
            low[axis] = low[axis].min(place[axis]);
            high[axis] = high[axis].max(place[axis]);
        }
    }
    let (left, top) = (MARGIN, TOP + 12.0);
    let room = [WIDTH - LEGEND - 2.0 * MARGIN, HEIGHT - top - MARGIN];
    let scale = (0..2).map(|axis| room[axis] / (high[axis] - low[axis]).max(1e-9)).fold(f32::INFINITY, f32::min);
    let middle = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
    move |[x, y]| [left + room[0] / 2.0 + (x - middle[0]) * scale, top + room[1] / 2.0 - (y - middle[1]) * scale]
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn brief(text: &str) -> String {
    brief_to(text, BRIEF)
}

/// One line of at most `most` letters, without what cannot be written.
fn brief_to(text: &str, most: usize) -> String {
    let plain = |letter: char| {
        // Marks that turn the direction of writing would turn that of the picture.
        let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if letter.is_control() || turns || matches!(letter, '\u{fffe}' | '\u{ffff}') { ' ' } else { letter }
    };
    let text: String = text.chars().map(plain).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
