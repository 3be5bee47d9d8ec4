//! Spearman's rank correlation.

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut rest = order.as_slice();
    let mut before = 0;
    while let Some(&first) = rest.first() {
        let alike = rest.iter().take_while(|&&i| values[i] == values[first]).count();
        let rank = before as f64 + (alike as f64 + 1.0) / 2.0;
        rest[..alike].iter().for_each(|&i| ranks[i] = rank);
        before += alike;
        rest = &rest[alike..];
    }
    ranks
}

/// The correlation of two lists' ranks, -1 to 1, ties given their mean rank. NaN where either list has but one value.
///
/// # Panics
/// Never; what one list has beyond the other is left out.
pub fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let count = one.len().min(other.len());
    let (a, b) = (ranks(&one[..count]), ranks(&other[..count]));
    let middle = (count as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_all_that_counts() {
        assert!((spearman(&[1.0, 2.0, 3.0, 9.0], &[-5.0, 0.0, 0.1, 70.0]) - 1.0).abs() < 1e-12);
        assert!((spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 0.0]), [3.5, 2.0, 3.5, 1.0]);
        // By hand: ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4.
        assert!(
            (spearman(&[1.0, 2.0, 2.0, 3.0], &[10.0, 30.0, 20.0, 40.0]) - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12
        );
    }
}
