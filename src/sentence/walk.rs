//! The way between two vectors.

use audiosearch_index::{Embedding, EmbeddingError};

/// Closer than this to the same direction, the straight line does as well.
const STRAIGHT: f64 = 1e-6;

/// The vector a share `at` (0 to 1) of the way from one vector to another of the same dimension, along the great circle through
/// both (Shoemake 1985, slerp).
///
/// # Errors
/// Where the two point in opposite directions and there is no one way.
pub fn between(from: &Embedding, to: &Embedding, at: f64) -> Result<Embedding, EmbeddingError> {
    let angle = f64::from(from.dot(to)).clamp(-1.0, 1.0).acos();
    let (here, there) = match angle.sin() {
        sine if sine > STRAIGHT => (((1.0 - at) * angle).sin() / sine, (at * angle).sin() / sine),
        _ => (1.0 - at, at),
    };
    let mix = |(a, b): (&f32, &f32)| (here * f64::from(*a) + there * f64::from(*b)) as f32;
    Embedding::new(from.as_slice().iter().zip(to.as_slice()).map(mix).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn points_lie_evenly_on_the_arc() {
        let vector = |values: [f32; 3]| Embedding::new(values.to_vec()).unwrap();
        let (a, b) = (vector([1.0, 0.0, 0.0]), vector([0.0, 2.0, 0.0]));
        let third = between(&a, &b, 1.0 / 3.0).unwrap();
        assert!((third.dot(&a) - 30f32.to_radians().cos()).abs() < 1e-6);
        assert!((third.dot(&b) - 60f32.to_radians().cos()).abs() < 1e-6);
        assert!((between(&a, &b, 0.0).unwrap().dot(&a) - 1.0).abs() < 1e-6);
        assert!((between(&a, &b, 1.0).unwrap().dot(&b) - 1.0).abs() < 1e-6);
        assert!((between(&a, &a, 0.5).unwrap().dot(&a) - 1.0).abs() < 1e-6);
        assert!(between(&a, &vector([-1.0, 0.0, 0.0]), 0.5).is_err(), "there is no one way");
    }
}
