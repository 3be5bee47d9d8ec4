//! Conditions, asked of a recording and of its moments.

use std::path::Path;

use super::{
    began::Began,
    field::Field,
    operator::Operator,
    parse::{Condition, Test},
    stretches::Stretches,
};

/// A recording, or a text, and what is known of it.
pub struct Subject<'a> {
    /// The path, as the user is shown it.
    pub path: &'a Path,
    /// Where the file is: an absolute path.
    pub place: &'a Path,
    /// How long it is; nothing of a text.
    pub seconds: Option<f64>,
    /// Its channel, counted from 1, where each is by itself.
    pub channel: Option<u16>,
    /// When it began, where that is known.
    pub began: Option<Began>,
    /// The value of a further field, by its name as [`field_name`](super::field_name) makes it.
    pub value: &'a dyn Fn(&str) -> Option<String>,
}

/// Conditions that hold together: of those of one field with `=` any may hold, of all others every one must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// All of these.
    pub fn new(conditions: Vec<Condition>) -> Self {
        Self(conditions)
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// Those of another kind than the label and the text of moments.
    pub fn of_recordings(&self) -> impl Iterator<Item = &Condition> {
        self.iter().filter(|condition| !matches!(condition.field, Field::Label | Field::Text))
    }

    /// The stretches of a recording, in seconds from its beginning, that meet the conditions; labels and texts of moments are left to
    /// [`Conditions::moments`].
    pub fn stretches(&self, subject: &Subject<'_>) -> Stretches {
        self.stretches_as(subject, &|_| None)
    }

    /// The same, where `named` knows better whether a path that is no pattern means the recording.
    pub fn stretches_as(&self, subject: &Subject<'_>, named: &dyn Fn(&Condition) -> Option<bool>) -> Stretches {
        let (mut wanted, mut all): (Vec<(&Field, Stretches)>, Stretches) = (Vec::new(), Stretches::all());
        for condition in self.of_recordings() {
            let own = condition.stretches(subject, named);
            let any = wanted.iter_mut().find(|(field, _)| **field == condition.field);
            match any {
                _ if condition.operator != Operator::Equal => all = all.and(&own),
                Some((_, any)) => *any = std::mem::take(any).or(own),
                None => wanted.push((&condition.field, own)),
            }
        }
        wanted.into_iter().fold(all, |all, (_, any)| all.and(&any))
    }

    /// What is asked of moments.
    pub fn moments(&self) -> MomentConditions {
        let of = |field: Field, operator| {
            let own = self.iter().filter(move |one| one.field == field && one.operator == operator);
            own.filter_map(|one| if let Test::Text(text) = &one.test { Some(text.clone()) } else { None }).collect()
        };
        let lower = |texts: Vec<String>| texts.iter().map(|text| text.to_lowercase()).collect();
        MomentConditions {
            label: of(Field::Label, Operator::Equal),
            not_label: of(Field::Label, Operator::NotEqual),
            text: lower(of(Field::Text, Operator::Equal)),
            not_text: lower(of(Field::Text, Operator::NotEqual)),
        }
    }
}

/// Conditions on the label and the text of a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MomentConditions {
    /// One of these, where there are any; an empty one is that of a moment without a label.
    pub label: Vec<String>,
    /// None of these.
    pub not_label: Vec<String>,
    /// In small letters; one of these is a part of the text.
    text: Vec<String>,
    not_text: Vec<String>,
}

impl MomentConditions {
    /// Whether every moment passes.
    pub fn is_empty(&self) -> bool {
        !self.ask_labels() && !self.ask_texts()
    }

    /// Whether texts matter.
    pub fn ask_texts(&self) -> bool {
        !self.text.is_empty() || !self.not_text.is_empty()
    }

    /// Whether labels matter.
    pub fn ask_labels(&self) -> bool {
        !self.label.is_empty() || !self.not_label.is_empty()
    }

    /// Whether a moment of this label and text passes.
    pub fn pass(&self, label: Option<&str>, text: Option<&str>) -> bool {
        self.pass_label(label) && self.pass_text(text)
    }

    fn pass_label(&self, label: Option<&str>) -> bool {
        let is = |own: &String| own == label.unwrap_or_default();
        (self.label.is_empty() || self.label.iter().any(is)) && !self.not_label.iter().any(is)
    }

    fn pass_text(&self, text: Option<&str>) -> bool {
        if !self.ask_texts() {
            return true;
        }
        let text = text.unwrap_or_default().to_lowercase();
        let within = |part: &String| text.contains(part.as_str());
        (self.text.is_empty() || self.text.iter().any(within)) && !self.not_text.iter().any(within)
    }
}

impl Condition {
    fn stretches(&self, subject: &Subject<'_>, named: &dyn Fn(&Self) -> Option<bool>) -> Stretches {
        let equal = |same: bool| Stretches::whether(same == (self.operator == Operator::Equal));
        match &self.test {
            Test::Path { patterns, .. } => {
                let matches = || patterns.iter().any(|one| one.is_match(subject.place) || one.is_match(subject.path));
                equal(named(self).unwrap_or_else(matches))
            }
            // Asked of moments.
            Test::Text(_) => Stretches::all(),
            Test::Seconds(seconds) => {
                Stretches::whether(subject.seconds.is_some_and(|own| self.operator.holds(own, *seconds)))
            }
            Test::Channel(number) => Stretches::whether(match subject.channel {
                Some(own) => self.operator.holds(f64::from(own), *number),
                None => self.operator == Operator::NotEqual,
            }),
            Test::Period(period) => {
                subject.began.map_or_else(Stretches::default, |began| period.stretches(self.operator, &began))
            }
            Test::Daily(daily) => match subject.began.and_then(|began| began.time) {
                Some(time) => daily.stretches(self.operator, time, subject.seconds.unwrap_or(0.0)),
                None => Stretches::default(),
            },
            Test::Value { pattern, number } => {
                let own = (subject.value)(self.field.name());
                let own_number = own.as_deref().and_then(|own| own.trim().parse::<f64>().ok());
                match (own, own_number, number) {
                    // What is not said is not the same as anything.
                    (None, ..) => Stretches::whether(self.operator == Operator::NotEqual),
                    (_, Some(own), Some(number)) => Stretches::whether(self.operator.holds(own, *number)),
                    (Some(own), ..) if self.operator.is_of_equality() => {
                        equal(pattern.as_ref().is_some_and(|pattern| pattern.is_match(own.trim())))
                    }
                    _ => Stretches::default(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn conditions(texts: &[&str]) -> Conditions {
        Conditions::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn passes(texts: &[&str], path: &str) -> bool {
        let place = Path::new("/data").join(path);
        let value = |field: &str| (field == "site").then(|| "North 7".to_owned());
        let began = Began::of_name(&place);
        let subject = Subject {
            path: Path::new(path),
            place: &place,
            seconds: Some(60.0),
            channel: Some(2),
            began,
            value: &value,
        };
        !conditions(texts).stretches(&subject).within(60.0).is_empty()
    }

    #[test]
    fn patterns_match_names_folders_and_whole_paths() {
        let path = "north/2024/a_dawn.wav";
        for pattern in [
            "north",
            "north/2024/a_dawn.wav",
            "*.wav",
            "*_dawn.wav",
            "nor*",
            "north/*",
            "north/**",
            "**/2024/*.wav",
            "/data/*/2024",
            "{north,south}/**",
            "./north/*",
        ] {
            assert!(passes(&[&format!("path={pattern}")], path), "{pattern}");
            assert!(!passes(&[&format!("path!={pattern}")], path), "{pattern}");
        }
        for pattern in ["*.flac", "sou*", "north/*.wav", "/north/*", "2023/*", "NORTH/*"] {
            assert!(!passes(&[&format!("path={pattern}")], path), "{pattern}");
        }
    }

    #[test]
    fn of_one_field_any_may_hold_and_of_others_all_must() {
        let path = "north/20240501_213000.wav";
        assert!(passes(&["path=south/*", "path=north/*", "date=2024-05"], path));
        assert!(!passes(&["path=south/*", "path=north/*", "date=2024-06"], path));
        assert!(!passes(&["path=north/*", "path!=*.wav"], path));
        assert!(passes(&["channel=2"], path) && !passes(&["channel=1"], path) && passes(&["channel>1"], path));
        assert!(passes(&["duration>=60", "duration<=1:00", "date>2024-04", "date<2024-06"], path));
        assert!(!passes(&["date>=2024-05-01"], "north/a.wav"), "the day is not known");
    }

    #[test]
    fn further_fields_are_compared_as_numbers_or_patterns() {
        assert!(passes(&["site=north*"], "a.wav") && passes(&["Site!=south"], "a.wav"));
        assert!(!passes(&["site=north"], "a.wav") && !passes(&["site>5"], "a.wav"));
        assert!(!passes(&["depth=5"], "a.wav") && passes(&["depth!=5"], "a.wav"));
    }

    #[test]
    fn moments_are_told_by_their_label_and_text() {
        let moments = conditions(&["label=owl", "label=fox", "text=Rain", "label!=dog"]).moments();
        assert!(moments.pass(Some("fox"), Some("much rain")));
        assert!(!moments.pass(Some("dog"), Some("rain")) && !moments.pass(Some("owl"), None));
        assert!(conditions(&["label="]).moments().pass(None, None));
        assert!(!conditions(&["label!="]).moments().pass(None, None));
    }
}
