//! When a recording began, by the clock of its recorder.

use std::path::Path;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::Offset,
};

/// Years that names of files are believed to mean.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;
/// Seconds since 1970 that a name in hexadecimal digits may mean: from 2015, when recorders began to be named so, to 2060.
const SECONDS: std::ops::Range<i64> = 1_420_070_400..2_840_140_800;

/// The day on which a recording began and, where that is known, the time, both as the recorder's clock showed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Began {
    /// The day.
    pub date: Date,
    /// The time of the day.
    pub time: Option<Time>,
}

/// A run of digits in a name.
struct Run<'a> {
    digits: &'a str,
    /// The letters between it and the run before it.
    before: &'a str,
}

impl Began {
    /// What the name of a file says: `20240501_213000.WAV` (AudioMoth), `SITE_20240501_213000.wav` (Song Meter), `240501_213000.WAV` and
    /// `240501_001.WAV` (Zoom), `2024-05-01 21.30.00.wav`, or eight hexadecimal digits (early AudioMoth: seconds since 1970, UTC).
    pub fn of_name(path: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_string_lossy();
        let runs = runs(&stem);
        let of_place = |at: usize| of_full_year(&runs[at..]);
        let year = (0..runs.len()).find_map(of_place);
        year.or_else(|| of_short_year(&runs)).or_else(|| of_seconds(&stem))
    }

    /// What a recorder wrote: a date and a time of ISO 8601, with or without an offset, which is left out; or the two apart.
    pub fn of_text(date: &str, time: Option<&str>) -> Option<Self> {
        let date = date.trim();
        let both = match time {
            Some(time) => format!("{date}T{}", time.trim().replace(['-', '.'], ":")),
            None => date.to_owned(),
        };
        let plain = both.trim_end_matches(['Z', 'z']);
        if let Some(at) = DateTime::strptime("%Y-%m-%dT%H:%M", plain).ok().or_else(|| plain.parse().ok()) {
            let dated = plain.contains(['T', 't', ' ', ':']);
            return Some(Self { date: at.date(), time: dated.then(|| at.time()) });
        }
        // With an offset the clock's own time is what is written before it.
        let offset = plain.rfind(['+', '-']).filter(|&at| at > 10).and_then(|at| plain.get(..at));
        if let Some(clock) = offset {
            return Self::of_text(clock, None);
        }
        Some(Self { date: date.parse().ok()?, time: None })
    }
}

fn runs(stem: &str) -> Vec<Run<'_>> {
    let (mut runs, mut rest) = (Vec::new(), stem);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        runs.push(Run { digits: &from[..end], before });
        rest = &from[end..];
    }
    runs
}

/// Whether a run follows another with nothing but a separator between them.
fn joined(run: &Run<'_>) -> bool {
    matches!(run.before, "_" | "-" | "." | "T" | "t" | "$" | " " | ":" | "h" | "m" | "_-" | " - ")
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let year: i16 = year.parse().ok()?;
    let year = if year < 100 { 2_000 + year } else { year };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok().filter(|date| YEARS.contains(&date.year()))
}

/// `213000` or `2130`.
fn time(digits: &str) -> Option<Time> {
    let two = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let second = if digits.len() == 4 { 0 } else { two(4)? };
    matches!(digits.len(), 4 | 6).then(|| Time::new(two(0)?, two(2)?, second, 0).ok()).flatten()
}

/// The time that the first runs say: together, or hours, minutes and seconds apart.
fn time_of(runs: &[Run<'_>]) -> Option<Time> {
    let first = runs.first().filter(|run| joined(run))?;
    if first.digits.len() != 2 {
        return time(first.digits);
    }
    let parts = runs.iter().take(3).take_while(|run| joined(run) && run.digits.len() == 2);
    time(&parts.map(|run| run.digits).collect::<String>())
}

/// A date with a year of four digits at the first run.
fn of_full_year(runs: &[Run<'_>]) -> Option<Began> {
    let [first, rest @ ..] = runs else { return None };
    let digits = first.digits;
    let whole = |digits: &str| date(digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?);
    match (digits.len(), rest) {
        (8, _) => Some(Began { date: whole(digits)?, time: time_of(rest) }),
        (12 | 14, _) => Some(Began { date: whole(digits)?, time: Some(time(digits.get(8..)?)?) }),
        (4, [month, day, rest @ ..])
            if joined(month) && joined(day) && month.digits.len() == 2 && day.digits.len() == 2 =>
        {
            Some(Began { date: date(digits, month.digits, day.digits)?, time: time_of(rest) })
        }
        _ => None,
    }
}

/// A date with a year of two digits, which only the beginning of a name and something of digits behind it tell from other numbers.
fn of_short_year(runs: &[Run<'_>]) -> Option<Began> {
    let [first, next, ..] = runs else { return None };
    let digits = first.digits;
    if !first.before.is_empty() || digits.len() != 6 || !joined(next) || !matches!(next.digits.len(), 3 | 4 | 6) {
        return None;
    }
    let date = date(digits.get(..2)?, digits.get(2..4)?, digits.get(4..6)?)?;
    Some(Began { date, time: time(next.digits) })
}

/// Seconds since 1970 in hexadecimal digits, one of which is a letter.
fn of_seconds(stem: &str) -> Option<Began> {
    let hexadecimal = stem.len() == 8
        && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        && stem.bytes().any(|byte| byte.is_ascii_uppercase());
    let seconds = hexadecimal.then(|| i64::from_str_radix(stem, 16).ok()).flatten()?;
    let at = Timestamp::from_second(seconds).ok().filter(|_| SECONDS.contains(&seconds))?;
    let at = Offset::UTC.to_datetime(at);
    Some(Began { date: at.date(), time: Some(at.time()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(began: Option<Began>) -> Option<String> {
        let began = began?;
        Some(began.time.map_or_else(|| began.date.to_string(), |time| began.date.to_datetime(time).to_string()))
    }

    #[test]
    fn names_of_recorders_say_when_they_began() {
        for (name, expected) in [
            ("20240501_213000.WAV", Some("2024-05-01T21:30:00")),
            ("20240501_213000T.WAV", Some("2024-05-01T21:30:00")),
            ("S4A01234_20240501_213000.wav", Some("2024-05-01T21:30:00")),
            ("SM2-B_20240501$213000.wac.wav", Some("2024-05-01T21:30:00")),
            ("20240501T213000Z.flac", Some("2024-05-01T21:30:00")),
            ("20240501213000.mp3", Some("2024-05-01T21:30:00")),
            ("240501_213000.WAV", Some("2024-05-01T21:30:00")),
            ("240501-2130.WAV", Some("2024-05-01T21:30:00")),
            ("240501_001.WAV", Some("2024-05-01")),
            ("5CB4F3A0.WAV", Some("2019-04-15T21:12:00")),
            ("2024-05-01 21.30.00.wav", Some("2024-05-01T21:30:00")),
            ("interview 2024-05-01.m4a", Some("2024-05-01")),
            ("site 7 2024_05_01_21_30.ogg", Some("2024-05-01T21:30:00")),
            ("20240501.wav", Some("2024-05-01")),
            ("20240501_take 2.wav", Some("2024-05-01")),
            ("20241301_213000.wav", None),
            ("ZOOM0001.WAV", None),
            ("01-american-man.flac", None),
            ("123456_000001.wav", None),
            ("DEADBEEF.wav", None),
            ("12345678.wav", None),
        ] {
            assert_eq!(shown(Began::of_name(Path::new(name))).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn what_recorders_write_is_the_time_of_their_clock() {
        for (date, time, expected) in [
            ("2024-05-01T21:30:00+02:00", None, Some("2024-05-01T21:30:00")),
            ("2024-05-01T21:30:00-05:00", None, Some("2024-05-01T21:30:00")),
            ("2024-05-01 21:30:00", None, Some("2024-05-01T21:30:00")),
            ("2024-05-01T21:30:00Z", None, Some("2024-05-01T21:30:00")),
            ("2024-05-01", Some("21:30:05"), Some("2024-05-01T21:30:05")),
            ("2024-05-01", Some("21-30-05"), Some("2024-05-01T21:30:05")),
            ("2024-05-01", Some("21:30"), Some("2024-05-01T21:30:00")),
            ("2024-05-01", None, Some("2024-05-01")),
            ("May 1st", None, None),
        ] {
            assert_eq!(shown(Began::of_text(date, time)).as_deref(), expected, "{date} {time:?}");
        }
    }
}
