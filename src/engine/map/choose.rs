//! Which points are drawn.

use std::collections::BTreeMap;

use super::gather::Gathered;
use crate::{
    audio::SAMPLE_RATE,
    condition::Stretches,
    engine::{EngineError, Filter},
    projection::Random,
};

/// Labels that a message lists.
const LISTED: usize = 8;
/// Letters of a label in a message.
const SHOWN: usize = 40;

/// Keeps the points that the filter lets pass; `stretches`: of each file what its conditions on recordings leave.
///
/// # Errors
/// Where a label is asked for that no point bears.
pub(super) fn keep(gathered: &mut Gathered<'_>, filter: &Filter, stretches: &[Stretches]) -> Result<(), EngineError> {
    for condition in filter.conditions.iter() {
        if let Some(label) = condition.wanted_label().filter(|label| !label.is_empty()) {
            known(gathered, label, "--where")?;
        }
    }
    let moments = filter.moments();
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE);
    gathered.points.retain(|point| {
        let own = Stretches::of(vec![(seconds(point.span.start), seconds(point.span.end().max(point.span.start + 1)))]);
        let within = stretches.get(point.file as usize).is_some_and(|all| !all.and(&own).is_empty());
        within && moments.pass(point.label.as_deref(), point.text)
    });
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
