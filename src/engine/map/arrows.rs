//! Arrows from label to label.

use std::str::FromStr;

use super::{choose::known, gather::Gathered};
use crate::{
    engine::EngineError,
    export::Arrow,
    projection::{Components, Matrix},
};

/// Pairs of labels that arrows lead between; read from `A:B,C:D`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl FromStr for Pairs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |pair: &str| match pair.split_once(':') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() && from != to => Ok((from.into(), to.into())),
            _ => Err(format!("'{pair}' is no arrow: write two labels as FROM:TO")),
        };
        Ok(Self(text.split(',').map(pair).collect::<Result<_, _>>()?))
    }
}

impl Pairs {
    /// Fails where no point bears one of the labels.
    pub(super) fn check(&self, gathered: &Gathered<'_>) -> Result<(), EngineError> {
        self.labels().try_for_each(|label| known(gathered, label, "--arrows"))
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()])
    }

    /// The plane of most variance among the points of these labels: other points would turn it away from what the arrows show.
    pub(super) fn plane(&self, gathered: &Gathered<'_>, columns: usize) -> Components {
        let named = |label: &Option<String>| label.as_deref().is_some_and(|own| self.labels().any(|l| l == own));
        let rows = gathered.points.iter().filter(|point| named(&point.label)).map(|point| point.vector);
        Components::fit(&Matrix::from_rows(columns, rows), 2)
    }

    /// The arrows between mean vectors in that plane, and how parallel they are in the space of the vectors.
    pub(super) fn draw(&self, gathered: &Gathered<'_>, plane: &Components) -> (Vec<Arrow>, Vec<Parallel>) {
        let mean = |label: &str| {
            let own = gathered.points.iter().filter(|point| point.label.as_deref() == Some(label));
            let (mut sum, mut count) = (Vec::new(), 0f64);
            for point in own {
                sum.resize(point.vector.len(), 0f64);
                sum.iter_mut().zip(point.vector).for_each(|(sum, v)| *sum += f64::from(*v));
                count += 1.0;
            }
            sum.iter().map(|sum| (sum / count) as f32).collect::<Vec<f32>>()
        };
        let mut changes: Vec<Vec<f64>> = Vec::new();
        let (mut arrows, mut parallels) = (Vec::new(), Vec::new());
        for (from, to) in &self.0 {
            let (tail, head) = (mean(from), mean(to));
            changes.push(tail.iter().zip(&head).map(|(a, b)| f64::from(b - a)).collect());
            arrows.push(Arrow { from: from.clone(), to: to.clone(), ends: [plane.place(&tail), plane.place(&head)] });
        }
        for (first, a) in changes.iter().enumerate() {
            for (second, b) in changes.iter().enumerate().skip(first + 1) {
                let arrows = [first, second].map(|at| format!("{}:{}", self.0[at].0, self.0[at].1));
                parallels.push(Parallel { arrows, cosine: cosine(a, b) });
            }
        }
        (arrows, parallels)
    }
}

/// How parallel two arrows are.
#[derive(Clone, Debug, PartialEq)]
pub struct Parallel {
    /// Each as `FROM:TO`.
    pub arrows: [String; 2],
    /// 1 where they are parallel.
    pub cosine: f64,
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    if norm > 0.0 { dot(a, b) / norm } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_are_pairs_of_labels() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!("a:b,c d:e".parse(), Ok(Pairs(vec![pair("a", "b"), pair("c d", "e")])));
        for bad in ["", "a", "a:", ":b", "a:a", "a:b,"] {
            assert!(bad.parse::<Pairs>().is_err(), "{bad}");
        }
    }
}
