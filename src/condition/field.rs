//! What a condition is about.

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The file, by a path, the name of a folder above it, or a pattern.
    Path,
    /// What somebody said that a moment is.
    Label,
    /// What a sentence says.
    Text,
    /// How long the recording is.
    Duration,
    /// The day on which a moment was recorded.
    Date,
    /// The time of the day at which it was recorded.
    Time,
    /// The channel of the recording, counted from 1, where each was indexed by itself.
    Channel,
    /// A column of a table, or what the recorder wrote into the file; as [`field_name`] makes it.
    Other(String),
}

impl Field {
    /// The names of those that every recording has.
    pub const NAMES: [&str; 7] = ["path", "label", "text", "duration", "date", "time", "channel"];

    /// The field of this name.
    pub fn of_name(name: &str) -> Self {
        match field_name(name).as_str() {
            "path" => Self::Path,
            "label" => Self::Label,
            "text" => Self::Text,
            "duration" => Self::Duration,
            "date" => Self::Date,
            "time" => Self::Time,
            "channel" => Self::Channel,
            other => Self::Other(other.to_owned()),
        }
    }

    /// As it is written.
    pub fn name(&self) -> &str {
        match self {
            Self::Path => "path",
            Self::Label => "label",
            Self::Text => "text",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::Time => "time",
            Self::Channel => "channel",
            Self::Other(name) => name,
        }
    }
}

/// A name without case, `_` and `-` as spaces: `Loc Position` and `loc_position` are one field.
pub fn field_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if matches!(c, '_' | '-') { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
