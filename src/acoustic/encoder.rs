//! The network: log-mel frames in, a unit vector for every fourth of them out.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use safetensors::SafeTensors;

use super::{
    AcousticFrames, FrameTemplate, Phones, REDUCTION, Speech,
    layer::{self, Layer, misshapen, tensor, vector},
};
use crate::features::{FeatureConfig, Features};

/// A divergence that makes the likeness 0.
pub(super) const RANGE: f32 = 8.0;
/// Weight of the vectors' own cosine beside the divergence: sounds that are no speech differ within their class.
const OWN: f32 = 1.0;

const SHIPPED: &[u8] = include_bytes!("weights/frames.safetensors");

/// Why the weights of the network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Not a safetensors file.
    #[error("the frame network is no whole safetensors file: {0}; build the program again")]
    Damaged(String),
    /// A tensor is missing, or not as it should be.
    #[error("the frame network's tensor {name} {cause}; build the program again")]
    Tensor {
        /// Which.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The frame network; cheap to share, and the same whatever the model of a store is.
#[derive(Debug, Clone)]
pub struct AcousticEncoder {
    features: FeatureConfig,
    mean: Array1<f32>,
    std: Array1<f32>,
    layers: Vec<Layer>,
    /// Directions of the classes of sounds that it distinguishes, [classes, dimension], times the steepness of their odds.
    classes: Array2<f32>,
    /// First bytes of the weights' blake3: vectors of other weights are not compared.
    id: u64,
}

impl AcousticEncoder {
    /// The network that is built into the program.
    ///
    /// # Errors
    /// Where the built-in weights are damaged, which a test rules out.
    pub fn shipped() -> Result<Self, NetworkError> {
        Self::parse(SHIPPED)
    }

    /// Reads weights: `input.mean`, `input.std` [bands]; `layer.N.weight` [outputs, inputs, taps] and `layer.N.bias`; `classes`
    /// [classes, dimension]. The first two layers step over every other position.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetworkError> {
        let file = SafeTensors::deserialize(bytes).map_err(|cause| NetworkError::Damaged(cause.to_string()))?;
        let features = FeatureConfig::default();
        let (mean, std) = (vector(&file, "input.mean", features.bands)?, vector(&file, "input.std", features.bands)?);
        let mut layers: Vec<Layer> = Vec::new();
        let mut size = features.bands;
        while let Some(layer) = Layer::read(&file, layers.len(), size, if layers.len() < 2 { 2 } else { 1 })? {
            size = layer.outputs();
            layers.push(layer);
        }
        if layers.len() < 2 {
            return Err(NetworkError::Tensor { name: "layer.1.weight".into(), cause: "is missing".into() });
        }
        let (shape, values) = tensor(&file, "classes")?;
        let classes = match shape.as_slice() {
            &[classes, dimension] if classes > 0 && dimension == size => {
                Array2::from_shape_vec((classes, size), values)
            }
            _ => return Err(misshapen("classes", &shape)),
        };
        let classes = classes.map_err(|_| misshapen("classes", &shape))?;
        let digest = blake3::hash(bytes);
        let id = digest.as_bytes()[..8].iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
        Ok(Self { features, mean, std, layers, classes, id })
    }

    /// The same for hours of sound: in fixed point, half as fast again and more. Its vectors differ by less than an
    /// [`FrameStore`](super::FrameStore) keeps of them.
    pub fn bulk(self) -> Self {
        Self { layers: self.layers.iter().map(Layer::fixed_point).collect(), ..self }
    }

    /// The filterbank that it reads.
    pub fn features(&self) -> &FeatureConfig {
        &self.features
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// Distinguishes its frames from those of other weights.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How many log-mel frames before and after its own a vector depends on, rounded up to whole steps.
    pub fn reach(&self) -> usize {
        let (mut step, mut reach) = (1, 0);
        for layer in &self.layers {
            reach += layer.reach() * step;
            step *= layer.stride();
        }
        reach.next_multiple_of(REDUCTION)
    }

    /// The acoustic frames of a sound: of its log-mel frames 0, 4, 8 and so on, `[⌈frames / 4⌉, dimension]`.
    pub fn encode(&self, features: &Features) -> AcousticFrames {
        self.encode_from(features, 0)
    }

    /// As [`encode`](Self::encode), of the log-mel frames `first`, `first + 4` and so on; nothing before `first` is read.
    pub fn encode_from(&self, features: &Features, first: usize) -> AcousticFrames {
        let (bands, first) = (self.features.bands, first.min(features.frames()));
        if features.bands() != bands {
            return AcousticFrames::new(self.dimension());
        }
        let rows = layer::run(&self.layers, features.frames() - first, bands, |at, row| {
            let frame = &features.data[(first + at) * bands..][..bands];
            for (((cell, value), mean), std) in row.iter_mut().zip(frame).zip(&self.mean).zip(&self.std) {
                *cell = (value - mean) / std;
            }
        });
        let mut states = Array2::zeros((rows.iter().len(), self.dimension()));
        for (mut state, row) in states.axis_iter_mut(Axis(0)).zip(rows.iter()) {
            let row = &row[..self.dimension()];
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
            state.iter_mut().zip(row).for_each(|(cell, value)| *cell = value / length);
        }
        // log Σ exp: what the odds of all classes come to.
        let odds = states.dot(&self.classes.t());
        let normaliser = |row: ArrayView1<'_, f32>| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            most + row.iter().map(|value| (value - most).exp()).sum::<f32>().ln()
        };
        let normalisers = odds.axis_iter(Axis(0)).map(normaliser).collect();
        AcousticFrames::with_normalisers(self.dimension(), states.into_raw_vec_and_offset().0, normalisers)
    }

    /// What a query with these frames expects.
    ///
    /// The likeness of two frames is by the divergence (Kullback and Leibler 1951) of the first one's class probabilities from the second
    /// one's: Σ p log q is the dot product of the mean of the classes' directions, by p, with the second vector, less its
    /// normaliser. So comparing costs no more than a cosine. (Posteriorgrams for spoken queries: Hazen, Shen and White 2009.)
    pub fn template(&self, frames: &AcousticFrames) -> FrameTemplate {
        let (mut directions, mut same) = (Vec::new(), Vec::new());
        for at in 0..frames.len() {
            let vector = ArrayView1::from(frames.row(at));
            let normaliser = frames.normalisers()[at];
            let shares = self.classes.dot(&vector).mapv(|odds| (odds - normaliser).exp());
            let direction = shares.dot(&self.classes) / shares.sum().max(1e-12) + &vector * OWN;
            same.push(direction.dot(&vector) - normaliser);
            directions.extend(direction);
        }
        FrameTemplate::new(self.dimension(), directions, same, RANGE)
    }

    /// Whether these frames are speech.
    pub fn speech(&self, frames: &AcousticFrames) -> Speech {
        let (mut sound, mut doubt) = (Vec::new(), 0.0);
        for at in 0..frames.len() {
            let normaliser = frames.normalisers()[at];
            let shares = self.classes.dot(&ArrayView1::from(frames.row(at))).mapv(|odds| (odds - normaliser).exp());
            // The last class is silence.
            sound.push(1.0 - shares.last().copied().unwrap_or(0.0).min(1.0));
            doubt -= shares.iter().map(|share| share * share.max(1e-9).ln()).sum::<f32>();
        }
        Speech { sound, doubt: doubt / frames.len().max(1) as f32 }
    }

    /// What is asked for by naming the class of sounds of each moment.
    ///
    /// # Errors
    /// Where there is no such class.
    pub fn expected(&self, classes: &[usize]) -> Result<FrameTemplate, NetworkError> {
        if classes.iter().any(|&class| class >= self.classes.nrows()) {
            return Err(misshapen("classes", self.classes.shape()));
        }
        let directions = classes.iter().flat_map(|&class| self.classes.row(class).to_vec()).collect();
        // The log of a probability is at most 0.
        Ok(FrameTemplate::new(self.dimension(), directions, vec![0.0; classes.len()], RANGE))
    }

    /// The phones that these classes are parts of. Panics at a class that [`expected`](Self::expected) refuses.
    pub(super) fn phones(&self, classes: &[usize]) -> Phones {
        Phones::new(classes, &self.classes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub fn noise(frames: usize) -> Features {
        let data = (0..frames * 40).map(|i| ((i * 7919 + i / 40 * 31) % 1009) as f32 / 100.0 - 12.0).collect();
        Features { bands: 40, data }
    }

    #[test]
    fn a_vector_a_step_of_unit_length() {
        let network = AcousticEncoder::shipped().unwrap();
        for count in [1, 4, 5, 100, 101] {
            let frames = network.encode(&noise(count));
            assert_eq!(frames.len(), count.div_ceil(REDUCTION));
            for at in 0..frames.len() {
                let length: f32 = frames.row(at).iter().map(|v| v * v).sum();
                assert!((length - 1.0).abs() < 1e-4);
            }
        }
        assert_eq!(network.encode(&Features::new(40)).len(), 0);
    }

    #[test]
    fn beyond_its_reach_nothing_matters() {
        let network = AcousticEncoder::shipped().unwrap();
        let long = noise(200);
        let mut part = Features::new(40);
        part.extend_from_slice(long.rows(40..140));
        let (whole, cut) = (network.encode(&long), network.encode(&part));
        let skip = network.reach() / REDUCTION;
        for at in skip..cut.len() - skip {
            let apart = whole.row(at + 10).iter().zip(cut.row(at)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-4, "{at}: {apart}");
        }
    }

    #[test]
    fn damaged_weights_are_refused() {
        assert!(matches!(AcousticEncoder::parse(b"nothing"), Err(NetworkError::Damaged(_))));
        assert!(matches!(AcousticEncoder::parse(&SHIPPED[..SHIPPED.len() / 2]), Err(NetworkError::Damaged(_))));
    }
}
