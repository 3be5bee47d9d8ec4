//! Annotations as tiers in which nothing overlaps, as Praat and ELAN want them.

use std::collections::{HashMap, HashSet};

use super::Annotation;

/// Where annotations go that name no tier.
const UNNAMED: &str = "labels";

/// Annotations one after the other.
pub(super) struct Tier<'a> {
    /// Unlike all others.
    pub name: String,
    /// Whether they are points in time.
    pub points: bool,
    /// By time.
    pub annotations: Vec<&'a Annotation>,
}

/// Tiers in the order in which they are first named. What overlaps within one goes into `NAME (2)` and so on; with `points`, so do points in
/// time, apart from what has a length.
pub(super) fn tiers(annotations: &[Annotation], points: bool) -> Vec<Tier<'_>> {
    let mut named: Vec<(&str, Vec<&Annotation>)> = Vec::new();
    let mut place = HashMap::new();
    for annotation in annotations {
        let name = annotation.tier().unwrap_or(UNNAMED);
        let at = *place.entry(name).or_insert_with(|| {
            named.push((name, Vec::new()));
            named.len() - 1
        });
        named[at].1.push(annotation);
    }
    let mut taken: HashSet<String> = named.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut tiers = Vec::new();
    for (name, mut annotations) in named {
        annotations.sort_by(|a, b| a.start().total_cmp(&b.start()).then(a.end().total_cmp(&b.end())));
        let first = tiers.len();
        for annotation in annotations {
            let point = points && annotation.start() == annotation.end();
            let free = tiers[first..].iter_mut().find(|tier: &&mut Tier<'_>| {
                tier.points == point
                    && tier.annotations.last().is_none_or(|last| {
                        if point { last.end() < annotation.start() } else { last.end() <= annotation.start() }
                    })
            });
            match free {
                Some(tier) => tier.annotations.push(annotation),
                None => {
                    let name = if tiers.len() == first { name.to_owned() } else { another(name, &mut taken) };
                    tiers.push(Tier { name, points: point, annotations: vec![annotation] });
                }
            }
        }
    }
    tiers
}

fn another(name: &str, taken: &mut HashSet<String>) -> String {
    let mut number = 2_u64;
    loop {
        let candidate = format!("{name} ({number})");
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// The name of the tier that a tier belongs to: `NAME (2)` goes on from `NAME`, where that stands before it.
pub(super) fn base<'a>(name: &'a str, before: &HashSet<String>) -> &'a str {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    match numbered {
        Some((base, number)) if number.parse::<u64>().is_ok_and(|n| n >= 2) && before.contains(base) => base,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn one(start: f64, end: f64, tier: &str) -> Annotation {
        Annotation::new("a.wav", start, end, "x").unwrap().with_tier(tier)
    }

    #[test]
    fn what_overlaps_goes_into_a_further_tier() {
        let all =
            [one(0.0, 2.0, "a"), one(1.0, 3.0, "a"), one(2.0, 4.0, "a"), one(0.5, 0.5, "a"), one(0.0, 1.0, "a (2)")];
        let made = tiers(&all, true);
        let shape: Vec<_> = made.iter().map(|tier| (tier.name.as_str(), tier.points, tier.annotations.len())).collect();
        assert_eq!(shape, [("a", false, 2), ("a (3)", true, 1), ("a (4)", false, 1), ("a (2)", false, 1)]);
        assert_eq!(base("a (3)", &HashSet::from(["a".to_owned()])), "a");
        assert_eq!(base("b (3)", &HashSet::from(["a".to_owned()])), "b (3)");
    }
}
