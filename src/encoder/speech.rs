//! The encoder that users run: a checkpoint with its network on a device.

use std::path::Path;

use audiosearch_index::{Embedding, Fingerprint};
use tch::{Kind, Tensor};

use super::checkpoint::SHIPPED;
use super::config::EncoderConfig;
use super::decoder::Decoder;
use super::error::EncoderError;
use super::network::SpeechNetwork;
use super::parameters::Parameters;
use super::pooling::{pool, states_of};
use super::recurrent::Mode;
use super::spelling::SpellingNetwork;
use super::tensors::{Checkpoint, values};
use super::{AutoEncoder, Device, Encoder, SpeechModel, Stretch};
use crate::features::{FeatureConfig, Features};

/// Stretches in one pass of the network.
const BATCH_STRETCHES: usize = 64;
/// Frames in one pass, padding counted: bounds memory.
const BATCH_FRAMES: usize = 32_768;

/// The recurrent sequence auto-encoder for speech.
#[derive(Debug)]
pub struct SpeechEncoder {
    name: String,
    config: EncoderConfig,
    fingerprint: Fingerprint,
    device: tch::Device,
    parameters: Parameters,
    network: SpeechNetwork,
}

impl SpeechEncoder {
    /// The model that is built into the program.
    pub fn shipped(device: Device) -> Result<SpeechEncoder, EncoderError> {
        let (checkpoint, fingerprint) = Checkpoint::parse(SHIPPED.0, "the built-in model")?;
        SpeechEncoder::new(SHIPPED.1.into(), checkpoint, fingerprint, device)
    }

    /// A model file of one's own, as `train audio` writes it.
    pub fn load(path: &Path, device: Device) -> Result<SpeechEncoder, EncoderError> {
        let (checkpoint, fingerprint) = Checkpoint::read(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        SpeechEncoder::new(name, checkpoint, fingerprint, device)
    }

    fn new(
        name: String,
        checkpoint: Checkpoint,
        fingerprint: Fingerprint,
        device: Device,
    ) -> Result<SpeechEncoder, EncoderError> {
        let device = device.torch()?;
        let parameters = checkpoint.parameters.on(device)?;
        let network = SpeechNetwork::new(&checkpoint.config, &parameters)?;
        Ok(SpeechEncoder { name, config: checkpoint.config, fingerprint, device, parameters, network })
    }

    /// The same encoder for another thread; weights are shared, not copied.
    pub fn try_clone(&self) -> Result<SpeechEncoder, EncoderError> {
        let parameters = self.parameters.share();
        Ok(SpeechEncoder {
            name: self.name.clone(),
            config: self.config.clone(),
            fingerprint: self.fingerprint,
            device: self.device,
            network: SpeechNetwork::new(&self.config, &parameters)?,
            parameters,
        })
    }

    /// What the model is called in a store: the file's stem, or `speech` for the built-in one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The network's shape.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Number of trained values in the encoder proper, decoder and spelling left out.
    pub fn parameter_count(&self) -> usize {
        let own = |name: &str| !name.starts_with("decoder.") && !name.starts_with("spelling.");
        self.parameters.trained().filter(|(slot, _)| own(&slot.name)).map(|(_, tensor)| tensor.numel()).sum()
    }

    /// The place of a written word or phrase among the sounds.
    pub fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError> {
        let _guard = tch::no_grad_guard();
        let text = text.trim();
        if text.is_empty() {
            return Err(EncoderError::Input("the text is empty".into()));
        }
        let spelling = self.config.spelling.as_ref().ok_or(EncoderError::Missing("written-word encoder"))?;
        let vector = SpellingNetwork::new(spelling, &self.parameters)?.run(&[text], self.device)?;
        let vector = self.network.normalise_spelling(&vector)?;
        embedding(values(&vector)?)
    }

    /// What a vector alone decodes to: log-mel frames at the reduced rate (one for `config().reduction()` frames of
    /// 10 ms), gain left open. `vector` is the embedding before the normalisation, see [`bottleneck`](Self::bottleneck).
    pub fn decode(&self, vector: &[f32], frames: usize) -> Result<Features, EncoderError> {
        let _guard = tch::no_grad_guard();
        let config = self.config.decoder.as_ref().ok_or(EncoderError::Missing("decoder"))?;
        if vector.len() != self.config.dimension as usize {
            return Err(EncoderError::Input(format!("a vector of {} values", vector.len())));
        }
        if frames == 0 {
            return Err(EncoderError::Input("no frames asked for".into()));
        }
        let decoder = Decoder::new(config, &self.parameters)?;
        let input = Tensor::f_from_slice(vector)?.f_unsqueeze(0)?.f_to_device(self.device)?;
        let reduced = frames.div_ceil(self.config.reduction()) as i64;
        let frames = self.network.destandardise(&decoder.run(&input, &[reduced])?)?;
        Ok(Features { bands: self.config.features.bands, data: values(&frames)? })
    }

    /// `decoded` with the mean level of `like`: training takes it out, over standardised frames.
    fn levelled(&self, mut decoded: Features, like: &Features) -> Result<Features, EncoderError> {
        let _guard = tch::no_grad_guard();
        let bands = self.config.features.bands;
        let mean = |features: &Features| -> Result<Tensor, EncoderError> {
            let size = [features.frames() as i64, bands as i64];
            let frames = Tensor::f_from_slice(&features.data)?.f_reshape(size)?.f_to_device(self.device)?;
            Ok(self.network.standardise(&frames)?.f_mean(Kind::Float)?)
        };
        let level = mean(like)?.f_sub(&mean(&decoded)?)?;
        let shift = self.parameters.get("input.std")?.f_mul(&level)?;
        for (at, shift) in values(&shift)?.into_iter().enumerate() {
            decoded.data.iter_mut().skip(at).step_by(bands).for_each(|value| *value += shift);
        }
        Ok(decoded)
    }

    /// The unit vector of a whole clip before the normalisation that is fitted after training: what the decoder reads.
    pub fn bottleneck(&self, features: &Features) -> Result<Vec<f32>, EncoderError> {
        let _guard = tch::no_grad_guard();
        let span = 0..features.frames() as u32;
        let stretch = Stretch { features, spans: std::slice::from_ref(&span) };
        stretch.check(self.config.features.bands)?;
        let pooled = self.pool_batch(&[&stretch])?;
        let pooled = Tensor::f_from_slice(&pooled[0])?.f_reshape([1, -1])?.f_to_device(self.device)?;
        values(&self.network.project(&pooled)?)
    }

    /// One pass over some stretches, then their spans pooled on plain slices: [stretch][spans × pooled size].
    fn pool_batch(&self, batch: &[&Stretch<'_>]) -> Result<Vec<Vec<f32>>, EncoderError> {
        let bands = self.config.features.bands;
        let lengths: Vec<i64> = batch.iter().map(|s| s.features.frames() as i64).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0) as usize;
        let mut padded = vec![0f32; batch.len() * longest * bands];
        for (row, stretch) in padded.chunks_mut(longest * bands).zip(batch) {
            row[..stretch.features.data.len()].copy_from_slice(&stretch.features.data);
        }
        let size = [batch.len() as i64, longest as i64, bands as i64];
        let input = Tensor::f_from_slice(&padded)?.f_reshape(size)?.f_to_device(self.device)?;
        let (states, lengths) = self.network.states(&input, lengths, Mode::Inference)?;
        let weights = self.network.weights(&states)?.map(|w| values(&w)).transpose()?;
        let (time, width) = (states.size()[1] as usize, states.size()[2] as usize);
        let states = values(&states)?;
        let (reduction, forward) = (self.config.reduction(), self.config.width as usize);
        let pooled = batch.iter().enumerate().map(|(i, stretch)| {
            let row = |step: usize| &states[(i * time + step) * width..][..width];
            let weights = weights.as_ref().map(|w| &w[i * time..][..time]);
            let mut pooled = Vec::with_capacity(stretch.spans.len() * self.config.pooled_size() as usize);
            for span in stretch.spans {
                let range = states_of(span, reduction, lengths.values()[i] as usize);
                pool(self.config.pooling, forward, range, row, weights, &mut pooled);
            }
            pooled
        });
        Ok(pooled.collect())
    }
}

/// `frames` frames out of those at the reduced rate, on straight lines between the middles of what each of them stands for.
fn stretched(reduced: &Features, reduction: usize, frames: usize) -> Features {
    let last = reduced.frames().saturating_sub(1);
    let mut out = Features::new(reduced.bands);
    for frame in 0..frames {
        let at = ((frame as f32 + 0.5) / reduction as f32 - 0.5).clamp(0.0, last as f32);
        let (low, share) = (at as usize, at.fract());
        let pairs = reduced.row(low).iter().zip(reduced.row((low + 1).min(last)));
        let row: Vec<f32> = pairs.map(|(a, b)| a + share * (b - a)).collect();
        out.push_row(&row);
    }
    out
}

fn embedding(values: Vec<f32>) -> Result<Embedding, EncoderError> {
    Ok(Embedding::new(values)?)
}

impl Encoder for SpeechEncoder {
    fn dimension(&self) -> usize {
        self.config.dimension as usize
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn feature_config(&self) -> &FeatureConfig {
        &self.config.features
    }

    fn encode(&self, stretches: &[Stretch<'_>]) -> Result<Vec<Vec<Embedding>>, EncoderError> {
        let _guard = tch::no_grad_guard();
        for stretch in stretches {
            stretch.check(self.config.features.bands)?;
        }
        let mut order: Vec<usize> = (0..stretches.len()).filter(|&i| !stretches[i].spans.is_empty()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(stretches[i].features.frames()));
        let mut pooled: Vec<Vec<f32>> = vec![Vec::new(); stretches.len()];
        let mut rest = order.as_slice();
        while let Some(&first) = rest.first() {
            // Longest first, so that the first of a batch says how many fit.
            let fit = (BATCH_FRAMES / stretches[first].features.frames()).clamp(1, BATCH_STRETCHES);
            let (now, later) = rest.split_at(fit.min(rest.len()));
            let batch: Vec<&Stretch<'_>> = now.iter().map(|&i| &stretches[i]).collect();
            for (&i, vectors) in now.iter().zip(self.pool_batch(&batch)?) {
                pooled[i] = vectors;
            }
            rest = later;
        }
        let flat: Vec<f32> = pooled.concat();
        if flat.is_empty() {
            return Ok(stretches.iter().map(|_| Vec::new()).collect());
        }
        let size = [-1, self.config.pooled_size()];
        let flat = Tensor::f_from_slice(&flat)?.f_reshape(size)?.f_to_device(self.device)?;
        let vectors = self.network.normalise(&self.network.project(&flat)?)?.f_to_kind(Kind::Float)?;
        let vectors = values(&vectors)?;
        let mut rows = vectors.chunks_exact(self.dimension());
        let mut out = Vec::with_capacity(stretches.len());
        for stretch in stretches {
            let row = rows.by_ref().take(stretch.spans.len());
            out.push(row.map(|row| embedding(row.to_vec())).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(out)
    }
}

impl AutoEncoder for SpeechEncoder {
    fn reduction(&self) -> usize {
        self.config.reduction()
    }

    fn reconstruct(&self, features: &Features) -> Result<Features, EncoderError> {
        let decoded = self.decode(&self.bottleneck(features)?, features.frames())?;
        self.levelled(stretched(&decoded, self.config.reduction(), features.frames()), features)
    }
}

impl SpeechModel for SpeechEncoder {
    fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError> {
        SpeechEncoder::encode_text(self, text)
    }

    fn another(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        Ok(Box::new(self.try_clone()?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
    use std::ops::Range;

    use super::*;
    use crate::encoder::testing::{features, small_config, small_encoder};
    use crate::encoder::{Cell, Normalisation, Pooling};

    fn encode(encoder: &SpeechEncoder, stretches: &[(&Features, &[Range<u32>])]) -> Vec<Vec<Embedding>> {
        let stretches: Vec<Stretch<'_>> =
            stretches.iter().map(|&(features, spans)| Stretch { features, spans }).collect();
        encoder.encode(&stretches).unwrap()
    }

    fn apart(a: &Embedding, b: &Embedding) -> f32 {
        a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn what_else_is_in_the_batch_does_not_matter() {
        for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
            for pooling in [Pooling::Last, Pooling::MeanMax, Pooling::Attention] {
                for (layers, bidirectional) in [(1, false), (2, true)] {
                    let config = EncoderConfig { cell, pooling, layers, bidirectional, ..small_config() };
                    let encoder = small_encoder(&config, 1);
                    let clips = [features(37, 1), features(64, 2), features(5, 3), features(130, 4)];
                    let whole: Vec<Range<u32>> = clips.iter().map(|c| 0..c.frames() as u32).collect();
                    let stretches: Vec<_> =
                        clips.iter().zip(&whole).map(|(c, w)| (c, std::slice::from_ref(w))).collect();
                    let together = encode(&encoder, &stretches);
                    for (i, stretch) in stretches.iter().enumerate() {
                        let alone = encode(&encoder, &[*stretch]);
                        assert!(apart(&alone[0][0], &together[i][0]) < 1e-5, "{config:?} clip {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn spans_are_pooled_within_one_pass_and_come_in_order() {
        let encoder = small_encoder(&small_config(), 1);
        let (long, short) = (features(200, 1), features(60, 2));
        let spans = [0..40, 40..80, 20..200];
        let out = encode(&encoder, &[(&long, &spans), (&short, &[]), (&short, &[3..9])]);
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 1]);
        let alone = encode(&encoder, &[(&long, &spans[1..2])]);
        assert!(apart(&alone[0][0], &out[0][1]) < 1e-5);
        assert!(apart(&out[0][0], &out[0][1]) > 1e-3, "different sound, different vector");
        assert!(out.iter().flatten().all(|e| e.dimension() == encoder.dimension()));
    }

    #[test]
    fn a_clone_in_another_thread_agrees() {
        let encoder = small_encoder(&small_config(), 1);
        let clip = features(50, 1);
        let other = encoder.try_clone().unwrap();
        let same = clip.clone();
        let there = std::thread::spawn(move || encode(&other, &[(&same, &[0..50])])).join().unwrap();
        assert_eq!(there, encode(&encoder, &[(&clip, &[0..50])]));
        assert_eq!(encoder.fingerprint(), encoder.try_clone().unwrap().fingerprint());
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let encoder = small_encoder(&small_config(), 1);
        let clip = features(50, 1);
        let refused = |features: &Features, span: Range<u32>| {
            let spans = [span];
            encoder.encode(&[Stretch { features, spans: &spans }]).unwrap_err().to_string()
        };
        assert!(refused(&clip, 0..51).contains("0..51"));
        assert!(refused(&clip, 7..7).contains("7..7"));
        assert!(refused(&Features { bands: 9, data: vec![0.0; 90] }, 0..10).contains("9 bands"));
        let mut spoilt = clip.clone();
        spoilt.data[3] = f32::NAN;
        assert!(refused(&spoilt, 0..50).contains("not finite"));
    }

    #[test]
    fn the_built_in_model_encodes_and_decodes() {
        let encoder = SpeechEncoder::shipped(Device::Cpu).unwrap();
        let bands = encoder.feature_config().bands;
        let clip = Features { bands, data: (0..bands * 80).map(|i| ((i * 7) % 13) as f32).collect() };
        let out = encode(&encoder, &[(&clip, &[0..80])]);
        assert!((out[0][0].dot(&out[0][0]) - 1.0).abs() < 1e-5);
        if encoder.config().decoder.is_some() {
            let vector = encoder.bottleneck(&clip).unwrap();
            let decoded = encoder.decode(&vector, 80).unwrap();
            assert_eq!(decoded.frames(), 80usize.div_ceil(encoder.config().reduction()));
        }
        if encoder.config().spelling.is_some() {
            assert_eq!(encoder.encode_text("hello").unwrap(), encoder.encode_text(" Hello ").unwrap());
        }
        assert!(encoder.encode_text("  ").is_err());
    }

    #[test]
    fn a_reconstruction_has_the_clips_length_and_level() {
        let encoder = small_encoder(&small_config(), 1);
        for frames in [1, 2, 7, 50] {
            let mut clip = features(frames, 3);
            clip.data.iter_mut().for_each(|value| *value += 11.0);
            let decoded = encoder.reconstruct(&clip).unwrap();
            let mean = |features: &Features| features.data.iter().sum::<f32>() / features.data.len() as f32;
            assert_eq!((decoded.frames(), decoded.bands()), (frames, clip.bands()));
            assert!((mean(&decoded) - mean(&clip)).abs() < 1e-3, "{} {}", mean(&decoded), mean(&clip));
        }
        let mute = small_encoder(&EncoderConfig { decoder: None, ..small_config() }, 1);
        assert!(mute.reconstruct(&features(9, 1)).unwrap_err().to_string().contains("no decoder"));
    }

    #[test]
    fn any_script_can_be_spelt() {
        let config = EncoderConfig { normalisation: Normalisation::Standard, ..small_config() };
        let encoder = small_encoder(&config, 1);
        let long = "ß".repeat(1000);
        for text in ["cat", "北京", "a b", long.as_str()] {
            assert_eq!(encoder.encode_text(text).unwrap().dimension(), encoder.dimension());
        }
        assert_ne!(encoder.encode_text("cat").unwrap(), encoder.encode_text("tac").unwrap());
    }
}
