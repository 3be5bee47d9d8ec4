//! Times of subtitles: hours, minutes, seconds and milliseconds.

use super::InvalidAnnotation;

/// Whole milliseconds of seconds.
pub(super) fn milliseconds(seconds: f64) -> u64 {
    // Annotations are not negative, and 10¹⁶ s is longer than any recording.
    (seconds * 1000.0).round() as u64
}

/// The milliseconds of a stretch that players show: at least one long.
pub(super) fn stretch(start: f64, end: f64) -> (u64, u64) {
    let start = milliseconds(start);
    (start, milliseconds(end).max(start + 1))
}

/// A number with at least six decimals, as Audacity and Raven write seconds, and never with an exponent; exact.
pub(super) fn decimal(seconds: f64) -> String {
    let text = seconds.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals < 6 { format!("{seconds:.6}") } else { text }
}

/// `00:01:02.345`, or with another mark before the milliseconds.
pub(super) fn written(milliseconds: u64, mark: char) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    format!("{:02}:{:02}:{:02}{mark}{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The two times of a line such as `00:01.000 --> 00:02.500 align:start`, in seconds; none where it is no such line.
pub(super) fn times(line: &str) -> Option<Result<(f64, f64), InvalidAnnotation>> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next().unwrap_or_default();
    Some(seconds("start", start.trim()).and_then(|start| Ok((start, seconds("end", end)?))))
}

/// `h:m:s,ms`, `m:s.ms` or `s`.
fn seconds(column: &'static str, text: &str) -> Result<f64, InvalidAnnotation> {
    let wrong =
        || InvalidAnnotation::Column { column, value: text.to_owned(), expected: "and not a time as 00:01:02.345" };
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let digits = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    if parts.len() > 3 || !parts.iter().all(|part| digits(part)) || !(fraction.is_empty() || digits(fraction)) {
        return Err(wrong());
    }
    let whole = parts.iter().fold(0_u64, |sum, part| sum * 60 + part.parse::<u64>().unwrap_or(0));
    format!("{whole}.{fraction}0").parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_of_all_lengths_are_read() {
        let read = |line: &str| times(line).unwrap().unwrap();
        assert_eq!(read("00:01:02,345 --> 100:00:00,000"), (62.345, 360_000.0));
        assert_eq!(read("01:02.345 --> 01:03.000 align:start line:0"), (62.345, 63.0));
        assert!(times("no times").is_none());
        assert!(times("00:00:0x,000 --> 00:00:01,000").unwrap().is_err());
        assert_eq!(written(3_723_004, ','), "01:02:03,004");
    }
}
