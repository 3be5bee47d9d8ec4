//! Which channels of a recording are heard.

use std::str::FromStr;

/// How the channels of recordings become what is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channels {
    /// All together: their mean, or the strongest one where they would cancel.
    #[default]
    Mix,
    /// Each as a voice of its own.
    Each,
    /// This one alone, counted from 0.
    One(u16),
}

impl FromStr for Channels {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse::<u16>()) {
            ("mix", _) => Ok(Self::Mix),
            ("each", _) => Ok(Self::Each),
            (_, Ok(number)) if number > 0 => Ok(Self::One(number - 1)),
            _ => Err("write mix, each, or the number of a channel, counted from 1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_counted_from_one() {
        assert_eq!("2".parse(), Ok(Channels::One(1)));
        assert_eq!(("mix".parse(), "each".parse()), (Ok(Channels::Mix), Ok(Channels::Each)));
        for bad in ["0", "-1", "left", "", "70000"] {
            assert!(bad.parse::<Channels>().is_err(), "{bad}");
        }
    }
}
