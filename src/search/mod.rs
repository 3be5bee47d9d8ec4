//! From a query to hits.
//!
//! A short clip is one span and searches the index once. A longer one is searched for by windows, whose hits vote for the place where the
//! whole clip would begin. The segments that the index names are candidates: the query is aligned with their surroundings frame by frame,
//! which gives the order of the hits and their boundaries. Sentences are searched for by one vector and not aligned.
//! Discovery searches for stretches of the store in the store itself: those that find each other occur more than once.

mod calibration;
mod channels;
mod clip;
mod confidence;
mod context;
mod discovery;
mod error;
mod evidence;
mod examples;
mod filter;
mod groups;
mod hit;
mod loaded;
mod merge;
mod null_distribution;
mod options;
mod phone_rescore;
mod query;
mod quiet;
mod rescore;
mod searcher;
mod sentences;
mod subframe;
mod votes;
mod windows;

use crate::acoustic::dtw;

pub use crate::acoustic::{Alignment, subsequence_dtw};
pub use calibration::{
    CALIBRATION_FILE, Calibration, CalibrationError, Factor, Logistic, Models, Need, Scoring, probability,
};
pub use clip::query_spans;
pub use confidence::MIN_CONFIDENCE;
pub use discovery::{DiscoveryOptions, Group, Occurrence, discover};
pub use error::SearchError;
pub use evidence::{Evidence, Feature};
pub use filter::HitFilter;
pub use hit::{AlignmentStep, Hit};
pub use options::SearchOptions;
pub use query::{Query, Sound};
pub use searcher::Searcher;
pub use sentences::{SentenceOptions, search_sentences};
