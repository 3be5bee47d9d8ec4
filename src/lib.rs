//! Finds where something sounds like something, in recordings that nobody has transcribed.
//!
//! The program `audiosearch` is a thin line over this library ([`cli`]). Whoever wants the same inside a program of their own goes the
//! way of the data: [`audio`] reads any recording as 16 kHz mono, [`segment`] cuts it into spans, [`features`] makes log-mel frames of
//! it, an [`encoder::Encoder`] makes a unit vector of each span ([`inference::InferenceEncoder`] is the one that needs no LibTorch), the
//! [`index`] keeps vectors on disk, and [`search`] answers. [`pipeline`] does all of that for many files on many threads.
//! `examples/index_folder.rs` and `examples/compare_clips.rs` are whole programs of forty lines.
//!
//! Sounds that are alike have vectors whose cosine is near 1. A second of a tone, the same at half the level, and noise:
//!
//! ```
//! use audiosearch::{
//!     audio::{Clip, SAMPLE_RATE},
//!     encoder::{Encoder as _, Stretch},
//!     features::{Features, Frontend as _, LogMel},
//!     inference::InferenceEncoder,
//!     index::Embedding,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let encoder = InferenceEncoder::shipped()?;
//! let embed = |clip: &Clip| -> Result<Embedding, Box<dyn std::error::Error>> {
//!     let mut features = Features::new(encoder.feature_config().bands);
//!     LogMel::new(encoder.feature_config()).compute(clip.samples(), &mut features);
//!     let whole = 0..features.frames() as u32;
//!     Ok(encoder.encode(&[Stretch { features: &features, spans: &[whole] }])?.remove(0).remove(0))
//! };
//! let tone = |level: f32| Clip::new((0..SAMPLE_RATE).map(|n| level * (n as f32 * 0.2).sin()).collect());
//! let noise = Clip::new((0..SAMPLE_RATE).map(|n| ((n.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0) - 0.5).collect());
//! let (loud, quiet, noise) = (embed(&tone(0.5)?)?, embed(&tone(0.25)?)?, embed(&noise?)?);
//! assert!(loud.dot(&quiet) > loud.dot(&noise));
//! assert_eq!(loud.dimension(), encoder.dimension());
//! # Ok(())
//! # }
//! ```
//!
//! Sentences go the same way with a [`sentence::SentenceEncoder`], into another collection of the same store:
//!
//! ```
//! use audiosearch::{inference::InferenceTextEncoder, sentence::SentenceEncoder as _};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let encoder = InferenceTextEncoder::shipped()?;
//! let [late, again, sea] = &encoder.encode(&["The train was late.", "The train was late again.", "I never saw the sea."])?[..]
//! else { unreachable!("a vector a sentence") };
//! assert!(late.dot(again) > late.dot(sea));
//! # Ok(())
//! # }
//! ```
//!
//! Errors are typed, one type a boundary, and say what was wrong with which file and what to do. Times inside are samples
//! ([`index::Span`]), seconds stand only where people read or write them.

/// Vectors on disk, found again by direction: the package `audiosearch-index`, which knows neither sound nor LibTorch.
pub use audiosearch_index as index;

pub mod acoustic;
pub mod annotation;
pub mod audio;
pub mod baseline;
pub mod cli;
pub mod encoder;
pub mod eval;
pub mod export;
pub mod features;
pub mod inference;
pub mod kernels;
pub mod pipeline;
pub mod projection;
pub mod search;
pub mod segment;
pub mod sentence;
pub mod text;
