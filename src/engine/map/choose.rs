//! Which points are drawn.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    str::FromStr,
};

use audiosearch_index::SourceKey;

use super::gather::{Candidate, Gathered};
use crate::{engine::EngineError, pipeline::Keys, projection::Random};

/// Labels that a message lists.
const LISTED: usize = 8;
/// Letters of a label in a message.
const SHOWN: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Label,
    Path,
    Text,
}

/// A condition on points; read from `FIELD=VALUE` or `FIELD!=VALUE`, where a field is `label`, `path` or `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    field: Field,
    is: bool,
    value: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, value) = text.split_once('=').ok_or("write label=WORD, path=FOLDER or text=PART; != for not")?;
        let (field, is) = field.strip_suffix('!').map_or((field, true), |field| (field, false));
        let field = match field {
            "label" => Field::Label,
            "path" => Field::Path,
            "text" => Field::Text,
            other => return Err(format!("there is no '{other}' to compare: label, path and text are there")),
        };
        Ok(Self { field, is, value: value.to_owned() })
    }
}

impl Condition {
    /// Whether a point is as wanted; `named`: the files that a path means.
    fn holds(&self, gathered: &Gathered<'_>, point: &Candidate<'_>, named: &HashSet<&SourceKey>) -> bool {
        let equal = match self.field {
            Field::Label => point.label.as_deref().unwrap_or_default() == self.value,
            Field::Path => gathered.keys.get(point.file as usize).is_some_and(|key| named.contains(key)),
            Field::Text => point.text.is_some_and(|text| text.to_lowercase().contains(&self.value.to_lowercase())),
        };
        equal == self.is
    }
}

/// Keeps the points for which, of each field, any `=` and every `!=` holds.
///
/// # Errors
/// Where a label is asked for that no point bears.
pub(super) fn keep(gathered: &mut Gathered<'_>, conditions: &[Condition], keys: &Keys) -> Result<(), EngineError> {
    for condition in conditions.iter().filter(|c| c.field == Field::Label && c.is && !c.value.is_empty()) {
        known(gathered, &condition.value, "--where")?;
    }
    let named = |condition: &Condition| match condition.field {
        Field::Path => keys.named(Path::new(&condition.value), gathered.keys.iter()).map(HashSet::from_iter),
        Field::Label | Field::Text => Ok(HashSet::new()),
    };
    let named: Vec<HashSet<&SourceKey>> = conditions.iter().map(named).collect::<Result<_, _>>()?;
    let passes = |point: &Candidate<'_>| {
        [Field::Label, Field::Path, Field::Text].iter().all(|field| {
            let (mut any, mut wanted) = (false, false);
            for (condition, named) in conditions.iter().zip(&named).filter(|(condition, _)| condition.field == *field) {
                let holds = condition.holds(gathered, point, named);
                if !condition.is && !holds {
                    return false;
                }
                wanted |= condition.is;
                any |= condition.is && holds;
            }
            any || !wanted
        })
    };
    let keep: Vec<bool> = gathered.points.iter().map(passes).collect();
    let mut keep = keep.into_iter();
    gathered.points.retain(|_| keep.next().unwrap_or_default());
    Ok(())
}

/// Fails where no point bears the label, and says which there are.
///
/// # Errors
/// As said.
pub(super) fn known(gathered: &Gathered<'_>, label: &str, option: &str) -> Result<(), EngineError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    gathered.points.iter().filter_map(|point| point.label.as_deref()).for_each(|l| *counts.entry(l).or_default() += 1);
    if counts.contains_key(label) {
        return Ok(());
    }
    let label = brief(label);
    if counts.is_empty() {
        let none = format!("{option}: no point has a label, so none is '{label}'; --label-from LIST.tsv gives labels");
        return Err(EngineError::Request(none));
    }
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let names: Vec<String> = all.iter().take(LISTED).map(|(name, _)| brief(name)).collect();
    let more = if all.len() > LISTED { format!(" and {} more", all.len() - LISTED) } else { String::new() };
    let names = names.join(", ");
    Err(EngineError::Request(format!("{option}: no point has the label '{label}'; there are {names}{more}")))
}

fn brief(label: &str) -> String {
    let short: String = label.chars().take(SHOWN).collect();
    short + if label.chars().nth(SHOWN).is_some() { "…" } else { "" }
}

/// Keeps `most` points drawn by `seed`, in their order.
pub(super) fn sample(gathered: &mut Gathered<'_>, most: usize, seed: u64) {
    let mut keep = vec![false; gathered.points.len()];
    Random::new(seed).shuffled(keep.len()).into_iter().take(most).for_each(|point| keep[point as usize] = true);
    let mut keep = keep.into_iter();
    gathered.points.retain(|_| keep.next().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_a_field_and_a_value_that_may_hold_anything() {
        let parsed = "label!=a=b".parse();
        assert_eq!(parsed, Ok(Condition { field: Field::Label, is: false, value: "a=b".into() }));
        assert!("colour=red".parse::<Condition>().is_err_and(|e| e.contains("colour") && e.contains("path")));
        assert!("label".parse::<Condition>().is_err());
    }
}
