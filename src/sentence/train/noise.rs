//! Spoilt copies of a sentence.

use super::super::tokens::MASK;
use super::super::training::Noise;
use crate::encoder::random::Random;

/// A copy with tokens left out, swapped and hidden; at least one token stays.
pub(crate) fn spoilt(ids: &[i64], noise: &Noise, random: &mut Random) -> Vec<i64> {
    if !random.chance(noise.share) {
        return ids.to_vec();
    }
    let mut out = thinned(ids, noise.drop, random);
    for at in 1..out.len() {
        if random.chance(noise.swap) {
            out.swap(at - 1, at);
        }
    }
    for id in &mut out {
        if random.chance(noise.mask) {
            *id = MASK;
        }
    }
    out
}

/// A copy without some of the tokens; at least one stays.
pub(crate) fn thinned(ids: &[i64], drop: f32, random: &mut Random) -> Vec<i64> {
    let kept: Vec<i64> = ids.iter().copied().filter(|_| !random.chance(drop)).collect();
    match (kept.is_empty(), ids) {
        (true, [_, ..]) => vec![ids[random.below(ids.len())]],
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_does_what_it_says_and_leaves_something() {
        let ids: Vec<i64> = (300..340).collect();
        let spoil = |noise: Noise, seed: u64| spoilt(&ids, &noise, &mut Random::new(&[seed]));
        let none = Noise { share: 1.0, drop: 0.0, swap: 0.0, mask: 0.0 };
        assert_eq!(spoil(none, 1), ids);
        assert_eq!(spoil(Noise { share: 0.0, drop: 1.0, ..none }, 1), ids);
        let shorter = spoil(Noise { drop: 0.2, ..none }, 1);
        assert!(shorter.len() < ids.len() && shorter.is_sorted());
        let mut swapped = spoil(Noise { swap: 0.2, ..none }, 1);
        assert_ne!(swapped, ids);
        swapped.sort_unstable();
        assert_eq!(swapped, ids);
        let masked = spoil(Noise { mask: 0.2, ..none }, 1);
        assert_eq!(masked.len(), ids.len());
        assert!(masked.contains(&MASK));
        for seed in 0..20 {
            assert_eq!(spoil(Noise { drop: 1.0, ..none }, seed).len(), 1);
        }
        assert!(thinned(&[], 1.0, &mut Random::new(&[1])).is_empty());
    }
}
