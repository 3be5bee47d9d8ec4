//! When annotations are that do not say so themselves.

use std::collections::HashMap;

/// Steps from an annotation to one that has times, at most.
const DEPTH: usize = 64;

/// An annotation as it stands in a document.
pub struct Raw {
    pub id: String,
    /// Its place among the tiers.
    pub tier: usize,
    pub anchor: Anchor,
    pub value: String,
}

/// What an annotation's times hang on.
pub enum Anchor {
    /// Two slots, which may have no time.
    Slots { start: String, end: String },
    /// Another annotation, of which it is a part where others hang on it too: the part after `after`.
    Parent { of: String, after: Option<String> },
}

type Times = Option<(f64, f64)>;

/// Start and end of every annotation in milliseconds, where they can be told.
pub fn resolve(annotations: &[Raw], slots: &HashMap<String, Option<u64>>) -> Vec<Times> {
    let mut times = aligned(annotations, slots);
    let by_id: HashMap<&str, usize> = annotations.iter().enumerate().map(|(at, raw)| (raw.id.as_str(), at)).collect();
    let mut waiting = families(annotations, &by_id);
    for _ in 0..DEPTH {
        let before = waiting.len();
        waiting.retain(|(parent, children)| {
            let Some((start, end)) = times[*parent] else { return true };
            divide(start, end, children, &mut times);
            false
        });
        if waiting.len() == before {
            break;
        }
    }
    times
}

/// Equal parts, one after the other.
fn divide(start: f64, end: f64, parts: &[usize], times: &mut [Times]) {
    let step = (end - start) / parts.len() as f64;
    for (number, &part) in parts.iter().enumerate() {
        let last = number + 1 == parts.len();
        let until = if last { end } else { start + step * (number + 1) as f64 };
        times[part] = Some((start + step * number as f64, until));
    }
}

/// Annotations that have slots. Between two that have a time, what lies in a chain of slots without one is divided equally.
fn aligned(annotations: &[Raw], slots: &HashMap<String, Option<u64>>) -> Vec<Times> {
    let time = |slot: &str| slots.get(slot).copied().flatten().map(|time| time as f64);
    let mut times = vec![None; annotations.len()];
    // An annotation whose start has no time follows one other.
    let mut chained = vec![false; annotations.len()];
    let mut next: HashMap<(usize, &str), usize> = HashMap::new();
    for (at, raw) in annotations.iter().enumerate() {
        if let Anchor::Slots { start, .. } = &raw.anchor {
            next.insert((raw.tier, start), at);
        }
    }
    for (at, raw) in annotations.iter().enumerate() {
        let Anchor::Slots { start, end } = &raw.anchor else { continue };
        let Some(from) = time(start) else { continue };
        let (mut chain, mut slot) = (vec![at], end);
        let until = loop {
            if let Some(until) = time(slot) {
                break Some(until);
            }
            match next.get(&(raw.tier, slot.as_str())) {
                Some(&following) if !std::mem::replace(&mut chained[following], true) => {
                    chain.push(following);
                    let Anchor::Slots { end, .. } = &annotations[following].anchor else { break None };
                    slot = end;
                }
                _ => break None,
            }
        };
        if let Some(until) = until {
            divide(from, until, &chain, &mut times);
        }
    }
    times
}

/// Parents with the annotations of one tier that hang on them, in their order.
fn families(annotations: &[Raw], by_id: &HashMap<&str, usize>) -> Vec<(usize, Vec<usize>)> {
    let mut families: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut place: HashMap<(usize, usize), usize> = HashMap::new();
    for (at, raw) in annotations.iter().enumerate() {
        let Anchor::Parent { of, .. } = &raw.anchor else { continue };
        let Some(&parent) = by_id.get(of.as_str()) else { continue };
        let family = *place.entry((parent, raw.tier)).or_insert_with(|| {
            families.push((parent, Vec::new()));
            families.len() - 1
        });
        families[family].1.push(at);
    }
    for (_, children) in &mut families {
        *children = in_order(annotations, children);
    }
    families
}

/// Each after the one that it names; what names none, or what is not among them, in the order of the document.
fn in_order(annotations: &[Raw], children: &[usize]) -> Vec<usize> {
    let after = |at: usize| match &annotations[at].anchor {
        Anchor::Parent { after, .. } => after.as_deref(),
        Anchor::Slots { .. } => None,
    };
    let ids: HashMap<&str, usize> = children.iter().map(|&at| (annotations[at].id.as_str(), at)).collect();
    let mut following: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut stack = Vec::new();
    for &at in children.iter().rev() {
        match after(at).and_then(|id| ids.get(id)) {
            Some(&before) => following.entry(before).or_default().push(at),
            None => stack.push(at),
        }
    }
    let mut ordered = Vec::new();
    while let Some(at) = stack.pop() {
        ordered.push(at);
        stack.extend(following.remove(&at).unwrap_or_default());
    }
    // A circle of names has no beginning.
    if ordered.len() < children.len() { children.to_vec() } else { ordered }
}
