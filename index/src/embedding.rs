//! A unit vector that can be trusted.

use thiserror::Error;

/// A finite vector of length 1, `[dimension]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Box<[f32]>);

/// Why a vector cannot be an [`Embedding`].
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// No components.
    #[error("an embedding needs at least one component, got none")]
    Empty,
    /// NaN or infinity.
    #[error("component {position} of the embedding is {value}; the encoder must give finite numbers")]
    NotFinite {
        /// Which component.
        position: usize,
        /// What it is.
        value: f32,
    },
    /// Too short to have a direction.
    #[error("the embedding is zero and has no direction; the model made nothing of this segment")]
    Zero,
}

impl Embedding {
    /// Checks that `components` are finite and not all zero, and scales them to unit length.
    pub fn new(mut components: Vec<f32>) -> Result<Self, EmbeddingError> {
        if components.is_empty() {
            return Err(EmbeddingError::Empty);
        }
        if let Some((position, &value)) = components.iter().enumerate().find(|(_, c)| !c.is_finite()) {
            return Err(EmbeddingError::NotFinite { position, value });
        }
        // In f64 the squares of the largest and smallest f32 neither overflow nor vanish.
        let norm = components.iter().map(|&c| f64::from(c) * f64::from(c)).sum::<f64>().sqrt();
        if norm == 0.0 {
            return Err(EmbeddingError::Zero);
        }
        for c in &mut components {
            *c = (f64::from(*c) / norm) as f32;
        }
        Ok(Self(components.into_boxed_slice()))
    }

    /// The components, unit length in all.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The number of components.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The cosine similarity to another embedding of the same dimension, in [-1, 1] up to rounding.
    pub fn dot(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nan_infinity_zero_and_nothing_are_refused_by_name() {
        assert_eq!(Embedding::new(vec![]), Err(EmbeddingError::Empty));
        assert_eq!(Embedding::new(vec![0.0; 4]), Err(EmbeddingError::Zero));
        assert!(matches!(Embedding::new(vec![1.0, f32::NAN]), Err(EmbeddingError::NotFinite { position: 1, .. })));
        assert!(matches!(Embedding::new(vec![f32::INFINITY]), Err(EmbeddingError::NotFinite { position: 0, .. })));
    }

    #[test]
    fn the_largest_and_smallest_numbers_still_have_a_direction() {
        for c in [f32::MAX, f32::MIN_POSITIVE, 1e-45] {
            let e = Embedding::new(vec![c, c]).unwrap();
            assert!((e.dot(&e) - 1.0).abs() < 1e-5, "{c}: {e:?}");
        }
    }

    proptest! {
        #[test]
        fn every_embedding_has_unit_length(v in prop::collection::vec(-1e6f32..1e6, 1..300)) {
            prop_assume!(v.iter().any(|&c| c != 0.0));
            let e = Embedding::new(v).unwrap();
            prop_assert!((e.dot(&e) - 1.0).abs() < 1e-4);
        }
    }
}
