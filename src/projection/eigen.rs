//! Eigenvectors of a symmetric matrix.

/// Enough for any matrix: convergence is quadratic, and twelve sweeps have never been needed.
const MOST_SWEEPS: usize = 40;

/// All eigenvalues, the largest first, with their unit eigenvectors; of `matrix`, `[n, n]` row after row, only the lower half is
/// read. Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5): a few hundred rows take well under a second, and
/// every step is the same on every machine.
pub(super) fn symmetric(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut a: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| matrix[i.max(j) * n + i.min(j)]).collect()).collect();
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let size: f64 = a.iter().flatten().map(|v| v * v).sum();
    for _ in 0..MOST_SWEEPS {
        let off: f64 = (0..n).map(|i| a[i][..i].iter().map(|v| v * v).sum::<f64>()).sum();
        if off <= size * 1e-28 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    let values = order.iter().map(|&i| a[i][i]).collect();
    (values, order.into_iter().map(|i| std::mem::take(&mut vectors[i])).collect())
}

/// Turns rows and columns `p < q` so that `a[p][q]` becomes zero. `vectors` holds an eigenvector a row.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let apq = a[p][q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let t = if theta == 0.0 { 1.0 } else { t };
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    turn(a, p, q, cos, sin);
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        row[p] = cos * x - sin * y;
        row[q] = sin * x + cos * y;
    }
    a[p][q] = 0.0;
    a[q][p] = 0.0;
    turn(vectors, p, q, cos, sin);
}

fn turn(rows: &mut [Vec<f64>], p: usize, q: usize, cos: f64, sin: f64) {
    let (head, tail) = rows.split_at_mut(q);
    for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
        (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Random;

    #[test]
    fn vectors_are_orthonormal_and_give_the_matrix_back() {
        let n = 40;
        let mut random = Random::new(1);
        let mut matrix = vec![0f64; n * n];
        for i in 0..n {
            for j in 0..=i {
                matrix[i * n + j] = random.unit() - 0.5;
                matrix[j * n + i] = matrix[i * n + j];
            }
        }
        let (values, vectors) = symmetric(&matrix, n);
        assert!(values.is_sorted_by(|a, b| a >= b));
        for i in 0..n {
            for j in 0..n {
                let product: f64 = vectors[i].iter().zip(&vectors[j]).map(|(a, b)| a * b).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-10);
                let rebuilt: f64 = (0..n).map(|k| values[k] * vectors[k][i] * vectors[k][j]).sum();
                assert!((rebuilt - matrix[i * n + j]).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn a_matrix_of_zeros_has_directions_too() {
        let (values, vectors) = symmetric(&[0.0; 9], 3);
        assert_eq!(values, [0.0; 3]);
        assert_eq!(vectors.len(), 3);
    }
}
