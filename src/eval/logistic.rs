//! Logistic regression, and how well probabilities agree with what is true.

/// One row: its inputs, whether it is true, and which group it belongs to (rows of one group are never on both sides of a fold).
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// A value for each term, all rows alike.
    pub inputs: Vec<f64>,
    /// Whether it is true.
    pub right: bool,
    /// As the rows of one query.
    pub group: usize,
}

/// Fitted log odds: `offset + Σ weight × input`.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Log odds where all inputs are 0.
    pub offset: f64,
    /// One for each input.
    pub weights: Vec<f64>,
}

/// How good probabilities are.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Goodness {
    /// Area under the curve of true against false positives: the chance that a true row is above a false one.
    pub auc: f64,
    /// Mean distance of probability and truth over ten bins, weighted by their rows.
    pub calibration_error: f64,
    /// Mean negative log likelihood in nats.
    pub log_loss: f64,
}

/// Rows whose probability lies in one tenth.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Bin {
    /// How many.
    pub rows: usize,
    /// Their mean probability.
    pub probability: f64,
    /// The share of them that is true.
    pub right: f64,
}

/// Newton steps, which suffice by far.
const STEPS: usize = 60;
/// Weight of the penalty on squared weights of standardised inputs: without it what can be separated has no finite fit.
const RIDGE: f64 = 0.05;

impl Weights {
    /// The probability of a row.
    pub fn probability(&self, inputs: &[f64]) -> f64 {
        let sum: f64 = self.weights.iter().zip(inputs).map(|(weight, input)| weight * input).sum();
        1.0 / (1.0 + (-(self.offset + sum)).exp())
    }

    /// Maximum likelihood with a ridge, by Newton's method (iteratively reweighted least squares). None of no rows, of rows that are all
    /// true or all false.
    pub fn fit(rows: &[Row]) -> Option<Self> {
        let inputs = rows.first()?.inputs.len();
        if rows.iter().all(|row| row.right) || !rows.iter().any(|row| row.right) {
            return None;
        }
        // Standardised, so that one penalty suits all.
        let count = rows.len() as f64;
        let mean: Vec<f64> = (0..inputs).map(|at| rows.iter().map(|row| row.inputs[at]).sum::<f64>() / count).collect();
        let deviation = |at: usize| {
            let variance = rows.iter().map(|row| (row.inputs[at] - mean[at]).powi(2)).sum::<f64>() / count;
            variance.sqrt().max(1e-9)
        };
        let deviation: Vec<f64> = (0..inputs).map(deviation).collect();
        let standard = |row: &Row| -> Vec<f64> {
            let values = row.inputs.iter().zip(&mean).zip(&deviation).map(|((value, mean), dev)| (value - mean) / dev);
            std::iter::once(1.0).chain(values).collect()
        };
        let table: Vec<(Vec<f64>, f64)> =
            rows.iter().map(|row| (standard(row), f64::from(u8::from(row.right)))).collect();
        let mut beta = vec![0.0; inputs + 1];
        for _ in 0..STEPS {
            let mut gradient = vec![0.0; inputs + 1];
            let mut hessian = vec![vec![0.0; inputs + 1]; inputs + 1];
            for (values, right) in &table {
                let odds: f64 = beta.iter().zip(values).map(|(b, v)| b * v).sum();
                let probability = 1.0 / (1.0 + (-odds).exp());
                let weight = (probability * (1.0 - probability)).max(1e-9);
                for (i, a) in values.iter().enumerate() {
                    gradient[i] += (right - probability) * a;
                    hessian[i].iter_mut().zip(values).for_each(|(cell, b)| *cell += weight * a * b);
                }
            }
            for i in 1..=inputs {
                gradient[i] -= RIDGE * beta[i];
                hessian[i][i] += RIDGE;
            }
            let step = solve(hessian, gradient)?;
            // A long step overshoots where almost everything is certain.
            let longest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
            let scale = if longest > 2.0 { 2.0 / longest } else { 1.0 };
            beta.iter_mut().zip(&step).for_each(|(b, step)| *b += scale * step);
            if longest < 1e-9 {
                break;
            }
        }
        let weights: Vec<f64> = beta[1..].iter().zip(&deviation).map(|(b, dev)| b / dev).collect();
        let offset = beta[0] - weights.iter().zip(&mean).map(|(weight, mean)| weight * mean).sum::<f64>();
        Some(Self { offset, weights })
    }

    /// For each row the probability by a fit that has not seen its group: `folds` fits, group g held out of fit g mod `folds`. None where
    /// a fold cannot be fitted.
    pub fn cross_validated(rows: &[Row], folds: usize) -> Option<Vec<f64>> {
        let folds = folds.max(2);
        let mut out = vec![0.0; rows.len()];
        for fold in 0..folds {
            let seen: Vec<Row> = rows.iter().filter(|row| row.group % folds != fold).cloned().collect();
            let fitted = Self::fit(&seen)?;
            for (value, row) in out.iter_mut().zip(rows).filter(|(_, row)| row.group % folds == fold) {
                *value = fitted.probability(&row.inputs);
            }
        }
        Some(out)
    }
}

/// Solves a symmetric positive system by Cholesky's decomposition; none where it is none.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let sum = matrix[i][j] - (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum::<f64>();
            if i == j && sum <= 0.0 {
                return None;
            }
            matrix[i][j] = if i == j { sum.sqrt() } else { sum / matrix[j][j] };
        }
    }
    for i in 0..n {
        right[i] = (right[i] - (0..i).map(|k| matrix[i][k] * right[k]).sum::<f64>()) / matrix[i][i];
    }
    for i in (0..n).rev() {
        right[i] = (right[i] - (i + 1..n).map(|k| matrix[k][i] * right[k]).sum::<f64>()) / matrix[i][i];
    }
    Some(right)
}

/// Figures of probabilities; none of no rows, of rows that are all true or all false.
pub fn goodness(probabilities: &[f64], right: &[bool]) -> Option<Goodness> {
    let mut order: Vec<(f64, bool)> = probabilities.iter().copied().zip(right.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = order.iter().filter(|(_, right)| *right).count();
    let negatives = order.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    // The sum of ranks, equal ones sharing theirs (Mann and Whitney 1947).
    let (mut ranks, mut at) = (0.0, 0);
    while at < order.len() {
        let same = order[at..].iter().take_while(|(value, _)| *value == order[at].0).count();
        let rank = at as f64 + (same as f64 + 1.0) / 2.0;
        ranks += rank * order[at..at + same].iter().filter(|(_, right)| *right).count() as f64;
        at += same;
    }
    let (positives, negatives) = (positives as f64, negatives as f64);
    let auc = (ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives);
    let count = order.len() as f64;
    let off = |bin: &Bin| bin.rows as f64 / count * (bin.probability - bin.right).abs();
    let calibration_error = reliability(probabilities, right).iter().map(off).sum();
    let loss = |&(value, right): &(f64, bool)| -(if right { value } else { 1.0 - value }).max(1e-12).ln();
    Some(Goodness { auc, calibration_error, log_loss: order.iter().map(loss).sum::<f64>() / count })
}

/// The reliability table: rows by tenths of their probability.
pub fn reliability(probabilities: &[f64], right: &[bool]) -> [Bin; 10] {
    let mut bins = [Bin::default(); 10];
    for (&value, &right) in probabilities.iter().zip(right) {
        let bin = &mut bins[((value * 10.0) as usize).min(9)];
        bin.rows += 1;
        bin.probability += value;
        bin.right += f64::from(u8::from(right));
    }
    for bin in &mut bins {
        let rows = bin.rows.max(1) as f64;
        bin.probability /= rows;
        bin.right /= rows;
    }
    bins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Rows whose truth has the log odds −1 + 2a − 0.5b, and an input that says nothing.
    fn rows(count: usize) -> Vec<Row> {
        let mut state = 7_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        let row = |group| {
            let inputs = vec![4.0 * random() - 2.0, 100.0 * random(), 1e3 * random()];
            let odds = -1.0 + 2.0 * inputs[0] - 0.05 * (inputs[1] - 50.0);
            Row { right: random() < 1.0 / (1.0 + (-odds).exp()), inputs, group }
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn weights_that_made_the_rows_are_found() {
        let fitted = Weights::fit(&rows(20_000)).unwrap();
        assert!((fitted.weights[0] - 2.0).abs() < 0.15 && (fitted.weights[1] + 0.05).abs() < 0.005, "{fitted:?}");
        assert!(fitted.weights[2].abs() < 3e-4 && (fitted.offset - 1.5).abs() < 0.3, "{fitted:?}");
    }

    #[test]
    fn held_out_rows_are_calibrated() {
        let rows = rows(5_000);
        let right: Vec<bool> = rows.iter().map(|row| row.right).collect();
        let held_out = Weights::cross_validated(&rows, 5).unwrap();
        let good = goodness(&held_out, &right).unwrap();
        assert!(good.auc > 0.85 && good.calibration_error < 0.03, "{good:?}");
        let bins = reliability(&held_out, &right);
        assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 5_000);
        assert!(bins.iter().all(|bin| (bin.probability - bin.right).abs() < 0.15));
    }

    #[test]
    fn figures_of_known_cases() {
        let good = goodness(&[0.1, 0.9, 0.4, 0.6], &[false, true, false, true]).unwrap();
        assert_eq!(good.auc, 1.0);
        assert!((good.calibration_error - 0.25).abs() < 1e-9);
        assert_eq!(goodness(&[0.5, 0.5], &[true, false]).unwrap().auc, 0.5);
        assert!(goodness(&[0.5], &[true]).is_none());
    }

    #[test]
    fn what_can_be_separated_is_fitted_too_and_one_class_is_not() {
        let row = |value: f64, right| Row { inputs: vec![value], right, group: 0 };
        let fitted = Weights::fit(&[row(0.0, false), row(1.0, false), row(2.0, true), row(3.0, true)]).unwrap();
        assert!(fitted.weights[0].is_finite() && fitted.weights[0] > 0.0);
        assert!(Weights::fit(&[row(0.0, true), row(1.0, true)]).is_none());
    }
}
