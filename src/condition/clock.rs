//! Days and times of the day, as people write them, and the stretches of a recording that they mean.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time},
};

use super::{began::Began, operator::Operator, stretches::Stretches};

const DAY: f64 = 86_400.0;
/// Days of one recording that are looked at, at most.
const MOST_DAYS: i32 = 3_660;

/// A stretch of the calendar: a year, a month, a day, or from there to an hour, a minute, a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    start: DateTime,
    end: DateTime,
}

impl Period {
    /// Reads `2024`, `2024-05`, `2024-05-01`, `2024-05-01T22`, `2024-05-01 22:30` or with seconds.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.trim().split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time.trim())),
            None => (text.trim(), None),
        };
        let parts: Vec<i16> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let (year, rest) = parts.split_first()?;
        let small = |at: usize| rest.get(at).map_or(Some(1), |value| i8::try_from(*value).ok());
        let start = Date::new(*year, small(0)?, small(1)?).ok()?.at(0, 0, 0, 0);
        let Some(time) = time else {
            let length = match rest.len() {
                0 => 1.year(),
                1 => 1.month(),
                2 => 1.day(),
                _ => return None,
            };
            return Some(Self { start, end: start.checked_add(length).ok()? });
        };
        let (from, to) = of_day(time).filter(|_| rest.len() == 2)?;
        let at = |seconds: u32| start.checked_add(i64::from(seconds).seconds()).ok();
        Some(Self { start: at(from)?, end: at(to)? })
    }

    /// The stretches of a recording that began then for which the comparison holds.
    pub fn stretches(&self, operator: Operator, began: &Began) -> Stretches {
        let (start, end) = match began.time {
            Some(time) => {
                (since(began.date.to_datetime(time), self.start), since(began.date.to_datetime(time), self.end))
            }
            // Of the day alone: all of it or nothing.
            None => {
                let day = began.date.at(0, 0, 0, 0);
                let endless = |behind: bool| if behind { f64::NEG_INFINITY } else { f64::INFINITY };
                (endless(began.date >= self.start.date()), endless(day >= self.end))
            }
        };
        match operator {
            Operator::Equal => Stretches::of(vec![(start, end)]),
            Operator::NotEqual => Stretches::of(vec![(start, end)]).not(),
            Operator::Less => Stretches::of(vec![(f64::NEG_INFINITY, start)]),
            Operator::LessEqual => Stretches::of(vec![(f64::NEG_INFINITY, end)]),
            Operator::Greater => Stretches::of(vec![(end, f64::INFINITY)]),
            Operator::GreaterEqual => Stretches::of(vec![(start, f64::INFINITY)]),
        }
    }
}

/// Stretches of every day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    /// Seconds since midnight, each within one day.
    parts: Vec<(u32, u32)>,
}

impl Daily {
    /// Reads `22:00-04:00`, which may go past midnight and is without its end, or one time (`22`, `22:30`, `22:30:05`), with a comparison
    /// within the day.
    pub fn parse(text: &str, operator: Operator) -> Option<Self> {
        let day = DAY as u32;
        let parts = match text.split_once(['-', '–']) {
            Some((from, to)) => {
                let (from, to) = (of_day(from.trim())?.0, of_day_end(to.trim())?);
                match operator {
                    Operator::Equal | Operator::NotEqual if from < to => vec![(from, to)],
                    Operator::Equal | Operator::NotEqual => vec![(0, to), (from, day)],
                    _ => return None,
                }
            }
            None => {
                let (from, to) = of_day(text.trim())?;
                vec![match operator {
                    Operator::Equal | Operator::NotEqual => (from, to),
                    Operator::Less => (0, from),
                    Operator::LessEqual => (0, to),
                    Operator::Greater => (to, day),
                    Operator::GreaterEqual => (from, day),
                }]
            }
        };
        Some(Self { parts })
    }

    /// The stretches of a recording of so many seconds that began at a time of the day.
    pub fn stretches(&self, operator: Operator, began: Time, seconds: f64) -> Stretches {
        let at =
            f64::from(i32::from(began.hour()) * 3_600 + i32::from(began.minute()) * 60 + i32::from(began.second()))
                + f64::from(began.subsec_nanosecond()) * 1e-9;
        let days = ((at + seconds) / DAY) as i32;
        let part = |day: i32| {
            let offset = f64::from(day) * DAY - at;
            self.parts.iter().map(move |&(from, to)| (offset + f64::from(from), offset + f64::from(to)))
        };
        let all = Stretches::of((0..=days.min(MOST_DAYS)).flat_map(part).collect());
        if operator == Operator::NotEqual { all.not() } else { all }
    }
}

/// The first second of an hour, a minute or a second that is written so, and the one behind it.
fn of_day(text: &str) -> Option<(u32, u32)> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour] => (hour, 0, 0),
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let length = [3_600, 60, 1][parts.len() - 1];
    let start = hour * 3_600 + minute * 60 + second;
    (hour < 24 && minute < 60 && second < 60).then_some((start, start + length))
}

/// As the end of a stretch, where `24:00` is one too.
fn of_day_end(text: &str) -> Option<u32> {
    if matches!(text, "24" | "24:00" | "24:00:00") { Some(DAY as u32) } else { Some(of_day(text)?.0) }
}

/// Seconds from one time to another.
fn since(from: DateTime, to: DateTime) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn began(text: &str) -> Began {
        let at: DateTime = text.parse().unwrap();
        Began { date: at.date(), time: Some(at.time()) }
    }

    fn dated(operator: Operator, text: &str, at: &Began) -> Vec<(f64, f64)> {
        Period::parse(text).unwrap().stretches(operator, at).within(7_200.0)
    }

    #[test]
    fn a_period_is_as_long_as_it_is_written() {
        let late = began("2024-04-30T23:00:00");
        assert_eq!(dated(Operator::GreaterEqual, "2024-05-01", &late), [(3_600.0, 7_200.0)]);
        assert_eq!(dated(Operator::Less, "2024-05", &late), [(0.0, 3_600.0)]);
        assert_eq!(dated(Operator::Equal, "2024", &late), [(0.0, 7_200.0)]);
        assert_eq!(dated(Operator::LessEqual, "2024-04-30 23:29", &late), [(0.0, 1_800.0)]);
        assert_eq!(dated(Operator::Greater, "2024-04-30", &late), [(3_600.0, 7_200.0)]);
        assert_eq!(dated(Operator::NotEqual, "2024-04-30T23", &late), [(3_600.0, 7_200.0)]);
        for bad in ["", "May", "2024-13", "2024-02-30", "2024-05T22", "2024-05-01T25", "2024-05-01-02"] {
            assert_eq!(Period::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_a_day_alone_all_or_nothing_passes() {
        let day = Began { date: Date::new(2024, 5, 1).unwrap(), time: None };
        assert_eq!(dated(Operator::Equal, "2024-05", &day).len(), 1);
        assert_eq!(dated(Operator::GreaterEqual, "2024-05-01", &day).len(), 1);
        assert_eq!(dated(Operator::Less, "2024-05-01", &day).len(), 0);
        assert_eq!(dated(Operator::LessEqual, "2024-05-01", &day).len(), 1);
        assert_eq!(dated(Operator::Greater, "2024-05-01", &day).len(), 0);
    }

    #[test]
    fn a_stretch_of_the_day_may_go_past_midnight_and_comes_again() {
        let evening = Time::new(21, 30, 0, 0).unwrap();
        let of = |text: &str, operator, seconds: f64| {
            Daily::parse(text, operator).unwrap().stretches(operator, evening, seconds).within(seconds)
        };
        let hour = 3_600.0;
        assert_eq!(of("22:00-04:00", Operator::Equal, 2.0 * hour), [(0.5 * hour, 2.0 * hour)]);
        assert_eq!(
            of("22:00-04:00", Operator::Equal, 30.0 * hour),
            [(0.5 * hour, 6.5 * hour), (24.5 * hour, 30.0 * hour)]
        );
        assert_eq!(of("22:00-04:00", Operator::NotEqual, hour), [(0.0, 0.5 * hour)]);
        assert_eq!(of("22", Operator::Less, hour), [(0.0, 0.5 * hour)]);
        assert_eq!(of("20:00-24:00", Operator::Equal, 3.0 * hour), [(0.0, 2.5 * hour)]);
        for bad in ["", "25", "22:60", "night", "22:00-", "1:2:3:4"] {
            assert_eq!(Daily::parse(bad, Operator::Equal), None, "{bad}");
        }
        assert_eq!(Daily::parse("22-04", Operator::Less), None, "a stretch is no time");
    }
}
