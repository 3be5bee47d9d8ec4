//! A checkpoint that runs without LibTorch.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use audiosearch_index::{Embedding, Fingerprint};

use super::affine::{Columns, affine};
use super::convolution::{Convolution, EDGE};
use super::recurrent::Stack;
use super::sequences::Sequences;
use super::spelling::Spelling;
use super::weights::Weights;
use crate::encoder::{
    Encoder, EncoderConfig, EncoderError, Normalisation, Plain, Pooling, SpeechModel, Stretch, pool, states_of,
};
use crate::features::{FeatureConfig, Features};
use crate::kernels::Matrix;

/// Stretches in one pass: enough rows for a step's product to be a fast one.
const BATCH_STRETCHES: usize = 48;
/// Frames in one pass: bounds memory.
const BATCH_FRAMES: usize = 32_768;

/// The encoder of speech. A clone shares the weights.
#[derive(Debug, Clone)]
pub struct InferenceEncoder {
    network: Arc<Network>,
    bulk: bool,
}

#[derive(Debug)]
struct Network {
    name: String,
    config: EncoderConfig,
    fingerprint: Fingerprint,
    mean: Vec<f32>,
    std: Vec<f32>,
    listening: Listening,
    /// The same in fixed point, once somebody wants it.
    bulk: OnceLock<Listening>,
    /// Width of the forward direction's states.
    forward: usize,
    attention: Option<Matrix>,
    projection: Matrix,
    normalisation: Option<Normaliser>,
    spelling: Option<Spelling>,
}

/// What every frame goes through.
#[derive(Debug)]
struct Listening {
    convolutions: Vec<Convolution>,
    stack: Stack,
}

/// Takes the mean out, then turns and scales.
#[derive(Debug)]
struct Normaliser {
    mean: Vec<f32>,
    spelling_mean: Vec<f32>,
    matrix: Matrix,
}

impl InferenceEncoder {
    /// The model that is built into the program.
    ///
    /// # Errors
    /// Where that is damaged, which a test rules out.
    pub fn shipped() -> Result<InferenceEncoder, EncoderError> {
        let (bytes, name) = crate::encoder::SHIPPED;
        InferenceEncoder::parse(bytes, "the built-in model", name)
    }

    /// A model file of one's own, as `train audio` writes it.
    ///
    /// # Errors
    /// Where it cannot be read, or is no model; the file is named.
    pub fn load(path: &Path) -> Result<InferenceEncoder, EncoderError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        InferenceEncoder::parse(&bytes, &path.display().to_string(), &name)
    }

    /// A model file in memory. `model` names it in errors, `name` is what a store calls it.
    ///
    /// # Errors
    /// Where the bytes are no model.
    pub fn parse(bytes: &[u8], model: &str, name: &str) -> Result<InferenceEncoder, EncoderError> {
        let Plain { config, fingerprint, tensors } = Plain::parse(bytes, model)?;
        let weights = Weights::new(tensors);
        let mut columns = Columns::plain(config.features.bands);
        let mut convolutions = Vec::new();
        for (i, convolution) in config.convolutions.iter().enumerate() {
            let convolution = Convolution::new(&weights, i, convolution, &columns)?;
            columns = convolution.output().clone();
            convolutions.push(convolution);
        }
        let (layers, width, dimension) = (config.layers as usize, config.width as usize, config.dimension as usize);
        let stack = Stack::new(&weights, "recurrent", config.cell, layers, width, config.bidirectional, &columns)?;
        let states = stack.columns();
        let pooled = states.repeated(if config.pooling == Pooling::Last { 1 } else { 2 });
        let attention = match config.pooling {
            Pooling::Attention => Some(affine(&weights, "attention", states, 1)?),
            Pooling::Last | Pooling::MeanMax => None,
        };
        let normalisation = match config.normalisation {
            Normalisation::None => None,
            Normalisation::Standard | Normalisation::Whitening => {
                let matrix = weights.get("normalisation.matrix")?;
                let spelling_mean = match config.spelling {
                    Some(_) => weights.get("normalisation.spelling_mean")?.to_vec(),
                    None => Vec::new(),
                };
                let at = |input, output| matrix[input * dimension + output];
                let matrix = Matrix::new(dimension, dimension, at, |_| 0.0);
                Some(Normaliser { mean: weights.get("normalisation.mean")?.to_vec(), spelling_mean, matrix })
            }
        };
        let spelling = match &config.spelling {
            Some(spelling) => Some(Spelling::new(&weights, spelling, dimension)?),
            None => None,
        };
        let network = Network {
            name: name.to_owned(),
            fingerprint,
            mean: weights.get("input.mean")?.to_vec(),
            std: weights.get("input.std")?.to_vec(),
            forward: states.width() / if config.bidirectional { 2 } else { 1 },
            attention,
            projection: affine(&weights, "projection", &pooled, dimension)?,
            normalisation,
            spelling,
            listening: Listening { convolutions, stack },
            bulk: OnceLock::new(),
            config,
        };
        Ok(InferenceEncoder { network: Arc::new(network), bulk: false })
    }

    /// The same for much work: in fixed point. A vector's cosine with the exact one is .999999 and more, and it is the same on every
    /// processor up to rounding in single precision.
    pub fn bulk(&self) -> InferenceEncoder {
        InferenceEncoder { network: self.network.clone(), bulk: true }
    }

    fn listening(&self) -> &Listening {
        let exact = &self.network.listening;
        if self.bulk { self.network.bulk.get_or_init(|| exact.fixed_point()) } else { exact }
    }

    /// What the model is called in a store: the file's stem, or `speech` for the built-in one.
    pub fn name(&self) -> &str {
        &self.network.name
    }

    /// The network's shape.
    pub fn config(&self) -> &EncoderConfig {
        &self.network.config
    }

    /// The place of a written word or phrase among the sounds.
    ///
    /// # Errors
    /// Where there is nothing written, or the model has no encoder of written words.
    pub fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EncoderError::Input("the text is empty".into()));
        }
        let spelling = self.network.spelling.as_ref().ok_or(EncoderError::Missing("written-word encoder"))?;
        let mut vector = spelling.run(text);
        vector.truncate(self.dimension());
        unit(&mut vector);
        let normalise = |normaliser: &Normaliser| normaliser.run(&vector, &normaliser.spelling_mean, self.dimension());
        Ok(Embedding::new(self.network.normalisation.as_ref().map(normalise).unwrap_or(vector))?)
    }
}

impl Listening {
    fn fixed_point(&self) -> Listening {
        let convolutions = self.convolutions.iter().map(Convolution::fixed_point).collect();
        Listening { convolutions, stack: self.stack.fixed_point() }
    }
}

impl Network {
    /// Standardised frames between rows of zeros.
    fn standardise(&self, features: &Features, out: &mut Vec<f32>) {
        let bands = self.mean.len();
        out.clear();
        out.resize((features.frames() + 2 * EDGE) * bands, 0.0);
        for (row, frame) in out[EDGE * bands..].chunks_exact_mut(bands).zip(features.data.chunks_exact(bands)) {
            for (((cell, value), mean), std) in row.iter_mut().zip(frame).zip(&self.mean).zip(&self.std) {
                *cell = (value - mean) / std;
            }
        }
    }

    /// Pooled vectors of all spans of some stretches, longest stretch first: `[stretch][spans × pooled width]`.
    fn pool(&self, listening: &Listening, batch: &[&Stretch<'_>]) -> Vec<Vec<f32>> {
        let reduction = self.config.reduction();
        let lengths: Vec<usize> = batch.iter().map(|s| s.features.frames().div_ceil(reduction)).collect();
        let sequences = Sequences::new(&lengths);
        let (mut here, mut there) = (Vec::new(), Vec::new());
        let mut input = Vec::new();
        for (number, stretch) in batch.iter().enumerate() {
            self.standardise(stretch.features, &mut here);
            let mut frames = stretch.features.frames();
            for convolution in &listening.convolutions {
                frames = convolution.run(&here, frames, &mut there);
                std::mem::swap(&mut here, &mut there);
            }
            let width = here.len() / (frames + 2 * EDGE);
            input.resize(sequences.rows() * width, 0.0);
            for (step, row) in here[EDGE * width..].chunks_exact(width).take(frames).enumerate() {
                input[sequences.row(number, step) * width..][..width].copy_from_slice(row);
            }
        }
        let states = listening.stack.run(&sequences, input);
        let width = listening.stack.columns().width();
        let pooled = batch.iter().zip(&lengths).enumerate().map(|(number, (stretch, &count))| {
            let row = |step: usize| &states[sequences.row(number, step) * width..][..width];
            let weights = self.attention.as_ref().map(|attention| {
                let mut weight = vec![0.0; attention.stride()];
                let at = |step| {
                    attention.run(row(step), width, 1, &mut weight);
                    weight[0]
                };
                (0..count).map(at).collect::<Vec<f32>>()
            });
            let mut pooled = Vec::with_capacity(stretch.spans.len() * self.projection.inputs());
            for span in stretch.spans {
                let range = states_of(span, reduction, count);
                pool(self.config.pooling, self.forward, range, row, weights.as_deref(), &mut pooled);
            }
            pooled
        });
        pooled.collect()
    }

    /// Pooled vectors of spans, row by row, to their embeddings.
    fn embeddings(&self, pooled: &[f32]) -> Result<Vec<Embedding>, EncoderError> {
        let (inputs, dimension, stride) =
            (self.projection.inputs(), self.config.dimension as usize, self.projection.stride());
        let rows = pooled.len() / inputs;
        let mut vectors = vec![0.0; rows * stride];
        self.projection.run(pooled, inputs, rows, &mut vectors);
        let finish = |row: &[f32]| {
            let mut vector = row[..dimension].to_vec();
            unit(&mut vector);
            let normalise = |normaliser: &Normaliser| normaliser.run(&vector, &normaliser.mean, dimension);
            Ok(Embedding::new(self.normalisation.as_ref().map(normalise).unwrap_or(vector))?)
        };
        vectors.chunks_exact(stride).map(finish).collect()
    }
}

impl Normaliser {
    fn run(&self, vector: &[f32], mean: &[f32], dimension: usize) -> Vec<f32> {
        let centred: Vec<f32> = vector.iter().zip(mean).map(|(value, mean)| value - mean).collect();
        let mut out = vec![0.0; self.matrix.stride()];
        self.matrix.run(&centred, dimension, 1, &mut out);
        out.truncate(dimension);
        unit(&mut out);
        out
    }
}

fn unit(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().max(1e-24).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
}

impl Encoder for InferenceEncoder {
    fn dimension(&self) -> usize {
        self.network.config.dimension as usize
    }

    fn fingerprint(&self) -> Fingerprint {
        self.network.fingerprint
    }

    fn feature_config(&self) -> &FeatureConfig {
        &self.network.config.features
    }

    fn encode(&self, stretches: &[Stretch<'_>]) -> Result<Vec<Vec<Embedding>>, EncoderError> {
        for stretch in stretches {
            stretch.check(self.network.config.features.bands)?;
        }
        let mut order: Vec<usize> = (0..stretches.len()).filter(|&i| !stretches[i].spans.is_empty()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(stretches[i].features.frames()));
        let mut out: Vec<Vec<Embedding>> = vec![Vec::new(); stretches.len()];
        let listening = self.listening();
        let mut rest = order.as_slice();
        while let Some(&first) = rest.first() {
            let fit = (BATCH_FRAMES / stretches[first].features.frames()).clamp(1, BATCH_STRETCHES);
            let (now, later) = rest.split_at(fit.min(rest.len()));
            let batch: Vec<&Stretch<'_>> = now.iter().map(|&i| &stretches[i]).collect();
            for (&i, pooled) in now.iter().zip(self.network.pool(listening, &batch)) {
                out[i] = self.network.embeddings(&pooled)?;
            }
            rest = later;
        }
        Ok(out)
    }
}

impl SpeechModel for InferenceEncoder {
    fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError> {
        InferenceEncoder::encode_text(self, text)
    }

    fn another(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        Ok(Box::new(self.clone()))
    }

    fn another_for_bulk(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        Ok(Box::new(self.bulk()))
    }
}
