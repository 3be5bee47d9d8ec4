//! Sets of stretches of time.

/// Stretches in seconds, `[start, end)`, in order and apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stretches(Vec<(f64, f64)>);

impl Stretches {
    /// All of time.
    pub fn all() -> Self {
        Self(vec![(f64::NEG_INFINITY, f64::INFINITY)])
    }

    /// All of time, or none of it.
    pub fn whether(all: bool) -> Self {
        if all { Self::all() } else { Self::default() }
    }

    /// Of any stretches.
    pub fn of(mut stretches: Vec<(f64, f64)>) -> Self {
        stretches.retain(|(start, end)| start < end);
        stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut apart: Vec<(f64, f64)> = Vec::new();
        for (start, end) in stretches {
            match apart.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => apart.push((start, end)),
            }
        }
        Self(apart)
    }

    /// What lies in either.
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        Self::of(self.0)
    }

    /// What lies in both.
    pub fn and(&self, other: &Self) -> Self {
        let (mut both, mut a, mut b) = (Vec::new(), 0, 0);
        while let (Some(one), Some(two)) = (self.0.get(a), other.0.get(b)) {
            let (start, end) = (one.0.max(two.0), one.1.min(two.1));
            if start < end {
                both.push((start, end));
            }
            if one.1 < two.1 { a += 1 } else { b += 1 }
        }
        Self(both)
    }

    /// What does not lie in it.
    pub fn not(&self) -> Self {
        let mut ends = vec![f64::NEG_INFINITY];
        self.0.iter().for_each(|&(start, end)| ends.extend([start, end]));
        ends.push(f64::INFINITY);
        Self::of(ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing of a recording of so many seconds lies in it; one without any length, and a text, is a point in time.
    pub fn leaves_out(&self, seconds: Option<f64>) -> bool {
        self.within(seconds.unwrap_or(0.0).max(1e-6)).is_empty()
    }

    /// What lies from 0 to `seconds`.
    pub fn within(&self, seconds: f64) -> Vec<(f64, f64)> {
        self.and(&Self(vec![(0.0, seconds)])).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_cut_and_turned_round() {
        let set = Stretches::of(vec![(5.0, 7.0), (1.0, 2.0), (6.0, 9.0), (4.0, 4.0)]);
        assert_eq!(set.0, [(1.0, 2.0), (5.0, 9.0)]);
        let other = Stretches::of(vec![(1.5, 6.0), (8.0, 20.0)]);
        assert_eq!(set.and(&other).0, [(1.5, 2.0), (5.0, 6.0), (8.0, 9.0)]);
        assert_eq!(set.clone().or(other).0, [(1.0, 20.0)]);
        assert_eq!(set.not().within(10.0), [(0.0, 1.0), (2.0, 5.0), (9.0, 10.0)]);
        assert_eq!(set.not().not(), set);
        assert_eq!(Stretches::all().not(), Stretches::default());
        assert_eq!(Stretches::default().not(), Stretches::all());
    }
}
