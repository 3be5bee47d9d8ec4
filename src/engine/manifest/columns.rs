//! Fields → rows: what columns are called here and elsewhere.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    error::ManifestError,
    row::{Row, path_of_bytes},
    table::{Field, Line, fields},
};

/// What columns are called, the surest name first; without case, `_` and `-` as spaces.
const PATH: [&str; 16] = [
    "path",
    "begin path",
    "filepath",
    "file path",
    "full path",
    "audio path",
    "file",
    "filename",
    "file name",
    "begin file",
    "audio file",
    "sound.files",
    "sound file",
    "recording",
    "audio",
    "wav",
];
const START: [&str; 13] = [
    "start",
    "begin time (s)",
    "start (s)",
    "start time (s)",
    "start time",
    "begin time",
    "begin",
    "start s",
    "onset",
    "onset (s)",
    "tmin",
    "xmin",
    "from",
];
const END: [&str; 13] = [
    "end",
    "end time (s)",
    "end (s)",
    "end time",
    "stop",
    "stop time",
    "end s",
    "offset",
    "offset (s)",
    "tmax",
    "xmax",
    "to",
    "finish",
];
const DURATION: [&str; 4] = ["duration", "delta time (s)", "duration (s)", "duration s"];
const LABEL: [&str; 12] = [
    "label",
    "annotation",
    "annotations",
    "species",
    "common name",
    "word",
    "class",
    "tag",
    "species code",
    "scientific name",
    "call type",
    "type",
];
/// Raven: where the selection begins in its own file, of a sound that is made of several.
const FILE_OFFSET: [&str; 2] = ["file offset (s)", "file offset"];
/// Raven: the file alone, where its path leads nowhere here.
const FILE: [&str; 2] = ["begin file", "file name"];

/// Where in a row each value stands.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    separator: u8,
    /// How many the header has.
    count: usize,
    /// Fields before the first column, which R writes without a name: the numbers of the rows.
    shift: usize,
    path: Option<usize>,
    file: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
    duration: Option<usize>,
    offset: Option<usize>,
    label: Option<usize>,
    speaker: Option<usize>,
    /// Raven writes a selection once for each view.
    selection: Option<usize>,
}

impl Columns {
    /// `None` where the line is no header; `next` is the line below it.
    pub fn of_header(line: &Line<'_>, next: Option<&Line<'_>>) -> Option<Self> {
        separators(line.bytes).find_map(|separator| Self::of_names(line, next, separator))
    }

    fn of_names(line: &Line<'_>, next: Option<&Line<'_>>, separator: u8) -> Option<Self> {
        let names: Vec<String> = fields(line.bytes, separator).iter().map(name).collect();
        let position = |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        let (path, start, end) = (position(&PATH), position(&START), position(&END));
        let selection = position(&["selection"]).filter(|_| position(&["view"]).is_some());
        // Raven's tables need not say which recording they are of.
        let raven = position(&["begin time (s)"]).is_some() && end.is_some();
        if path.is_none() && !raven {
            return None;
        }
        let below = next.map_or(0, |next| fields(next.bytes, separator).len());
        Some(Self {
            separator,
            count: names.len(),
            shift: usize::from(below == names.len() + 1 && next.is_some_and(|next| is_numbered(next, separator))),
            file: position(&FILE).filter(|file| path != Some(*file)),
            path,
            start,
            end,
            duration: position(&DURATION).filter(|_| end.is_none()),
            offset: position(&FILE_OFFSET),
            label: position(&LABEL),
            speaker: position(&["speaker"]),
            selection,
        })
    }

    /// Paths, starts and ends in columns without a name, where every line has them.
    pub fn without_header(lines: &[Line<'_>]) -> Option<Self> {
        let of = |line: &Line<'_>, separator: u8| {
            let fields = fields(line.bytes, separator);
            let time = |at: usize| seconds(&String::from_utf8_lossy(&fields.get(at)?.0), separator);
            time(1).and(time(2)).filter(|_| {
                fields.first().is_some_and(|(path, _)| {
                    !path.is_empty() && seconds(&String::from_utf8_lossy(path), separator).is_none()
                })
            })
        };
        let fits = |separator: &u8| lines.iter().all(|line| of(line, *separator).is_some());
        let separator = [b'\t', b';', b','].into_iter().find(|separator| fits(separator))?;
        let most = lines.iter().map(|line| fields(line.bytes, separator).len()).max().unwrap_or(0);
        Some(Self {
            separator,
            count: most,
            shift: 0,
            path: Some(0),
            file: None,
            start: Some(1),
            end: Some(2),
            duration: None,
            offset: None,
            label: (most == 4).then_some(3),
            speaker: None,
            selection: None,
        })
    }

    /// Whether rows have labels.
    pub fn has_label(&self) -> bool {
        self.label.is_some()
    }

    /// Whether rows have speakers.
    pub fn has_speaker(&self) -> bool {
        self.speaker.is_some()
    }

    /// The rows of the lines below the header.
    pub fn rows(
        &self,
        list: &Path,
        folder: &Path,
        lines: &[Line<'_>],
        recording: &dyn Fn() -> Option<PathBuf>,
    ) -> Result<Vec<Row>, ManifestError> {
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        let known = match self.path {
            Some(_) => None,
            None => {
                let missing = || ManifestError::NoRecording {
                    path: list.to_owned(),
                    what: "selections of Raven without Begin Path",
                };
                Some(recording().ok_or_else(missing)?)
            }
        };
        for line in lines {
            let fields = fields(line.bytes, self.separator);
            // What a spreadsheet leaves below a table.
            if fields.iter().all(|(value, _)| value.trim_ascii().is_empty())
                && self.separator != b' '
                && fields.len() > 1
            {
                continue;
            }
            let selection = self.selection.and_then(|at| fields.get(at)).map(|(value, _)| value.clone().into_owned());
            if selection.is_none_or(|selection| seen.insert(selection)) {
                rows.push(self.row(list, folder, line.number, &fields, known.as_deref())?);
            }
        }
        Ok(rows)
    }

    fn row(
        &self,
        list: &Path,
        folder: &Path,
        line: usize,
        fields: &[Field<'_>],
        known: Option<&Path>,
    ) -> Result<Row, ManifestError> {
        if self.separator == b',' && fields.len() > self.count + self.shift {
            let (fields, columns) = (fields.len(), self.count);
            return Err(ManifestError::Fields { path: list.to_owned(), line, fields, columns });
        }
        let field = |column: Option<usize>| {
            let (value, quoted) = fields.get(column? + self.shift)?;
            // R writes NA where there is nothing.
            let given = !value.is_empty() && (*quoted || value.as_ref() != b"NA");
            given.then(|| String::from_utf8_lossy(value).into_owned())
        };
        let bytes = |column: Option<usize>| {
            fields.get(column? + self.shift).map(|(value, _)| value.as_ref()).filter(|value| !value.is_empty())
        };
        let written = match (known, bytes(self.path)) {
            (Some(known), _) => known.to_owned(),
            (None, Some(value)) => found(folder, value, bytes(self.file)),
            (None, None) => return Err(ManifestError::NoPath { path: list.to_owned(), line }),
        };
        let seconds = |column: &'static str, value: &Option<String>| match value {
            None => Ok(None),
            Some(text) => match seconds(text, self.separator) {
                Some(value) => Ok(Some(value)),
                None => Err(ManifestError::Seconds { path: list.to_owned(), line, column, value: text.clone() }),
            },
        };
        let (mut start_text, mut end_text) = (field(self.start), field(self.end));
        let (mut start, mut end) = (seconds("start", &start_text)?, seconds("end", &end_text)?);
        if let Some(duration) = seconds("duration", &field(self.duration))? {
            end = Some(start.unwrap_or(0.0) + duration);
            end_text = end.map(brief);
        }
        if let (Some(offset), Some(begin), Some(stop)) = (seconds("file offset", &field(self.offset))?, start, end) {
            (start, end) = (Some(offset), Some(offset + stop - begin));
            (start_text, end_text) = (start.map(brief), end.map(brief));
        }
        ordered(list, line, start, end)?;
        let stretch = (start_text.is_some() || end_text.is_some())
            .then(|| format!("{}-{}", start_text.unwrap_or_default(), end_text.unwrap_or_default()));
        let (label, speaker) = (field(self.label), field(self.speaker));
        Ok(Row { path: folder.join(&written), written, start, end, label, speaker, stretch })
    }
}

/// Labels as Audacity writes them: start, end and a text, separated by tabs, of the recording that is called as the list is. None where the
/// lines are something else.
pub(super) fn read_labels(
    list: &Path,
    folder: &Path,
    lines: &[Line<'_>],
    recording: &dyn Fn() -> Option<PathBuf>,
) -> Result<Option<Vec<Row>>, ManifestError> {
    // A line that begins with a backslash is the range of frequencies of the label before it.
    let labels = || lines.iter().filter(|line| !line.bytes.starts_with(b"\\"));
    let times = |line: &Line<'_>| {
        let fields = fields(line.bytes, b'\t');
        let time = |at: usize| seconds(&String::from_utf8_lossy(&fields.get(at)?.0), b'\t');
        let label = fields.get(2).map(|(label, _)| String::from_utf8_lossy(label).into_owned());
        Some((time(0)?, time(1)?, label.filter(|label| !label.is_empty())))
    };
    if labels().next().is_none() || labels().any(|line| times(line).is_none()) {
        return Ok(None);
    }
    let written =
        recording().ok_or_else(|| ManifestError::NoRecording { path: list.to_owned(), what: "labels of Audacity" })?;
    let rows = labels().filter_map(|line| times(line).map(|times| (line, times))).map(|(line, (start, end, label))| {
        ordered(list, line.number, Some(start), Some(end))?;
        let stretch = Some(format!("{}-{}", brief(start), brief(end)));
        let (path, written) = (folder.join(&written), written.clone());
        Ok(Row { path, written, start: Some(start), end: Some(end), label, speaker: None, stretch })
    });
    rows.collect::<Result<_, _>>().map(Some)
}

/// The separators that a line may have, the likeliest first. A space only where every field is quoted, as R does by default.
pub(super) fn separators(line: &[u8]) -> impl Iterator<Item = u8> {
    let spaced = line.starts_with(b"\"") && fields(line, b' ').iter().all(|(_, quoted)| *quoted);
    [b'\t', b';', b','].into_iter().chain(spaced.then_some(b' '))
}

/// Whether a row begins with its number or its name, which R puts in quotes.
fn is_numbered(line: &Line<'_>, separator: u8) -> bool {
    let fields = fields(line.bytes, separator);
    fields.first().is_some_and(|(value, quoted)| *quoted || (!value.is_empty() && value.iter().all(u8::is_ascii_digit)))
}

/// A heading as it is compared.
fn name(field: &Field<'_>) -> String {
    String::from_utf8_lossy(&field.0).trim().to_lowercase().replace(['_', '-'], " ")
}

/// The path of a field as it can be opened: as written, else the file of that name beside the list, as for the path of another machine.
fn found(folder: &Path, value: &[u8], file: Option<&[u8]>) -> PathBuf {
    let written = path_of_bytes(value);
    if folder.join(&written).exists() {
        return written;
    }
    let last = value.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    let foreign = value.contains(&b'\\') || file.is_some();
    let slashed =
        path_of_bytes(&value.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect::<Vec<u8>>());
    let mut others = [Some(slashed), file.map(path_of_bytes), Some(path_of_bytes(last))].into_iter().flatten();
    let there = others.find(|path| foreign && !path.as_os_str().is_empty() && folder.join(path).is_file());
    there.unwrap_or(written)
}

/// Seconds with a decimal point, or with a comma where commas separate nothing.
fn seconds(text: &str, separator: u8) -> Option<f64> {
    let text = text.trim();
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    number(text).or_else(|| {
        let (whole, part) = text.split_once(',')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A comma in a field of a list separated by commas stood in quotes.
        let unambiguous = digits(whole) && digits(part) && (separator != b',' || part.len() != 3);
        if unambiguous { number(&format!("{whole}.{part}")) } else { None }
    })
}

fn ordered(list: &Path, line: usize, start: Option<f64>, end: Option<f64>) -> Result<(), ManifestError> {
    let start = start.unwrap_or(0.0);
    match end.filter(|end| *end <= start) {
        Some(end) => Err(ManifestError::Order { path: list.to_owned(), line, start, end }),
        None => Ok(()),
    }
}

/// Seconds to the millisecond, as short as they can be.
fn brief(seconds: f64) -> String {
    ((seconds * 1000.0).round() / 1000.0).to_string()
}
