//! How fast each room of audiosearch is by itself, on one thread, and how fast the encoder is inside of the whole: `rooms FILE…`, a
//! JSON object on standard output. `rooms --join OUT.wav SECONDS FILE…` writes recordings one after another into one long one.

mod meter;
mod network;
mod sound;
mod store;

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result, bail};
#[cfg(feature = "torch")]
use audiosearch::encoder::{Device, SpeechEncoder, single_threaded};
use audiosearch::{
    acoustic::AcousticEncoder,
    audio::ClipStream,
    encoder::Encoder,
    features::{Features, LogMel},
    inference::InferenceEncoder,
};
use audiosearch_index::Span;
use serde_json::json;

use self::meter::Meter;

fn main() -> Result<()> {
    #[cfg(feature = "torch")]
    single_threaded();
    let mut arguments = env::args_os().skip(1).map(PathBuf::from).peekable();
    if arguments.next_if(|argument| argument.as_os_str() == "--join").is_some() {
        let (Some(out), Some(seconds)) = (arguments.next(), arguments.next()) else {
            bail!("usage: rooms --join OUT.wav SECONDS FILE…");
        };
        let seconds = seconds.to_str().and_then(|text| text.parse().ok()).context("SECONDS is a number")?;
        return sound::join(&out, seconds, &arguments.collect::<Vec<_>>());
    }
    let paths: Vec<PathBuf> = arguments.collect();
    if paths.is_empty() {
        bail!("usage: rooms FILE…");
    }
    measure(&paths)
}

fn measure(paths: &[PathBuf]) -> Result<()> {
    let mut meter = Meter::default();
    let recordings = meter.room("decode", || paths.iter().map(|path| sound::read(path)).collect::<Result<Vec<_>>>())?;
    let seconds = recordings.iter().map(|samples| sound::seconds(samples.len())).sum::<f64>();
    sound::resample(&mut meter, &recordings)?;

    let network = AcousticEncoder::shipped()?;
    let own = InferenceEncoder::shipped()?;
    let front = LogMel::new(own.feature_config());
    let features: Vec<Features> =
        meter.room("features", || recordings.iter().map(|samples| sound::log_mel(samples, &front)).collect());
    let spans: Vec<Vec<Span>> =
        meter.room("segment", || recordings.iter().map(|samples| sound::segments(samples)).collect());
    meter.room("frame network in f32", || {
        features.iter().for_each(|features| network::acoustic_frames(&network, features))
    });
    let network = network.bulk();
    let encode = || features.iter().for_each(|features| network::acoustic_frames(&network, features));
    meter.room("frame network", encode);

    let passages = network::passages(&features, &spans);
    let frames: usize = passages.iter().map(|(features, _)| features.frames()).sum();
    let (alone, embeddings) = network::encode(&mut meter, "encode", &own.bulk(), &passages)?;
    network::encode(&mut meter, "encode in f32", &own, &passages)?;
    #[cfg(feature = "torch")]
    network::encode(&mut meter, "encode by LibTorch", &SpeechEncoder::shipped(Device::Cpu)?, &passages)?;
    store::measure(&mut meter, &own, &embeddings)?;
    drop((recordings, features, passages));

    let (inside, all) = network::whole_way(paths, own)?;
    meter.tell(seconds);
    let encoder = json!({
        "frames": frames, "alone": alone, "inside": inside, "frames_inside": inside.frames, "whole_way": all,
    });
    println!(
        "{}",
        json!({ "seconds": seconds, "segments": embeddings.len(), "rooms": meter.lines(), "encoder": encoder })
    );
    Ok(())
}

/// Reads a recording block by block.
fn blocks(mut stream: ClipStream) -> Result<Vec<f32>> {
    let mut samples = Vec::new();
    while stream.next_block(&mut samples)? {}
    Ok(samples)
}
