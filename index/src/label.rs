//! What somebody said that a stretch of a source is.

use serde::{Deserialize, Serialize};

use crate::Span;

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LabelOrigin {
    /// A model found it.
    Model,
    /// A list that was read.
    Imported,
    /// Somebody who listened to it in this program.
    User,
}

/// A word for a stretch of a source, or for all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Where; `None`: the whole source.
    pub span: Option<Span>,
    /// What it is.
    pub text: String,
    /// Who says so.
    pub origin: LabelOrigin,
    /// Since when, in seconds since 1970 (UTC).
    pub date: i64,
    /// The group of labels that it belongs to: a tier of Praat or ELAN.
    pub tier: Option<String>,
    /// The channel of the recording, from 0; `None`: all of them.
    pub channel: Option<u16>,
    /// How probable it is, 0 to 1, where that is known.
    pub confidence: Option<f32>,
}

impl Label {
    /// A label that nothing else is known of.
    pub fn new(span: Option<Span>, text: impl Into<String>, origin: LabelOrigin, date: i64) -> Self {
        Self { span, text: text.into(), origin, date, tier: None, channel: None, confidence: None }
    }

    /// Whether both say the same of the same stretch, whenever that was said.
    fn same(&self, other: &Self) -> bool {
        *self == Self { date: self.date, ..other.clone() }
    }
}

/// `old` with `imported` in the place of what was imported before; `None` where that changes nothing.
pub(crate) fn import(old: &[Label], imported: &[Label]) -> Option<Vec<Label>> {
    let before = || old.iter().filter(|label| label.origin == LabelOrigin::Imported);
    if before().count() == imported.len() && before().zip(imported).all(|(a, b)| a.same(b)) {
        return None;
    }
    let kept = old.iter().filter(|label| label.origin != LabelOrigin::Imported);
    Some(kept.chain(imported).cloned().collect())
}

/// The label of a stretch, of all labels of its source: of those that share at least half of the shorter of the two, the one that shares most, the user's
/// word before a list's and a list's before a model's; else what is said of the whole source.
pub fn label_of(labels: &[Label], span: Span) -> Option<&Label> {
    let shared = |label: &Label| label.span.map_or(0, |own| own.overlap(&span));
    let fits = |label: &&Label| {
        label.span.is_some_and(|own| shared(label) > 0 && 2 * shared(label) >= u64::from(own.len.min(span.len)))
    };
    let best = labels.iter().filter(fits).max_by_key(|label| (shared(label), label.origin, label.date));
    let whole = || labels.iter().filter(|label| label.span.is_none()).max_by_key(|label| (label.origin, label.date));
    best.or_else(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(span: Option<(u64, u32)>, text: &str, origin: LabelOrigin) -> Label {
        Label::new(span.map(|(start, len)| Span { start, len }), text, origin, 0)
    }

    fn text(labels: &[Label], start: u64, len: u32) -> Option<&str> {
        label_of(labels, Span { start, len }).map(|label| label.text.as_str())
    }

    #[test]
    fn the_label_that_shares_most_counts_and_then_that_of_the_whole() {
        use LabelOrigin::{Imported, Model, User};
        let mut labels = vec![label(Some((0, 100)), "a", Imported), label(Some((90, 100)), "b", Imported)];
        assert_eq!(text(&labels, 0, 100), Some("a"));
        assert_eq!(text(&labels, 60, 60), Some("a"), "40 of 60 samples");
        assert_eq!(text(&labels, 100, 20), Some("b"));
        assert_eq!(text(&labels, 180, 100), None, "a tenth of either is too little");
        labels.push(label(None, "all", Model));
        assert_eq!(text(&labels, 180, 100), Some("all"));
        labels.push(label(Some((0, 100)), "c", User));
        assert_eq!(text(&labels, 0, 100), Some("c"));
    }

    #[test]
    fn an_import_takes_the_place_of_the_last_and_leaves_the_rest() {
        use LabelOrigin::{Imported, User};
        let own = label(None, "mine", User);
        let one = [label(None, "one", Imported)];
        let first = import(std::slice::from_ref(&own), &one).unwrap_or_default();
        assert_eq!(first, [own.clone(), one[0].clone()]);
        let later = Label { date: 7, ..one[0].clone() };
        assert_eq!(import(&first, &[later]), None);
        assert_eq!(import(&first, &[]), Some(vec![own]));
    }
}
