//! Spans that miss the word: what a search meets at most places, and what no training token looks like.

use super::super::random::Random;

/// Overlap with the word (intersection over union) from which on a span may still pass for it.
const MISSED: f64 = 0.55;
/// Shortest fragment, and shortest word to take one from, in states.
const SHORTEST: (i64, i64) = (2, 4);

/// A span of states that overlaps the word `begin..end` but is not it: a piece, one beside it, or one too long, drawn
/// inside `0..states`. None where the draw found no place.
pub(crate) fn fragment(begin: i64, end: i64, states: i64, random: &mut Random) -> Option<(i64, i64)> {
    let length = end - begin;
    if length < SHORTEST.1 {
        return None;
    }
    let share = |low: f64, high: f64, random: &mut Random| {
        let value = low + (high - low) * f64::from(random.unit());
        (value * length as f64).round() as i64
    };
    let (from, to) = match random.below(5) {
        0 => (begin, begin + share(0.25, 0.55, random)),
        1 => (end - share(0.25, 0.55, random), end),
        2 => (begin + share(0.3, 0.8, random), end + share(0.3, 0.8, random)),
        3 => (begin - share(0.3, 0.8, random), end - share(0.3, 0.8, random)),
        _ => (begin - share(0.3, 1.2, random), end + share(0.3, 1.2, random)),
    };
    let (from, to) = (from.max(0), to.min(states));
    let shared = (to.min(end) - from.max(begin)).max(0) as f64;
    let either = (to.max(end) - from.min(begin)).max(1) as f64;
    (to - from >= SHORTEST.0 && shared / either < MISSED).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_lie_inside_and_miss_the_word() {
        let random = &mut Random::new(&[1]);
        let mut found = 0;
        for _ in 0..2000 {
            if let Some((from, to)) = fragment(10, 22, 30, random) {
                found += 1;
                assert!(from >= 0 && to <= 30 && to - from >= 2);
                let shared = (to.min(22) - from.max(10)).max(0) as f64;
                assert!(shared / (to.max(22) - from.min(10)) as f64 <= 0.55);
            }
        }
        assert!(found > 1000);
        assert_eq!(fragment(0, 3, 3, random), None);
    }
}
