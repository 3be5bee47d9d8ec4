//! Vectors in one byte a component.
//!
//! A component's code counts steps from the lowest value that the component takes in the collection, so directions in
//! which all vectors agree cost no precision. The product with a query is then `q·low + Σ (q step) code`: the first
//! term is the same for every row and is left out, the second is computed in integers, the weights `q step` rounded to
//! small signed bytes of one common scale.

/// Largest weight of a query's component. The byte product of AVX2 adds two products in 16 bits: 2 · 255 · 64 fits,
/// 2 · 255 · 127 would not. Every processor keeps to it, so that all of them rank alike.
pub(crate) const LARGEST_WEIGHT: i8 = 64;

/// Lowest value and step of each component, `[dimension]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scale {
    pub low: Vec<f32>,
    pub step: Vec<f32>,
}

/// Codes that lie elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodesView<'a> {
    pub stride: usize,
    pub bytes: &'a [u8],
}

/// The weights of a query, `[stride]`, and what one unit of an integer score is worth.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryCode {
    pub weights: Vec<i8>,
}

impl Scale {
    /// From the range of each component over `vectors`, `[rows, dimension]`.
    pub fn fit(vectors: &[f32], dimension: usize) -> Self {
        let mut low = vec![f32::INFINITY; dimension];
        let mut high = vec![f32::NEG_INFINITY; dimension];
        for vector in vectors.chunks_exact(dimension) {
            for ((low, high), &c) in low.iter_mut().zip(&mut high).zip(vector) {
                *low = low.min(c);
                *high = high.max(c);
            }
        }
        if vectors.is_empty() {
            low.fill(0.0);
            high.fill(0.0);
        }
        let step = low.iter().zip(&high).map(|(low, high)| (high - low) / 255.0).collect();
        Self { low, step }
    }

    /// The codes of `vectors`, `[_, stride]`, zero beyond the dimension; values outside the fitted range take the
    /// nearest code.
    pub fn encode<'a>(&self, vectors: impl Iterator<Item = &'a [f32]>, stride: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(vectors.size_hint().0 * stride);
        let inverse: Vec<f32> = self.step.iter().map(|&s| if s > 0.0 { 1.0 / s } else { 0.0 }).collect();
        for vector in vectors {
            let coded = vector.iter().zip(&self.low).zip(&inverse);
            let start = bytes.len();
            bytes.extend(coded.map(|((c, low), inverse)| ((c - low) * inverse + 0.5) as u8));
            bytes.resize(start + stride, 0);
        }
        bytes
    }
}

impl<'a> CodesView<'a> {
    /// The code of a row.
    #[inline]
    pub fn of(self, row: u32) -> Option<&'a [u8]> {
        self.bytes.get(row as usize * self.stride..)?.get(..self.stride)
    }
}

impl QueryCode {
    /// The weights of `query`, `[dimension]`, for codes of `step`.
    pub fn new(query: &[f32], step: &[f32], stride: usize) -> Self {
        let mut code = Self::default();
        code.set(query, step, stride);
        code
    }

    /// The same without a new allocation.
    pub fn set(&mut self, query: &[f32], step: &[f32], stride: usize) {
        let largest = query.iter().zip(step).map(|(q, s)| (q * s).abs()).fold(0.0, f32::max);
        let factor = if largest > 0.0 { f32::from(LARGEST_WEIGHT) / largest } else { 0.0 };
        self.weights.clear();
        self.weights.extend(query.iter().zip(step).map(|(q, s)| (q * s * factor).round() as i8));
        self.weights.resize(stride, 0);
    }
}
