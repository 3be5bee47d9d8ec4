//! The networks: alone, and as part of the whole way.

use std::{
    num::NonZeroUsize,
    ops::Range,
    path::PathBuf,
    slice,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    thread,
    time::Instant,
};

use anyhow::Result;
use audiosearch::{
    acoustic::{AcousticEncoder, StreamingEncoder},
    encoder::{Encoder, EncoderError, SpeechModel, Stretch},
    features::{FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features},
    inference::InferenceEncoder,
    pipeline::{Ingest, Settings},
    segment::{SegmentConfig, SegmentMode},
};
use audiosearch_index::{Collection, Embedding, Fingerprint, Index, Schema, Span};
use cpu_time::ThreadTime;
use serde::Serialize;

use super::meter::{Cost, Meter, cost};

/// Frames that the frame network is given at once.
const BLOCK: usize = 800;
/// Frames that an encoder is given at once, as the pipeline does.
const BATCH: usize = 16_000;

pub fn acoustic_frames(network: &AcousticEncoder, features: &Features) {
    let mut stream = StreamingEncoder::of_frames(network);
    for rows in features.data.chunks(BLOCK * features.bands) {
        stream.push_frames(&Features { bands: features.bands, data: rows.to_vec() });
    }
    stream.finish();
}

/// Each span with its own frames, as the pipeline gives them to the encoder.
pub fn passages(features: &[Features], spans: &[Vec<Span>]) -> Vec<(Features, Range<u32>)> {
    let mut passages = Vec::new();
    for (features, spans) in features.iter().zip(spans) {
        for span in spans {
            let start = (span.start / FRAME_SHIFT as u64) as usize;
            let count = ((span.len as usize).saturating_sub(FRAME_LENGTH) / FRAME_SHIFT + 1).max(1);
            let end = (start + count).min(features.frames());
            if start < end {
                let data = features.data[start * features.bands..end * features.bands].to_vec();
                passages.push((Features { bands: features.bands, data }, 0..(end - start) as u32));
            }
        }
    }
    passages
}

/// The cost of full batches on one thread, and the embeddings.
pub fn encode(
    meter: &mut Meter,
    name: &'static str,
    encoder: &dyn Encoder,
    passages: &[(Features, Range<u32>)],
) -> Result<(Cost, Vec<Embedding>)> {
    let mut batches: Vec<Vec<Stretch<'_>>> = vec![Vec::new()];
    let mut frames = 0;
    for (features, span) in passages {
        if frames >= BATCH {
            batches.push(Vec::new());
            frames = 0;
        }
        frames += features.frames();
        if let Some(batch) = batches.last_mut() {
            batch.push(Stretch { features, spans: slice::from_ref(span) });
        }
    }
    // The first pass of any program pays for pages and plans.
    encoder.encode(&batches[0])?;
    let (embeddings, cost) = cost(|| batches.iter().map(|batch| encoder.encode(batch)).collect::<Result<Vec<_>, _>>());
    meter.add(name, cost);
    Ok((cost, embeddings?.into_iter().flatten().flatten().collect()))
}

/// What encoders took, all of them together.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Taken {
    pub frames: usize,
    pub cpu: f64,
    pub wall: f64,
}

/// Indexes the recordings as the program does, an encoder and a reader a core; what the encoders took, and the cost of all.
pub fn whole_way(paths: &[PathBuf], encoder: InferenceEncoder) -> Result<(Taken, Cost)> {
    let folder = tempfile::tempdir()?;
    let schema = Schema {
        dimension: u32::try_from(encoder.dimension())?,
        fingerprint: encoder.fingerprint(),
        model: "speech".into(),
    };
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let taken = Arc::new(Mutex::new(Taken::default()));
    let timed = |encoder| Box::new(Timed { encoder, taken: taken.clone() }) as Box<dyn Encoder>;
    let encoders =
        (0..cores.get()).map(|_| Ok(timed(encoder.another_for_bulk()?))).collect::<Result<_, EncoderError>>()?;
    let settings = Settings {
        external: audiosearch::audio::ExternalDecoder::None,
        mode: SegmentMode::Auto,
        segments: SegmentConfig::default(),
        force: false,
        channels: None,
        readers: cores,
        network: AcousticEncoder::shipped()?,
    };
    let (done, cost) = cost(|| -> Result<()> {
        let index = Index::create(folder.path(), Collection::Audio, schema)?;
        let ingest = Ingest::new(&index, folder.path(), settings)?;
        let writer = index.writer()?;
        ingest.run(&writer, paths.to_vec(), encoders, &AtomicBool::new(false), &mut |_| ())?;
        writer.commit()?;
        Ok(())
    });
    done?;
    let taken = *taken.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((taken, cost))
}

/// An encoder that is timed each time it is called.
struct Timed {
    encoder: Box<dyn Encoder>,
    taken: Arc<Mutex<Taken>>,
}

impl Encoder for Timed {
    fn dimension(&self) -> usize {
        self.encoder.dimension()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.encoder.fingerprint()
    }

    fn feature_config(&self) -> &FeatureConfig {
        self.encoder.feature_config()
    }

    fn encode(&self, stretches: &[Stretch<'_>]) -> Result<Vec<Vec<Embedding>>, EncoderError> {
        let (cpu, wall) = (ThreadTime::now(), Instant::now());
        let embeddings = self.encoder.encode(stretches);
        let (cpu, wall) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.frames += stretches.iter().map(|stretch| stretch.features.frames()).sum::<usize>();
        taken.cpu += cpu;
        taken.wall += wall;
        embeddings
    }
}
