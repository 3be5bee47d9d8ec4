//! Conditions as they are written.

use std::str::FromStr;

use globset::{Glob, GlobBuilder, GlobMatcher};
use thiserror::Error;

use super::{
    clock::{Daily, Period},
    field::Field,
    operator::Operator,
};

/// A condition: a field, how it is compared, and with what. Read from `FIELD=VALUE` or with `!=`, `<`, `<=`, `>`, `>=`.
#[derive(Debug, Clone)]
pub struct Condition {
    pub(super) field: Field,
    pub(super) operator: Operator,
    pub(super) test: Test,
    /// As it was written.
    written: String,
}

/// What a field is compared with.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// A path that is no pattern, where it is none, and what paths it matches as a pattern.
    Path {
        plain: Option<String>,
        patterns: Box<[GlobMatcher]>,
    },
    /// A label, or a part of a text.
    Text(String),
    Seconds(f64),
    Channel(f64),
    Period(Period),
    Daily(Daily),
    /// A value of a further field: a pattern, and a number where it is one.
    Value {
        pattern: Option<Box<GlobMatcher>>,
        number: Option<f64>,
    },
}

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidCondition {
    /// There is nothing that compares.
    #[error(
        "'{written}' compares nothing: write FIELD=VALUE, or !=, <, <=, >, >= in the place of =; fields are {}",
        names()
    )]
    NoOperator {
        /// As it was written.
        written: String,
    },
    /// There is nothing before the operator.
    #[error("'{written}' names no field; fields are {}", names())]
    NoField {
        /// As it was written.
        written: String,
    },
    /// The field has no order.
    #[error("{field} is the same or not: compare it with = or !=")]
    NoOrder {
        /// The name of the field.
        field: String,
    },
    /// The value is not one of the field.
    #[error("'{value}' is no {field}: write {expected}")]
    Value {
        /// As it was written.
        value: String,
        /// The name of the field.
        field: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// The fields that there always are, in a sentence.
fn names() -> String {
    format!("{}, columns of --metadata, and what recorders wrote into the files", Field::NAMES.join(", "))
}

impl Condition {
    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What it is about.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The path that it names, where that is no pattern.
    pub fn plain_path(&self) -> Option<&str> {
        if let Test::Path { plain, .. } = &self.test { plain.as_deref() } else { None }
    }

    /// The label that moments must bear; none of a condition on something else, or on what they must not be.
    pub fn wanted_label(&self) -> Option<&str> {
        match &self.test {
            Test::Text(label) if self.field == Field::Label && self.operator == Operator::Equal => Some(label),
            _ => None,
        }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Condition {}

impl FromStr for Condition {
    type Err = InvalidCondition;

    fn from_str(written: &str) -> Result<Self, InvalidCondition> {
        let no_operator = || InvalidCondition::NoOperator { written: written.to_owned() };
        let at = written.find(['!', '=', '<', '>']).ok_or_else(no_operator)?;
        let (name, rest) = written.split_at(at);
        let found = Operator::WRITTEN.iter().find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)));
        let (operator, value) = found.ok_or_else(no_operator)?;
        if name.trim().is_empty() {
            return Err(InvalidCondition::NoField { written: written.to_owned() });
        }
        let field = Field::of_name(name);
        let test = Test::read(&field, operator, value)?;
        Ok(Self { field, operator, test, written: written.to_owned() })
    }
}

impl Test {
    fn read(field: &Field, operator: Operator, value: &str) -> Result<Self, InvalidCondition> {
        let bad = |expected| InvalidCondition::Value {
            value: value.trim().to_owned(),
            field: field.name().to_owned(),
            expected,
        };
        let equality = || match operator.is_of_equality() {
            true => Ok(()),
            false => Err(InvalidCondition::NoOrder { field: field.name().to_owned() }),
        };
        Ok(match field {
            Field::Path => {
                equality()?;
                let patterns = path_patterns(value);
                let patterns = patterns.map_err(|_| bad("a path, or a pattern such as north/** or *_dawn.wav"))?;
                Self::Path { plain: (!is_pattern(value)).then(|| value.to_owned()), patterns }
            }
            Field::Label | Field::Text => {
                equality()?;
                Self::Text(value.to_owned())
            }
            Field::Duration => Self::Seconds(seconds(value).ok_or_else(|| bad("seconds, or 1:30 or 1:00:00"))?),
            Field::Channel => {
                Self::Channel(number(value).ok_or_else(|| bad("the number of a channel, counted from 1"))?)
            }
            Field::Date => Self::Period(
                Period::parse(value)
                    .ok_or_else(|| bad("a year, month or day: 2024, 2024-05, 2024-05-01, 2024-05-01T22:30"))?,
            ),
            Field::Time => {
                let expected = "a time of the day or, with =, a stretch of it: 22:30, 22:00-04:00";
                Self::Daily(Daily::parse(value, operator).ok_or_else(|| bad(expected))?)
            }
            Field::Other(_) => {
                let number = number(value);
                if !operator.is_of_equality() && number.is_none() {
                    return Err(bad("a number, or compare it with = or !="));
                }
                let pattern = glob(value.trim(), false).map_err(|_| bad("a value, or a pattern such as north*"))?;
                Self::Value { pattern: Some(Box::new(pattern.compile_matcher())), number }
            }
        })
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether a path has anything in it that stands for something else.
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn glob(pattern: &str, of_paths: bool) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(of_paths).case_insensitive(!of_paths).backslash_escape(true).build()
}

/// A pattern as one of whole paths: what it matches itself, and what lies below a folder that it matches. One that begins with no `/` may
/// match from any folder on.
fn path_patterns(pattern: &str) -> Result<Box<[GlobMatcher]>, globset::Error> {
    let relative = pattern.strip_prefix("./").unwrap_or(pattern);
    let whole = if relative.starts_with('/') { relative.to_owned() } else { format!("**/{relative}") };
    let below = format!("{}/**", whole.trim_end_matches('/'));
    [whole, below].iter().map(|pattern| Ok(glob(pattern, true)?.compile_matcher())).collect()
}

/// Seconds, written as a number or as `minutes:seconds` or `hours:minutes:seconds`.
fn seconds(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.trim().split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let small = parts.len() <= 3 && parts.iter().skip(1).all(|part| *part < 60.0);
    let sum = parts.iter().fold(0.0, |sum, part| sum * 60.0 + part);
    (small && sum.is_finite() && parts.iter().all(|part| *part >= 0.0)).then_some(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn message(text: &str) -> String {
        text.parse::<Condition>().unwrap_err().to_string()
    }

    #[test]
    fn the_first_sign_compares_and_the_value_may_hold_anything() {
        let condition: Condition = "label!=a=b".parse().unwrap();
        assert_eq!((condition.field(), condition.operator), (&Field::Label, Operator::NotEqual));
        assert!(matches!(&condition.test, Test::Text(text) if text == "a=b"));
        let condition: Condition = "Loc_Position = 7".parse().unwrap();
        assert_eq!(condition.field(), &Field::Other("loc position".into()));
        for (text, operator) in [
            ("duration<5", Operator::Less),
            ("duration>=1:30", Operator::GreaterEqual),
            ("temp <= 3", Operator::LessEqual),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().operator, operator);
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        assert!(
            message("label")
                .contains("fields are path, label, text, duration, date, time, channel, columns of --metadata")
        );
        assert!(message("=owl").contains("names no field"));
        assert!(message("label<owl").contains("= or !="));
        assert!(message("date>=May").contains("'May' is no date: write a year, month or day: 2024"));
        assert!(message("time=night").contains("22:00-04:00"));
        assert!(message("duration<long").contains("1:30"));
        assert!(message("duration<1:75").contains("1:30"));
        assert!(message("site>north").contains("a number"));
        assert!(message("path=[").contains("a pattern such as"));
    }
}
