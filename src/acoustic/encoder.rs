//! The network: log-mel frames in, a unit vector for every fourth of them out.

use std::{fs, ops::Range, path::Path};

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use safetensors::SafeTensors;

use super::{
    AcousticFrames, AcousticShape, FrameTemplate, NetworkError, Phones, REDUCTION, Speech, chunks,
    expected::ExpectedFrames,
    layer::{self, Layer, misshapen, tensor, vector},
    pass::Pass,
    phones::PARTS,
    template::RANGE,
};
use crate::features::{FeatureConfig, Features};

/// Weight of the frames' own cosine beside the divergence, where the weights say nothing else.
const OWN: f32 = 1.0;

const RECURRENT: &[u8] = include_bytes!("weights/acoustic.safetensors");
const CONVOLUTIONAL: &[u8] = include_bytes!("weights/frames.safetensors");
/// What the recurrent network that comes with the program is called.
pub const RECURRENT_NAME: &str = "recurrent";
/// What the convolutional one is called, which made the frames of stores of 0.1.0; it is the usual one.
pub const CONVOLUTIONAL_NAME: &str = "convolutional";
/// All that come with the program.
const BUILT_IN: [(&str, &[u8]); 2] = [(CONVOLUTIONAL_NAME, CONVOLUTIONAL), (RECURRENT_NAME, RECURRENT)];

/// The weights of a network that comes with the program, where `path` is its name and no such file is there.
pub(super) fn built_in(path: &Path) -> Option<&'static [u8]> {
    let named = BUILT_IN.iter().find(|(name, _)| path == Path::new(name) && !path.exists());
    named.map(|(_, weights)| *weights)
}

/// First bytes of the weights' blake3.
fn identity(weights: &[u8]) -> u64 {
    blake3::hash(weights).as_bytes()[..8].iter().fold(0, |id, byte| id << 8 | u64::from(*byte))
}

/// The acoustic encoder; cheap to share, and the same whatever the model of a store is.
#[derive(Debug, Clone)]
pub struct AcousticEncoder {
    features: FeatureConfig,
    layers: Layers,
    /// Directions of the classes of sounds that it distinguishes, [classes, dimension], times the steepness of their odds.
    classes: Array2<f32>,
    likeness: Likeness,
    /// What is expected of written words beyond their classes.
    expected: Option<ExpectedFrames>,
    /// First bytes of the weights' blake3: frames of other weights are not compared.
    id: u64,
}

/// What log-mel frames go through.
#[derive(Debug, Clone)]
enum Layers {
    /// Convolutions alone, without batch normalisation.
    Convolutions { mean: Array1<f32>, std: Array1<f32>, layers: Vec<Layer> },
    /// Convolutions and recurrent layers, as `train acoustic` writes them.
    Recurrent(Pass),
}

/// How alike two frames are: fitted numbers that belong to the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Likeness {
    /// Weight of the frames' own cosine beside the divergence: sounds that are no speech differ within their class.
    own: f32,
    /// The divergence that makes the likeness 0, cosine included.
    range: f32,
}

impl AcousticEncoder {
    /// The usual network that is built into the program.
    ///
    /// # Errors
    /// Where the built-in weights are damaged, which a test rules out.
    pub fn shipped() -> Result<Self, NetworkError> {
        Self::parse(CONVOLUTIONAL)
    }

    /// The network with this [`id`](Self::id), where it is built into the program.
    ///
    /// # Errors
    /// As of [`shipped`](Self::shipped).
    pub fn with_id(id: u64) -> Result<Option<Self>, NetworkError> {
        let known = BUILT_IN.iter().find(|(_, weights)| identity(weights) == id);
        known.map(|(_, weights)| Self::parse(weights)).transpose()
    }

    /// A file of weights, as `train acoustic` writes it, or the name of a network that comes with the program: [`RECURRENT_NAME`] or
    /// [`CONVOLUTIONAL_NAME`].
    ///
    /// # Errors
    /// Where it cannot be read, or is no acoustic network that tells phones; the file is named.
    pub fn load(path: &Path) -> Result<Self, NetworkError> {
        if let Some(bytes) = built_in(path) {
            return Self::parse(bytes);
        }
        let bytes = fs::read(path).map_err(|cause| NetworkError::Io { path: path.into(), cause })?;
        Self::parse(&bytes).map_err(|cause| NetworkError::File { path: path.into(), cause: Box::new(cause) })
    }

    /// Reads weights: what `train acoustic` writes, with directions of classes `d.weight` [classes, dimension] and, where it was fitted,
    /// `likeness` [2]; or convolutions alone: `input.mean`, `input.std` [bands]; `layer.N.weight` [outputs, inputs, taps] and
    /// `layer.N.bias`; `classes` [classes, dimension], of which the first two step over every other position.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetworkError> {
        let file = SafeTensors::deserialize(bytes).map_err(|cause| NetworkError::Damaged(cause.to_string()))?;
        let id = identity(bytes);
        let (features, usual) = (FeatureConfig::default(), Likeness { own: OWN, range: RANGE });
        if file.names().contains(&"c1.weight") {
            let tensors = file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
            let shape = AcousticShape::of(&tensors).map_err(|(name, cause)| NetworkError::Tensor { name, cause })?;
            let pass = Pass::new(&file, &shape)?;
            let classes = matrix(&file, "d.weight", shape.dimension)?;
            let features = FeatureConfig { bands: shape.bands, ..features };
            let likeness = match tensor(&file, "likeness") {
                Ok((_, values)) => match values[..] {
                    [own, range] if own >= 0.0 && range > 0.0 => Likeness { own, range },
                    _ => return Err(misshapen("likeness", &[values.len()])),
                },
                Err(_) => usual,
            };
            let expected = ExpectedFrames::read(&file, classes.nrows() / PARTS, shape.dimension)?;
            return Ok(Self { features, layers: Layers::Recurrent(pass), classes, likeness, expected, id });
        }
        let (mean, std) = (vector(&file, "input.mean", features.bands)?, vector(&file, "input.std", features.bands)?);
        let mut layers: Vec<Layer> = Vec::new();
        let mut size = features.bands;
        while let Some(layer) = Layer::read(&file, "layer", layers.len(), size, if layers.len() < 2 { 2 } else { 1 })? {
            size = layer.outputs();
            layers.push(layer);
        }
        if layers.len() < 2 {
            return Err(NetworkError::Tensor { name: "layer.1.weight".into(), cause: "is missing".into() });
        }
        let classes = matrix(&file, "classes", size)?;
        Ok(Self {
            features,
            layers: Layers::Convolutions { mean, std, layers },
            classes,
            likeness: usual,
            expected: None,
            id,
        })
    }

    /// The same for hours of sound: in fixed point, half as fast again and more. Its vectors differ by less than an
    /// [`FrameStore`](super::FrameStore) keeps of them.
    pub fn bulk(self) -> Self {
        let layers = match self.layers {
            Layers::Convolutions { mean, std, layers } => {
                Layers::Convolutions { mean, std, layers: layers.iter().map(Layer::fixed_point).collect() }
            }
            Layers::Recurrent(pass) => Layers::Recurrent(pass.fixed_point()),
        };
        Self { layers, ..self }
    }

    /// The filterbank that it reads.
    pub fn features(&self) -> &FeatureConfig {
        &self.features
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        match &self.layers {
            Layers::Convolutions { layers, .. } => layers.last().map_or(0, Layer::outputs),
            Layers::Recurrent(pass) => pass.dimension(),
        }
    }

    /// Distinguishes its frames from those of other weights.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The acoustic frames of a sound: of its log-mel frames 0, 4, 8 and so on, `[⌈frames / 4⌉, dimension]`.
    pub fn encode(&self, features: &Features) -> AcousticFrames {
        self.encode_from(features, 0)
    }

    /// As [`encode`](Self::encode), of the log-mel frames `first`, `first + 4` and so on; nothing before `first` is read.
    pub fn encode_from(&self, features: &Features, first: usize) -> AcousticFrames {
        if features.bands() != self.features.bands {
            return AcousticFrames::new(self.dimension());
        }
        let frames = features.frames();
        let rows = features.rows(first.min(frames)..frames);
        let count = chunks::count(frames.saturating_sub(first));
        let mut values = Vec::with_capacity(rows.len() / self.features.bands / REDUCTION * self.dimension());
        for number in (0..count).step_by(chunks::TOGETHER) {
            values.extend(self.chunks(rows, 0, true, number..count.min(number + chunks::TOGETHER)));
        }
        self.with_normalisers(values)
    }

    /// Values of the acoustic frames of some chunks of a sound, whose log-mel frames from `dropped` on are `kept`: all that the chunks
    /// read must be there. `ended`: `kept` ends where the sound does.
    pub(super) fn chunks(&self, kept: &[f32], dropped: usize, ended: bool, numbers: Range<usize>) -> Vec<f32> {
        let (bands, dimension) = (self.features.bands, self.dimension());
        let there = dropped + kept.len() / bands;
        let total = if ended { there } else { usize::MAX / 2 };
        let stretch = |number: usize| {
            let read = chunks::read(number);
            &kept[(read.start - dropped) * bands..(read.end.min(there) - dropped) * bands]
        };
        let stretches: Vec<&[f32]> = numbers.clone().map(stretch).collect();
        let encoded = match &self.layers {
            Layers::Recurrent(pass) => pass.vectors(&stretches),
            Layers::Convolutions { mean, std, layers } => {
                stretches.iter().map(|rows| convolved(rows, bands, mean, std, layers)).collect()
            }
        };
        let own = numbers.zip(&encoded).flat_map(|(number, values)| {
            let own = chunks::own(number, total);
            &values[own.start * dimension..own.end * dimension]
        });
        own.copied().collect()
    }

    /// Adds what the odds of all classes come to: log Σ exp.
    pub(super) fn with_normalisers(&self, values: Vec<f32>) -> AcousticFrames {
        let dimension = self.dimension();
        let normaliser = |row: ArrayView1<'_, f32>| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            most + row.iter().map(|value| (value - most).exp()).sum::<f32>().ln()
        };
        let rows = ArrayView2::from_shape((values.len() / dimension.max(1), dimension), &values);
        let normalisers =
            rows.map_or(Vec::new(), |rows| rows.dot(&self.classes.t()).axis_iter(Axis(0)).map(normaliser).collect());
        AcousticFrames::with_normalisers(dimension, values, normalisers)
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
            let direction = shares.dot(&self.classes) / shares.sum().max(1e-12) + &vector * self.likeness.own;
            same.push(direction.dot(&vector) - normaliser);
            directions.extend(direction);
        }
        FrameTemplate::new(self.dimension(), directions, same, self.likeness.range)
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

    /// What is asked for by naming phones in order, and which of them is said at each moment and which part of it.
    ///
    /// A moment is like what is asked for where its class is probable (see [`template`](Self::template)), and where it lies along the frame
    /// that is expected, where the weights have [`ExpectedFrames`].
    ///
    /// # Errors
    /// Where there is no such phone.
    pub fn expected(&self, phones: &[usize], moments: &[(usize, usize)]) -> Result<FrameTemplate, NetworkError> {
        let class = |&(which, part): &(usize, usize)| Some(phones.get(which)? * PARTS + part);
        let classes: Option<Vec<usize>> = moments.iter().map(class).collect();
        let known = |classes: &Vec<usize>| classes.iter().all(|&class| class < self.classes.nrows());
        let Some(classes) = classes.filter(known) else { return Err(misshapen("classes", self.classes.shape())) };
        let mut directions = self.classes.select(Axis(0), &classes);
        // The log of a probability is at most 0.
        let mut same = vec![0.0; classes.len()];
        if let Some(expected) = &self.expected {
            let parts: Vec<usize> = moments.iter().map(|(which, part)| which * PARTS + part).collect();
            let expected = expected.of_phones(phones).select(Axis(0), &parts);
            same = expected.axis_iter(Axis(0)).map(|row| row.dot(&row).sqrt()).collect();
            directions += &expected;
        }
        let directions = directions.into_raw_vec_and_offset().0;
        Ok(FrameTemplate::new(self.dimension(), directions, same, RANGE))
    }

    /// The phones that these classes are parts of. Panics at a class that [`expected`](Self::expected) refuses.
    pub(super) fn phones(&self, classes: &[usize]) -> Phones {
        Phones::new(classes, &self.classes)
    }
}

/// A tensor of rows of so many values.
fn matrix(file: &SafeTensors<'_>, name: &str, columns: usize) -> Result<Array2<f32>, NetworkError> {
    let (shape, values) = tensor(file, name)?;
    match shape.as_slice() {
        &[rows, width] if rows > 0 && width == columns => Array2::from_shape_vec((rows, columns), values),
        _ => return Err(misshapen(name, &shape)),
    }
    .map_err(|_| misshapen(name, &shape))
}

/// Log-mel frames through convolutions alone: vectors of unit length, row by row.
fn convolved(rows: &[f32], bands: usize, mean: &Array1<f32>, std: &Array1<f32>, layers: &[Layer]) -> Vec<f32> {
    let dimension = layers.last().map_or(0, Layer::outputs);
    let rows = layer::run(layers, rows.len() / bands, bands, |at, row| {
        let frame = &rows[at * bands..][..bands];
        for (((cell, value), mean), std) in row.iter_mut().zip(frame).zip(mean).zip(std) {
            *cell = (value - mean) / std;
        }
    });
    let mut values = Vec::with_capacity(rows.iter().len() * dimension);
    for row in rows.iter() {
        let row = &row[..dimension];
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        values.extend(row.iter().map(|value| value / length));
    }
    values
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
    fn a_part_of_a_sound_is_heard_as_it_is_within_the_sound() {
        let network = AcousticEncoder::shipped().unwrap();
        let long = noise(4_000);
        let mut part = Features::new(40);
        part.extend_from_slice(long.rows(1_200..3_600));
        let (whole, cut) = (network.encode(&long), network.encode(&part));
        for at in 40..cut.len() - 40 {
            let cosine: f32 = whole.row(at + 300).iter().zip(cut.row(at)).map(|(a, b)| a * b).sum();
            assert!(cosine > 0.99, "{at}: {cosine}");
        }
    }

    #[test]
    fn damaged_weights_are_refused() {
        assert!(matches!(AcousticEncoder::parse(b"nothing"), Err(NetworkError::Damaged(_))));
        assert!(matches!(
            AcousticEncoder::parse(&CONVOLUTIONAL[..CONVOLUTIONAL.len() / 2]),
            Err(NetworkError::Damaged(_))
        ));
    }
}
