//! How alike two clips sound: the cosine of their vectors, 1 for the very same.
//!
//!     cargo run --release --example compare_clips -- one.wav another.wav

use audiosearch::{
    audio::Clip,
    encoder::{Encoder as _, Stretch},
    features::{Features, Frontend as _, LogMel},
    index::Embedding,
    inference::InferenceEncoder,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [one, another] = &args[..] else { return Err("usage: compare_clips CLIP CLIP".into()) };
    let encoder = InferenceEncoder::shipped()?;
    let embed = |path: &str| -> Result<Embedding, Box<dyn std::error::Error>> {
        let clip = Clip::read(path.as_ref())?;
        let mut features = Features::new(encoder.feature_config().bands);
        LogMel::new(encoder.feature_config()).compute(clip.samples(), &mut features);
        let whole = 0..features.frames() as u32;
        let mut vectors = encoder.encode(&[Stretch { features: &features, spans: &[whole] }])?;
        Ok(vectors.remove(0).remove(0))
    };
    println!("{:.3}", embed(one)?.dot(&embed(another)?));
    Ok(())
}
