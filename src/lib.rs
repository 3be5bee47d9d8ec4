//! Finds where something sounds like something, in recordings that nobody has transcribed.
//!
//! Everything that the program `audiosearch` does is a call of [`engine::Engine`]: a store with the models that fill it and query it.
//!
//! ```
//! use audiosearch::engine::{ClipInput, Engine, IndexOptions, Query};
//!
//! # use audiosearch::export::write_wav;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let sweep = |from: f32| -> Vec<f32> {
//! #     let tone = |t: f32| 0.4 * (t * (from + 900.0 * (t * 1.3).sin())).sin() * (0.6 + 0.4 * (t * 21.0).sin());
//! #     (0..64_000).map(|n| tone(n as f32 / 16e3)).collect()
//! # };
//! # write_wav(&folder.join("low.wav"), &sweep(900.0))?;
//! # write_wav(&folder.join("high.wav"), &sweep(4_000.0))?;
//! let engine = Engine::open_or_create(folder.join(".audiosearch"));
//! let report = engine.index(&[folder], &IndexOptions::default(), &mut ())?;
//! assert_eq!(report.indexed, 2);
//!
//! // Where does what is heard from 1.2 s to 1.9 s of a recording sound again?
//! let stretch = ClipInput::file(folder.join("low.wav")).start(1.2).end(1.9);
//! let hits = engine.search(&Query::clip(stretch).k(3).min_confidence(0.0))?;
//! for hit in &hits {
//!     println!("{:.2}  {} {:.2} s to {:.2} s", hit.score, hit.path.display(), hit.start(), hit.end());
//! }
//! assert!(hits[0].path.ends_with("low.wav") && (hits[0].start() - 1.2).abs() < 0.2);
//!
//! // Where is a word said? With the default, nothing is found where even the best hit is most probably none.
//! for hit in engine.search(&Query::words("umbrella").k(1))? {
//!     println!("{}: {:.0} % sure", hit.path.display(), 100.0 * hit.confidence.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An [`engine::Observer`] hears of long work while it goes on, and may stop it. An engine that stays open is asked by as many threads as
//! there are, and follows a store that another process fills.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use audiosearch::engine::{Engine, Event, IndexOptions, Observer};
//!
//! /// Prints what could not be indexed, and stops after ten files.
//! struct Ten(usize);
//!
//! impl Observer for Ten {
//!     fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
//!         match event {
//!             Event::Problem(problem) => eprintln!("{problem}"),
//!             Event::File(file) => {
//!                 file.status.problem().iter().for_each(|problem| eprintln!("{problem}"));
//!                 self.0 += 1;
//!             }
//!             _ => {}
//!         }
//!         if self.0 < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let engine = Engine::create(folder.path().join(".audiosearch"))?;
//! let report = engine.index(&[folder.path()], &IndexOptions::default(), &mut Ten(0))?;
//! assert_eq!((report.indexed, report.interrupted), (0, false));
//! # Ok(())
//! # }
//! ```
//!
//! Clips and sentences become vectors without a store; vectors that are alike have a cosine near 1.
//!
//! ```
//! use audiosearch::engine::{ClipInput, ModelOptions, Models, SegmentMode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let models = Models::new(ModelOptions::default());
//! let tone = |level: f32| (0..16_000).map(|n| level * (n as f32 * 0.2).sin()).collect();
//! let noise = (0..16_000_u32).map(|n| ((n.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0) - 0.5).collect();
//! let clips = [("loud", tone(0.5)), ("quiet", tone(0.25)), ("noise", noise)];
//! let clips = clips.map(|(name, samples)| ClipInput::samples(name, samples));
//! let vectors = models.embed(&clips, SegmentMode::Whole, &mut ())?.into_iter().collect::<Result<Vec<_>, _>>()?;
//! let [loud, quiet, noise] = [0, 1, 2].map(|at| &vectors[at].spans[0].vector);
//! assert!(loud.dot(quiet) > loud.dot(noise));
//!
//! let sentences = ["The train was late.", "The train was late again.", "I never saw the sea."];
//! let vectors = models.embed_sentences(&sentences, &mut ())?;
//! assert!(vectors[0].dot(&vectors[1]) > vectors[0].dot(&vectors[2]));
//! # Ok(())
//! # }
//! ```
//!
//! `examples/index_folder.rs`, `examples/hundred_questions.rs` and `examples/compare_clips.rs` are whole programs. Beneath the engine the way
//! of the data is a module a step: [`audio`] reads any recording as 16 kHz mono, [`segment`] cuts it into spans, [`features`] makes log-mel
//! frames of it, an [`encoder::Encoder`] makes a unit vector of each span, the [`index`] keeps vectors on disk, and [`search`] answers.
//! [`pipeline`] does that for many files on many threads.
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
pub mod condition;
pub mod encoder;
pub mod engine;
pub mod eval;
pub mod export;
pub mod features;
pub mod inference;
pub mod kernels;
pub mod measure;
pub mod pipeline;
pub mod projection;
pub mod search;
pub mod segment;
pub mod sentence;
mod table;
mod terminal;
pub mod text;
